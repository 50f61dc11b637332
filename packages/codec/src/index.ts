export { writeAcknowledgement } from './acknowledgement.ts';
export { isReasonCodeAllowed } from './allowed-reason-codes.ts';
export { Decoder, type DecoderOptions, decode } from './decoder.ts';
export { encode, encodedLength, encodeInto } from './encode.ts';
export { EncodeError } from './encode-error.ts';
export type {
  Auth,
  Connack,
  Connect,
  Disconnect,
  Packet,
  Pingreq,
  Pingresp,
  Puback,
  Pubcomp,
  Publish,
  Pubrec,
  Pubrel,
  Suback,
  Subscribe,
  SubscriptionRequest,
  Unsuback,
  Unsubscribe,
  Will,
} from './packet.ts';
export { type HopProperties, forwardedLength, writeForwardedHead } from './forward-publish.ts';
export { PacketDecoder, type PacketDecoderOptions } from './packet-decoder.ts';
export type { PacketMemory } from './packet-memory.ts';
export type { OtherPacket, PacketSink } from './packet-sink.ts';
export {
  type AcknowledgementType,
  PacketType,
  type ProtocolVersion,
  type QoS,
  type Role,
} from './packet-type.ts';
export type {
  AckProperties,
  AuthProperties,
  ConnackProperties,
  ConnectProperties,
  DisconnectProperties,
  Properties,
  PublishProperties,
  SubackProperties,
  SubscribeProperties,
  UnsubackProperties,
  UnsubscribeProperties,
  UserProperties,
  WillProperties,
} from './properties.ts';
export {
  type FailedConnect,
  MalformedPacketError,
  ProtocolError,
  type ProtocolErrorOptions,
} from './protocol-error.ts';
export { PublishFrame, type PublishParts, type UntitledParts } from './publish-frame.ts';
export { decodePublishProperties } from './publish-properties.ts';
export { PublishView } from './publish-view.ts';
export { ConnectReturnCode, ReasonCode } from './reason-code.ts';
export { TopicEntry } from './topic-entry.ts';
export { TopicTable, type TopicTableOptions } from './topic-table.ts';
export { encodeProperties } from './write-properties.ts';
