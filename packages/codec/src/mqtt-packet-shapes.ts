/*
 * The packet shapes of mqtt-packet 9, under the names that its types have: whoever moves over keeps
 * their imports. Bytes are Uint8Array, of which a Buffer is one.
 */

export type QoS = 0 | 1 | 2;

export type PacketCmd = IPacketByCmd['cmd'];

/** By name; the order of different names is lost, which is why the codec's own packets have a list. */
export interface UserProperties {
  [name: string]: string | string[];
}

/** All properties, as mqtt-packet spells them: a byte that is 0 or 1 is a boolean, but for `maximumQoS`. */
export interface IProperties {
  payloadFormatIndicator?: boolean | undefined;
  messageExpiryInterval?: number | undefined;
  contentType?: string | undefined;
  responseTopic?: string | undefined;
  correlationData?: Uint8Array | undefined;
  subscriptionIdentifier?: number | number[] | undefined;
  sessionExpiryInterval?: number | undefined;
  assignedClientIdentifier?: string | undefined;
  serverKeepAlive?: number | undefined;
  authenticationMethod?: string | undefined;
  authenticationData?: Uint8Array | undefined;
  requestProblemInformation?: boolean | undefined;
  willDelayInterval?: number | undefined;
  requestResponseInformation?: boolean | undefined;
  responseInformation?: string | undefined;
  serverReference?: string | undefined;
  reasonString?: string | undefined;
  receiveMaximum?: number | undefined;
  topicAliasMaximum?: number | undefined;
  topicAlias?: number | undefined;
  maximumQoS?: number | undefined;
  retainAvailable?: boolean | undefined;
  userProperties?: UserProperties | undefined;
  maximumPacketSize?: number | undefined;
  wildcardSubscriptionAvailable?: boolean | undefined;
  subscriptionIdentifiersAvailable?: boolean | undefined;
  sharedSubscriptionAvailable?: boolean | undefined;
}

export interface IPacket {
  messageId?: number | undefined;
  /** Remaining Length, set by the parser. */
  length?: number | undefined;
  qos?: QoS | undefined;
  dup?: boolean | undefined;
  retain?: boolean | undefined;
  properties?: IProperties | undefined;
}

export interface IWill {
  topic: string;
  payload?: Uint8Array | string | undefined;
  qos?: QoS | undefined;
  retain?: boolean | undefined;
  properties?: IProperties | undefined;
}

export interface IConnectPacket extends IPacket {
  cmd: 'connect';
  clientId?: string | Uint8Array | undefined;
  /** @default 4 */
  protocolVersion?: 3 | 4 | 5 | undefined;
  protocolId?: 'MQTT' | 'MQIsdp' | undefined;
  bridgeMode?: boolean | undefined;
  /** @default true */
  clean?: boolean | undefined;
  /** Seconds. @default 0 */
  keepalive?: number | undefined;
  username?: string | Uint8Array | undefined;
  password?: string | Uint8Array | undefined;
  will?: IWill | undefined;
}

export interface IConnackPacket extends IPacket {
  cmd: 'connack';
  /** MQTT 3.x */
  returnCode?: number | undefined;
  /** MQTT 5.0 */
  reasonCode?: number | undefined;
  sessionPresent?: boolean | undefined;
}

export interface IPublishPacket extends IPacket {
  cmd: 'publish';
  topic: string | Uint8Array;
  payload?: string | Uint8Array | undefined;
}

export interface IAcknowledgementPacket extends IPacket {
  cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';
  reasonCode?: number | undefined;
}

export interface ISubscription {
  topic: string;
  qos: QoS;
  nl?: boolean | undefined;
  rap?: boolean | undefined;
  rh?: number | undefined;
}

export interface ISubscribePacket extends IPacket {
  cmd: 'subscribe';
  subscriptions: ISubscription[];
}

export interface ISubackPacket extends IPacket {
  cmd: 'suback';
  granted: number[];
}

export interface IUnsubscribePacket extends IPacket {
  cmd: 'unsubscribe';
  unsubscriptions: string[];
}

export interface IUnsubackPacket extends IPacket {
  cmd: 'unsuback';
  granted?: number[] | undefined;
}

export interface IPingPacket extends IPacket {
  cmd: 'pingreq' | 'pingresp';
}

export interface IDisconnectPacket extends IPacket {
  cmd: 'disconnect' | 'auth';
  reasonCode?: number | undefined;
}

type IPacketByCmd =
  | IConnectPacket
  | IConnackPacket
  | IPublishPacket
  | IAcknowledgementPacket
  | ISubscribePacket
  | ISubackPacket
  | IUnsubscribePacket
  | IUnsubackPacket
  | IPingPacket
  | IDisconnectPacket;

export type Packet = IPacketByCmd;
