import type { ProtocolVersion, QoS } from './packet-type.ts';
import type {
  AckProperties,
  AuthProperties,
  ConnackProperties,
  ConnectProperties,
  DisconnectProperties,
  PublishProperties,
  SubackProperties,
  SubscribeProperties,
  UnsubackProperties,
  UnsubscribeProperties,
  WillProperties,
} from './properties.ts';

/** The message that the server publishes when the connection ends without a normal DISCONNECT. */
export interface Will {
  topicName: string;
  payload: Uint8Array;
  qos: QoS;
  retain: boolean;
  properties?: WillProperties | undefined;
}

export interface Connect {
  type: 1;
  protocolVersion: ProtocolVersion;
  /** Bit 7 of the level byte was set: a bridge of the Mosquitto kind. MQTT 3.x only, in no specification. */
  bridge?: boolean | undefined;
  clientId: string;
  /** Clean Start of 5.0, Clean Session of 3.x. */
  cleanStart: boolean;
  /** Seconds; 0 switches it off. */
  keepAlive: number;
  userName?: string | undefined;
  password?: Uint8Array | undefined;
  will?: Will | undefined;
  properties?: ConnectProperties | undefined;
}

export interface Connack {
  type: 2;
  /** Always false in MQTT 3.1, which does not know it. */
  sessionPresent: boolean;
  /** A Reason Code of 5.0, a return code of 3.x. */
  reasonCode: number;
  properties?: ConnackProperties | undefined;
}

export interface Publish {
  type: 3;
  /** Empty only in 5.0 and with a Topic Alias. */
  topicName: string;
  payload: Uint8Array;
  qos: QoS;
  dup: boolean;
  retain: boolean;
  /** At QoS 1 and 2 only. */
  packetId?: number | undefined;
  properties?: PublishProperties | undefined;
}

interface Acknowledgement {
  packetId: number;
  /** 0 in MQTT 3.x, where it is not on the wire. */
  reasonCode: number;
  properties?: AckProperties | undefined;
}

export interface Puback extends Acknowledgement {
  type: 4;
}

export interface Pubrec extends Acknowledgement {
  type: 5;
}

export interface Pubrel extends Acknowledgement {
  type: 6;
}

export interface Pubcomp extends Acknowledgement {
  type: 7;
}

export interface SubscriptionRequest {
  topicFilter: string;
  qos: QoS;
  /** These three are false, false and 0 in MQTT 3.x, where they are not on the wire. */
  noLocal: boolean;
  retainAsPublished: boolean;
  retainHandling: 0 | 1 | 2;
}

export interface Subscribe {
  type: 8;
  packetId: number;
  subscriptions: readonly SubscriptionRequest[];
  properties?: SubscribeProperties | undefined;
}

export interface Suback {
  type: 9;
  packetId: number;
  reasonCodes: readonly number[];
  properties?: SubackProperties | undefined;
}

export interface Unsubscribe {
  type: 10;
  packetId: number;
  topicFilters: readonly string[];
  properties?: UnsubscribeProperties | undefined;
}

export interface Unsuback {
  type: 11;
  packetId: number;
  /** Empty in MQTT 3.x, and ignored when encoding it. */
  reasonCodes: readonly number[];
  properties?: UnsubackProperties | undefined;
}

export interface Pingreq {
  type: 12;
}

export interface Pingresp {
  type: 13;
}

export interface Disconnect {
  type: 14;
  /** 0 in MQTT 3.x, where it is not on the wire. */
  reasonCode: number;
  properties?: DisconnectProperties | undefined;
}

/** MQTT 5.0 only. */
export interface Auth {
  type: 15;
  reasonCode: number;
  properties?: AuthProperties | undefined;
}

/** A whole MQTT Control Packet as a plain object. */
export type Packet =
  | Connect
  | Connack
  | Publish
  | Puback
  | Pubrec
  | Pubrel
  | Pubcomp
  | Subscribe
  | Suback
  | Unsubscribe
  | Unsuback
  | Pingreq
  | Pingresp
  | Disconnect
  | Auth;
