import type { Wellhead } from '../wellhead.ts';

export type Version = 3 | 4 | 5;
export type Transport = 'mqtt' | 'ws';
export type QoS = 0 | 1 | 2;

export interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly qos: QoS;
  readonly retain: boolean;
}

export interface SubscriberOptions {
  readonly version: Version;
  readonly clientId?: string;
  /** @default false */
  readonly persistent?: boolean;
  readonly filter: string;
  readonly qos: QoS;
  readonly will?: Message;
}

/** Somebody who has connected and subscribed. */
export interface Subscriber {
  /** As CONNACK said; `undefined` when the client does not tell. */
  readonly sessionPresent: boolean | undefined;
  /** The next message. */
  next(): Promise<Message>;
  /** Disconnects in order; resolves when the client is gone. */
  stop(): Promise<void>;
  /** SIGKILL: its process, with everybody in it, has no time for a good-bye. */
  kill(): void;
  /** Waits for the end of a connection that the server ends: the Reason Code, where the client tells. */
  lost(): Promise<number | undefined>;
}

/** Real clients of one kind, at one broker, over one transport. Disposing of them kills them. */
export interface Clients extends AsyncDisposable {
  subscribe(options: SubscriberOptions): Promise<Subscriber>;
  /** Connects, publishes, resolves when the message is acknowledged as its QoS asks for. */
  publish(message: Message, version: Version): Promise<void>;
}

/** A program that speaks MQTT. */
export interface ClientKind {
  readonly name: string;
  /** Why its tests cannot run here; `undefined` when they can. */
  readonly missing: string | undefined;
  readonly transports: readonly Transport[];
  /** Its clients tell the Reason Code with which a server of MQTT 5 has ended their connection. */
  readonly tellsWhy: boolean;
  start(server: Wellhead, transport: Transport): Clients;
}
