import { type QoS, type Will as WillFields, encodeProperties } from '@wellhead/codec';
import type { WillRecord } from '@wellhead/session-store';

/** The Will Message of a session, kept until it is published or discarded (MQTT 5.0 section 3.1.2.5). */
export class Will {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Uint8Array | undefined;
  /** Seconds of life from publication on, not from CONNECT on. */
  readonly messageExpiryInterval: number | undefined;
  /** Seconds between the end of the connection and publication. */
  readonly delayInterval: number;
  /** When it is due: `Infinity` until the connection has ended. */
  publishAt: number;

  constructor(record: Omit<WillRecord, 'publisherId' | 'userName'>) {
    this.topicName = record.topicName;
    this.payload = record.payload;
    this.qos = record.qos;
    this.retain = record.retain;
    this.properties = record.properties;
    this.messageExpiryInterval = record.messageExpiryInterval;
    this.delayInterval = record.delayInterval;
    this.publishAt = record.publishAt;
  }

  /** The Will of a CONNECT, with copies of its bytes. */
  static fromConnect(will: WillFields): Will {
    const { willDelayInterval, messageExpiryInterval, ...forwarded } = will.properties ?? {};
    const properties = encodeProperties(forwarded);
    return new Will({
      topicName: will.topicName,
      payload: will.payload.slice(),
      qos: will.qos,
      retain: will.retain,
      properties: properties.length === 0 ? undefined : properties,
      messageExpiryInterval,
      delayInterval: willDelayInterval ?? 0,
      publishAt: Infinity,
    });
  }

  toRecord(publisherId: string, userName: string | undefined): WillRecord {
    return {
      topicName: this.topicName,
      payload: this.payload,
      qos: this.qos,
      retain: this.retain,
      properties: this.properties,
      messageExpiryInterval: this.messageExpiryInterval,
      delayInterval: this.delayInterval,
      publishAt: this.publishAt,
      publisherId,
      userName,
    };
  }
}
