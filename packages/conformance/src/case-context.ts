import type {
  ConnackProperties,
  Connect,
  ConnectProperties,
  ProtocolVersion,
  QoS,
  WillProperties,
} from '@wellhead/codec';
import type { HandshakeOptions } from './byte-stream.ts';
import type { Fixture, FixtureName } from './fixtures.ts';
import type { WireClient } from './wire-client.ts';

export interface WillRequest {
  readonly topicName: string;
  readonly payload: string | Uint8Array;
  /** @default 0 */
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly properties?: WillProperties;
}

/** Where a connection goes. */
export interface OpenOptions extends HandshakeOptions {
  /** The listener of a fixture, with its user and password, instead of the server under test. */
  readonly fixture?: FixtureName;
  /** WebSocket instead of what the run was started with; the case must require `websocket`. */
  readonly webSocket?: boolean;
  /** @default the version of the case */
  readonly protocolVersion?: ProtocolVersion;
  /** Reads a CONNACK in the format of any version: a server answers an unknown version as it likes. */
  readonly anyConnack?: boolean;
}

/** What a CONNECT says. */
export interface ConnectRequest {
  /** @default a new unique one */
  readonly clientId?: string;
  /** @default true */
  readonly cleanStart?: boolean;
  /** Seconds. @default 60 */
  readonly keepAlive?: number;
  readonly userName?: string;
  readonly password?: string | Uint8Array;
  readonly will?: WillRequest;
  readonly properties?: ConnectProperties;
}

export interface ConnectOptions extends OpenOptions, ConnectRequest {}

/** What a case has to work with. Connections, sessions and retained messages are cleaned up after it. */
export interface CaseContext {
  readonly version: ProtocolVersion;
  /** The properties of the CONNACK that the server under test gives to everybody; empty in 3.x. */
  readonly server: ConnackProperties;
  /** Milliseconds that an expectation waits. */
  readonly timeout: number;
  /** A new Client Identifier of at most 23 letters and digits. */
  clientId(): string;
  /** A topic of this case alone: the same for the same suffix. */
  topic(suffix?: string): string;
  /** Connects, sends CONNECT and waits for a CONNACK with success. */
  connect(options?: ConnectOptions): Promise<WireClient>;
  /** Opens the Network Connection and sends nothing. */
  open(options?: OpenOptions): Promise<WireClient>;
  /** A CONNECT packet with the defaults of {@link CaseContext.connect}, to send or to change by hand. */
  connectPacket(options?: ConnectOptions): Connect;
  /** What the run was told about a fixture that the case needs. */
  fixture(name: FixtureName): Fixture;
  /** Ends the case as not applicable to this server. */
  skip(reason: string): never;
  sleep(milliseconds: number): Promise<void>;
}
