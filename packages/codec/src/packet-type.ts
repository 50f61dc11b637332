/** MQTT Control Packet types, section 2.1.2 of both specifications. */
export const PacketType = {
  Connect: 1,
  Connack: 2,
  Publish: 3,
  Puback: 4,
  Pubrec: 5,
  Pubrel: 6,
  Pubcomp: 7,
  Subscribe: 8,
  Suback: 9,
  Unsubscribe: 10,
  Unsuback: 11,
  Pingreq: 12,
  Pingresp: 13,
  Disconnect: 14,
  Auth: 15,
} as const;
/** One of the values of {@link PacketType}. */
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** The four packets that carry a Packet Identifier and an outcome: PUBACK, PUBREC, PUBREL, PUBCOMP. */
export type AcknowledgementType = 4 | 5 | 6 | 7;

/** MQTT 3.1, 3.1.1 and 5.0 by the number in their CONNECT. */
export type ProtocolVersion = 3 | 4 | 5;

export type QoS = 0 | 1 | 2;

/** Whose inbound side a decoder serves: a `'server'` receives what clients send, a `'client'` what servers send. */
export type Role = 'server' | 'client';
