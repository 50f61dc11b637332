import { IdentifierRing } from './identifier-ring.ts';

/**
 * Packet Identifiers of exchanges that keep nothing else, such as SUBSCRIBE and UNSUBSCRIBE: 1 to
 * 65535, each new one not in use, reused as late as possible. [MQTT-2.2.1-3] [MQTT-2.3.1-2 @3.1.1]
 *
 * A client that also publishes has one space for all: there `OutboundWindow.reserve` is the one to
 * use.
 */
export class PacketIdentifiers {
  #ring: IdentifierRing<undefined> | undefined = undefined;
  #nextPacketId = 1;

  /** Identifiers in use. */
  get size(): number {
    return this.#ring === undefined ? 0 : this.#ring.size;
  }

  /** A free identifier, from now on in use; 0 when all 65,535 are. */
  allocate(): number {
    this.#ring ??= new IdentifierRing<undefined>(FIRST_CAPACITY, this.#nextPacketId);
    return this.#ring.take(IN_USE, undefined);
  }

  /** Frees an identifier; false when it was not in use. */
  release(packetId: number): boolean {
    const ring = this.#ring;
    const slot = ring === undefined ? -1 : ring.slot(packetId);
    if (ring === undefined || slot < 0) return false;
    ring.free(slot);
    if (ring.size === 0) {
      this.#nextPacketId = ring.nextPacketId;
      this.#ring = undefined;
    }
    return true;
  }

  has(packetId: number): boolean {
    return this.#ring !== undefined && this.#ring.slot(packetId) >= 0;
  }
}

const IN_USE = 1;
const FIRST_CAPACITY = 16;
