import type { ProtocolVersion, QoS, UserProperties } from '@wellhead/codec';
import type { RemoteAddress } from '@wellhead/transport';

/**
 * Hooks: small interfaces, each optional. An answer is a value or a promise; a value costs no promise,
 * and a promise holds back the connection that it concerns, and no other, in order.
 */

/** A connected client, as hooks see it. */
export interface ClientInfo {
  readonly clientId: string;
  /** Who the client is: the authenticated name, or `undefined` for an anonymous client. */
  readonly userName: string | undefined;
  readonly protocolVersion: ProtocolVersion;
  readonly remote: RemoteAddress;
}

/** A CONNECT that asks for admission. */
export interface ConnectRequest {
  /** As sent: empty when the client leaves the choice to us. */
  readonly clientId: string;
  readonly userName: string | undefined;
  /** The caller's own copy. */
  readonly password: Uint8Array | undefined;
  readonly protocolVersion: ProtocolVersion;
  readonly cleanStart: boolean;
  readonly keepAlive: number;
  readonly userProperties: UserProperties;
  readonly remote: RemoteAddress;
}

export interface AuthenticationAccepted {
  readonly accept: true;
  /** The identity that sessions and rights belong to. @default the User Name of CONNECT */
  readonly userName?: string | undefined;
  /** Sent as Response Information to a client that asked for it. */
  readonly responseInformation?: string | undefined;
  readonly userProperties?: UserProperties | undefined;
}

export interface AuthenticationRefused {
  readonly accept: false;
  /** A CONNACK Reason Code of MQTT 5; 3.x clients get the nearest return code. @default 0x87 Not authorized */
  readonly reasonCode?: number | undefined;
  readonly reasonString?: string | undefined;
  /** For 0x9C Use another server and 0x9D Server moved (MQTT 5.0 section 4.11). */
  readonly serverReference?: string | undefined;
}

export type AuthenticationResult = AuthenticationAccepted | AuthenticationRefused;

/** Says who may connect. Without one, anonymous clients are admitted from loopback only. */
export interface Authenticator {
  authenticate(request: ConnectRequest): AuthenticationResult | Promise<AuthenticationResult>;
}

/** One step of enhanced authentication (MQTT 5.0 section 4.12). */
export type AuthenticationStep =
  | { readonly type: 'continue'; readonly data?: Uint8Array | undefined }
  | {
      readonly type: 'accept';
      readonly data?: Uint8Array | undefined;
      readonly userName?: string | undefined;
    }
  | {
      readonly type: 'refuse';
      readonly reasonCode?: number | undefined;
      readonly reasonString?: string | undefined;
    };

/** One running exchange. `step` is called with the Authentication Data of CONNECT or AUTH, one call at a time. */
export interface AuthenticationExchange {
  step(data: Uint8Array | undefined): AuthenticationStep | Promise<AuthenticationStep>;
}

/** An Authentication Method; `begin` starts an exchange for a CONNECT or a re-authentication. */
export interface EnhancedAuthenticator {
  readonly method: string;
  begin(request: ConnectRequest | ClientInfo): AuthenticationExchange;
}

export interface PublishRequest {
  readonly topicName: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** True when the message is the client's Will. */
  readonly will: boolean;
}

export interface SubscribeRequest {
  /** As sent, `$share/…` included. */
  readonly topicFilter: string;
  /** The filter that messages are matched with: `$share/ShareName/` stripped. Rights belong to this one. */
  readonly effectiveFilter: string;
  readonly qos: QoS;
}

/** `true` and `false` allow and deny (0x87); a number is the Reason Code to refuse with, or for a subscription the QoS granted. */
export type Decision = boolean | number;

/** Says who may publish, subscribe and receive what. A missing method allows. */
export interface Authorizer {
  publish?(client: ClientInfo, request: PublishRequest): Decision | Promise<Decision>;
  subscribe?(client: ClientInfo, request: SubscribeRequest): Decision | Promise<Decision>;
  /** Asked for each message that waited (queued, retained) before it leaves: rights may have been withdrawn meanwhile. */
  receive?(client: ClientInfo, topicName: string): boolean;
}

/** What happens in a broker, for logs and metrics. A throwing observer is reported to `fault` and disturbs nobody. */
export interface Observer {
  connected?(client: ClientInfo, session: { readonly sessionPresent: boolean }): void;
  /** `reasonCode` is what ended the connection, 0x80 when the network did. */
  disconnected?(client: ClientInfo, reasonCode: number, reason: string): void;
  /** A connection that never became a client's: refused, malformed, timed out, or at odds in its TLS or WebSocket handshake. */
  refused?(remote: RemoteAddress, reasonCode: number, reason: string): void;
  subscribed?(client: ClientInfo, topicFilter: string, qos: QoS): void;
  unsubscribed?(client: ClientInfo, topicFilter: string): void;
  /** A message for a session was given up. */
  dropped?(clientId: string, topicName: string, reason: DropReason): void;
  /** An error inside the broker, a hook or the store. The broker goes on. */
  fault?(error: unknown, where: string): void;
}

export type DropReason =
  | 'expired'
  | 'queue-full'
  | 'too-large'
  | 'slow-consumer'
  /** Of its publisher: there is no room for one more retained message, so those who subscribe later do not get it. */
  | 'retained-full'
  | 'not-authorized';

/** Admits anonymous clients, and any credentials, from this machine; refuses everybody else with 0x87. */
export const loopbackAuthenticator: Authenticator = Object.freeze({
  authenticate(request: ConnectRequest): AuthenticationResult {
    if (request.remote.loopback) return { accept: true };
    return {
      accept: false,
      reasonCode: 0x87,
      reasonString: 'only clients on this machine are admitted',
    };
  },
});

/** The same observer, whose errors stay its own: they are reported to `fault`, and go no further. */
export function quietObserver(observer: Observer): Observer {
  const quiet: Record<string, unknown> = {};
  for (const name of OBSERVED) {
    // what an observer's methods take differs, and here nobody looks at it
    const method = observer[name] as ((...values: unknown[]) => void) | undefined;
    if (method === undefined) continue;
    quiet[name] = (...values: unknown[]): void => {
      try {
        method.apply(observer, values);
      } catch (error) {
        if (name !== 'fault') observer.fault?.(error, 'observer');
      }
    };
  }
  return quiet;
}

const OBSERVED = [
  'connected',
  'disconnected',
  'refused',
  'subscribed',
  'unsubscribed',
  'dropped',
  'fault',
] as const satisfies readonly (keyof Observer)[];
