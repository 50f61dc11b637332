import { type Packet, PacketType, type Publish } from '@wellhead/codec';
import type { Ledger } from './ledger.ts';
import { type Message, payloadOf } from './message.ts';

interface InFlight {
  readonly message: Message;
  readonly publish: Publish & { packetId: number };
  /** PUBREC has come. */
  isReleased: boolean;
}

/** The sending half of a session: what was sent and not acknowledged, in order. */
export class Outgoing {
  /** Called when a Packet Identifier is free again. */
  onProgress: () => void = () => {};
  readonly #ledger: Ledger;
  readonly #send: (packet: Packet) => void;
  readonly #inFlight = new Map<number, InFlight>();
  readonly #taken = new Set<number>();
  #lastPacketId = 0;

  constructor(ledger: Ledger, send: (packet: Packet) => void) {
    this.#ledger = ledger;
    this.#send = send;
  }

  get size(): number {
    return this.#inFlight.size;
  }

  takePacketId(): number {
    do {
      this.#lastPacketId = (this.#lastPacketId % 65_535) + 1;
    } while (this.#taken.has(this.#lastPacketId));
    this.#taken.add(this.#lastPacketId);
    return this.#lastPacketId;
  }

  releasePacketId(packetId: number): void {
    this.#taken.delete(packetId);
  }

  /** Sends a message at QoS 1 or 2. An empty payload clears what is retained. */
  publish(message: Message, retain: boolean, length: number, isEmpty = false): void {
    const packetId = this.takePacketId();
    const { topicName, qos } = message;
    const payload = isEmpty ? new Uint8Array(0) : payloadOf(message, length);
    const type = PacketType.Publish;
    const publish = { type, topicName, payload, qos, dup: false, retain, packetId } as const;
    this.#inFlight.set(packetId, { message, publish, isReleased: false });
    this.#ledger.note(message, `sent by ${message.publisher} at QoS ${qos} as ${packetId}`);
    this.#send(publish);
  }

  /** [MQTT-4.4.0-1]: in the order of the first time; to a session that is new, as if for the first time. */
  resume(isPresent: boolean): void {
    for (const [packetId, flight] of this.#inFlight) {
      const { message, publish, isReleased } = flight;
      if (isReleased) {
        if (isPresent) this.#send({ type: PacketType.Pubrel, packetId, reasonCode: 0 });
        else this.#over(packetId);
      } else {
        message.isRepeated = true;
        this.#ledger.note(message, `sent again by ${message.publisher} as ${packetId}`);
        this.#send({ ...publish, dup: isPresent });
      }
    }
  }

  acknowledged(type: 4 | 5 | 7, packetId: number, reasonCode: number): void {
    const flight = this.#inFlight.get(packetId);
    if (flight === undefined) return;
    const { message, publish } = flight;
    const code = `0x${reasonCode.toString(16)}`;
    if (type === PacketType.Pubcomp) {
      this.#ledger.note(message, `PUBCOMP ${code}`);
      this.#over(packetId);
      return;
    }
    const name = type === PacketType.Puback ? 'PUBACK' : 'PUBREC';
    if (reasonCode >= 0x80) {
      this.#ledger.refused(message, `${name} ${code}`);
      this.#over(packetId);
      return;
    }
    this.#ledger.acknowledged(message, `${name} ${code}`);
    if (publish.qos === 1) {
      this.#over(packetId);
      return;
    }
    flight.isReleased = true;
    this.#send({ type: PacketType.Pubrel, packetId, reasonCode: 0 });
  }

  #over(packetId: number): void {
    this.#inFlight.delete(packetId);
    this.#taken.delete(packetId);
    this.onProgress();
  }
}
