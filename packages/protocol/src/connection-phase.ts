import {
  PacketType,
  ProtocolError,
  type ProtocolVersion,
  ReasonCode,
  type Role,
} from '@wellhead/codec';

/**
 * Which packets may come and go on a Network Connection now, for either end; MQTT 5.0 sections 3.1,
 * 3.2, 3.14 and 4.12.
 *
 * `connect`, `connack` and `close` move it on and are called for packets that were sent as for
 * those that came. `receive` and `maySend` only look; they cost one shift and may be asked for
 * every packet.
 */
export class ConnectionPhase {
  readonly #role: Role;
  #phase: Phase = 'awaiting-connect';
  #protocolVersion: ProtocolVersion | 0 = 0;
  #enhancedAuthentication = false;
  /** Bit n: packet type n is legal, from a client and from a server. */
  #fromClient = bit(PacketType.Connect); // [MQTT-3.1.0-1]
  #fromServer = 0;

  /** `role` is our own end. */
  constructor(role: Role) {
    this.#role = role;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /**
   * CONNECT was sent or has come. With an Authentication Method in it, `enhancedAuthentication` is
   * true.
   */
  connect(protocolVersion: ProtocolVersion, enhancedAuthentication: boolean): void {
    // [MQTT-3.1.0-2]
    if (this.#phase !== 'awaiting-connect') throw new TypeError('CONNECT comes first, and once');
    this.#protocolVersion = protocolVersion;
    this.#enhancedAuthentication = enhancedAuthentication;
    if (enhancedAuthentication) {
      this.#enter(
        'authenticating',
        bit(PacketType.Auth, PacketType.Disconnect),
        bit(PacketType.Auth, PacketType.Connack),
      ); // [MQTT-3.1.2-30]
    } else {
      // A client need not wait for CONNACK; the server says nothing before it [MQTT-3.2.0-1]
      this.#enter('connecting', CLIENT_TRAFFIC, bit(PacketType.Connack));
    }
  }

  /** CONNACK was sent or has come; a code that refuses ends it all. [MQTT-3.2.2-7] */
  connack(reasonCode: number): void {
    if (this.#phase !== 'connecting' && this.#phase !== 'authenticating') {
      throw new TypeError('CONNACK answers CONNECT, once'); // [MQTT-3.2.0-2]
    }
    if (reasonCode !== ReasonCode.Success) return this.close();
    const auth = this.#enhancedAuthentication ? bit(PacketType.Auth) : 0;
    // MQTT 3.x servers have no DISCONNECT
    const disconnect = this.#protocolVersion === 5 ? bit(PacketType.Disconnect) : 0;
    this.#enter('connected', CLIENT_TRAFFIC | auth, SERVER_TRAFFIC | auth | disconnect);
  }

  /**
   * DISCONNECT was sent or has come, or the connection is gone. Nothing follows. [MQTT-3.14.4-1]
   */
  close(): void {
    this.#enter('closed', 0, 0);
  }

  /**
   * A packet has come; the error when it is not legal now. After a `close` of our own there is
   * nobody left to tell.
   */
  receive(type: PacketType): ProtocolError | undefined {
    const legal = this.#role === 'server' ? this.#fromClient : this.#fromServer;
    return ((legal >> type) & 1) === 1 ? undefined : this.#refuse(type);
  }

  /** Whether we may send a packet of this type now. */
  maySend(type: PacketType): boolean {
    const legal = this.#role === 'server' ? this.#fromServer : this.#fromClient;
    return ((legal >> type) & 1) === 1;
  }

  #enter(phase: Phase, fromClient: number, fromServer: number): void {
    this.#phase = phase;
    this.#fromClient = fromClient;
    this.#fromServer = fromServer;
  }

  #refuse(type: PacketType): ProtocolError {
    const statement =
      this.#role === 'server' ? this.#brokenByClient(type) : this.#brokenByServer(type);
    const peer = this.#role === 'server' ? 'client' : 'server';
    const message = `packet type ${type} is not legal from a ${peer} while ${this.#phase}`;
    const error = new ProtocolError(ReasonCode.ProtocolError, message, { statement });
    error.packetType = type;
    return error;
  }

  #brokenByClient(type: PacketType): string | undefined {
    const old = this.#protocolVersion === 3 || this.#protocolVersion === 4;
    if (this.#phase === 'closed') return old ? 'MQTT-3.14.4-2 @3.1.1' : 'MQTT-3.14.4-1';
    if (this.#phase === 'awaiting-connect') return 'MQTT-3.1.0-1'; // no version is known yet
    if (type === PacketType.Connect) return old ? 'MQTT-3.1.0-2 @3.1.1' : 'MQTT-3.1.0-2';
    if (this.#phase === 'authenticating') return 'MQTT-3.1.2-30';
    return type === PacketType.Auth && !old ? 'MQTT-4.12.0-7' : undefined;
  }

  #brokenByServer(type: PacketType): string | undefined {
    const old = this.#protocolVersion === 3 || this.#protocolVersion === 4;
    if (this.#phase === 'closed') return old ? undefined : 'MQTT-3.14.4-1';
    if (this.#phase === 'connected' && type === PacketType.Connack)
      return old ? undefined : 'MQTT-3.2.0-2';
    if (old) return this.#phase === 'connecting' ? 'MQTT-3.2.0-1 @3.1.1' : undefined;
    if (type === PacketType.Auth) return 'MQTT-4.12.0-6';
    if (this.#phase === 'connected') return undefined;
    return type === PacketType.Disconnect ? 'MQTT-3.14.0-1' : 'MQTT-3.2.0-1';
  }
}

/**
 * `'connecting'` and `'authenticating'` (with an Authentication Method) lie between CONNECT and
 * CONNACK; `'closed'` follows DISCONNECT, a CONNACK that refuses, and the loss of the connection.
 */
export type Phase = 'awaiting-connect' | 'connecting' | 'authenticating' | 'connected' | 'closed';

function bit(...types: readonly PacketType[]): number {
  return types.reduce<number>((bits, type) => bits | (1 << type), 0);
}

const BOTH_WAYS = bit(
  PacketType.Publish,
  PacketType.Puback,
  PacketType.Pubrec,
  PacketType.Pubrel,
  PacketType.Pubcomp,
);
const CLIENT_TRAFFIC =
  BOTH_WAYS |
  bit(PacketType.Subscribe, PacketType.Unsubscribe, PacketType.Pingreq, PacketType.Disconnect);
const SERVER_TRAFFIC = BOTH_WAYS | bit(PacketType.Suback, PacketType.Unsuback, PacketType.Pingresp);
