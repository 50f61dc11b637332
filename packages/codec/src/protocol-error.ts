import { ReasonCode } from './reason-code.ts';

/** What a {@link ProtocolError} knows beyond its Reason Code. */
export interface ProtocolErrorOptions extends ErrorOptions {
  /** The statement broken, as `'MQTT-2.1.3-1'` or `'MQTT-2.2.2-1 @3.1.1'`. */
  readonly statement?: string | undefined;
}

/** What could be read of a CONNECT that failed, so that its server can answer in a format that the client knows. */
export interface FailedConnect {
  /** The level byte as it was sent: 3, 4 or 5 when supported, anything else with Reason Code 0x84. */
  readonly protocolVersion: number;
}

/**
 * The peer broke the protocol; `reasonCode` is what DISCONNECT or CONNACK will carry.
 *
 * Code `MQTT_PROTOCOL_ERROR`.
 */
export class ProtocolError extends Error {
  override readonly name: string = 'ProtocolError';
  readonly code: string = 'MQTT_PROTOCOL_ERROR';
  readonly reasonCode: ReasonCode;
  /** The normative statement broken, where one has an id; those of 3.1.1 end in ` @3.1.1`. */
  readonly statement: string | undefined;
  /** The type of the packet at fault, 0..15, once its first byte was seen. */
  packetType: number | undefined;
  /** Present when a CONNECT failed after its Protocol Name and Version were read. */
  connect: FailedConnect | undefined;

  constructor(reasonCode: ReasonCode, message: string, options?: ProtocolErrorOptions) {
    super(message, options);
    this.reasonCode = reasonCode;
    this.statement = options?.statement;
    this.packetType = undefined;
    this.connect = undefined;
  }
}

/** Bytes that are no MQTT Control Packet at all: a {@link ProtocolError} with Reason Code 0x81 and code `MQTT_MALFORMED_PACKET`. */
export class MalformedPacketError extends ProtocolError {
  override readonly name: string = 'MalformedPacketError';
  override readonly code: string = 'MQTT_MALFORMED_PACKET';

  constructor(message: string, options?: ProtocolErrorOptions) {
    super(ReasonCode.MalformedPacket, message, options);
  }
}
