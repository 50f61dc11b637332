import { ReasonCode } from '@wellhead/codec';
import type { ClientConnection } from './client-connection.ts';
import type { ClientOutput } from './client-output.ts';
import { guard } from './guard.ts';
import type { BrokerLimits } from './options.ts';

/**
 * Bytes of all connections together that are neither here nor there: parts of packets whose rest has
 * not come, and output that is not taken. What each connection may have is bounded by its own limits,
 * which for very many of them together are more than there is memory.
 */
export class BytesUnderWay {
  readonly #limits: BrokerLimits;
  #bytes = 0;
  /** With how many bytes of a packet, those first whose packet has been arriving for longest. */
  readonly #arriving = new Map<ClientConnection, number>();
  /** With how many bytes of output. */
  readonly #leaving = new Map<ClientOutput, number>();

  constructor(limits: BrokerLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes have come; `isNew` when those of an incomplete packet begin one. Beyond the limit the slowest end. */
  arriving(connection: ClientConnection, isNew: boolean): void {
    const { decoder } = connection;
    if (!decoder.midPacket && this.#arriving.size === 0) return;
    const bytes = decoder.midPacket ? decoder.bufferedBytes : 0;
    if (bytes <= UNCOUNTED) {
      this.#count(this.#arriving, connection, 0);
      return;
    }
    if (isNew) this.#count(this.#arriving, connection, 0);
    this.#count(this.#arriving, connection, bytes);
    while (this.#isTooMuch) {
      const [slowest] = this.#arriving.keys();
      if (slowest === undefined) return;
      this.#count(this.#arriving, slowest, 0);
      const reason = 'the packets of all connections that are arriving are too much';
      guard(slowest, () => slowest.fail(ReasonCode.QuotaExceeded, reason));
    }
  }

  /** So many bytes wait for a connection that takes no more now: whether one more may. */
  leaving(connection: ClientOutput, bytes: number): boolean {
    this.#count(this.#leaving, connection, bytes);
    return bytes <= UNCOUNTED || !this.#isTooMuch;
  }

  /** It has taken everything. */
  left(connection: ClientConnection): void {
    if (this.#leaving.size > 0) this.#count(this.#leaving, connection, 0);
  }

  /** The connection is over. */
  forget(connection: ClientConnection): void {
    this.#count(this.#arriving, connection, 0);
    this.#count(this.#leaving, connection, 0);
  }

  get #isTooMuch(): boolean {
    return this.#bytes > this.#limits.maximumTotalPendingBytes;
  }

  #count<T>(counts: Map<T, number>, connection: T, bytes: number): void {
    const before = counts.get(connection) ?? 0;
    if (before === bytes) return;
    this.#bytes += bytes - before;
    if (bytes === 0) counts.delete(connection);
    else counts.set(connection, bytes);
  }
}

/** What every connection may have beside. */
const UNCOUNTED = 16_384;
