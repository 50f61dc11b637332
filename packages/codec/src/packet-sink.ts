import type {
  Auth,
  Connack,
  Connect,
  Disconnect,
  Pingreq,
  Pingresp,
  Suback,
  Subscribe,
  Unsuback,
  Unsubscribe,
} from './packet.ts';
import type { AcknowledgementType } from './packet-type.ts';
import type { AckProperties } from './properties.ts';
import type { ProtocolError } from './protocol-error.ts';
import type { PublishView } from './publish-view.ts';

/** Everything that is neither a PUBLISH nor one of its acknowledgements. */
export type OtherPacket =
  | Connect
  | Connack
  | Subscribe
  | Suback
  | Unsubscribe
  | Unsuback
  | Pingreq
  | Pingresp
  | Disconnect
  | Auth;

/**
 * What a {@link PacketDecoder} calls, in wire order and from inside `receive` or `resume`.
 *
 * A sink that throws has the decoder finished, and its error goes to whoever called `receive`.
 */
export interface PacketSink {
  /** The view is used again for the next packet: take what is needed before returning. */
  publish(publish: PublishView): void;
  /** PUBACK, PUBREC, PUBREL or PUBCOMP. `properties` only when the packet has some; 3.x has `reasonCode` 0. */
  acknowledge(
    type: AcknowledgementType,
    packetId: number,
    reasonCode: number,
    properties: AckProperties | undefined,
  ): void;
  packet(packet: OtherPacket): void;
  /** The peer broke the protocol. Nothing follows; the decoder is finished. */
  malformed(error: ProtocolError): void;
}
