import { ReasonCode } from '@wellhead/codec';
import { ByteTally, UNCOUNTED_BYTES } from '@wellhead/transport';
import type { ClientConnection } from './client-connection.ts';
import type { ClientOutput } from './client-output.ts';
import { guard } from './guard.ts';
import type { BrokerLimits } from './options.ts';

/**
 * Bytes of all connections together that are neither here nor there: memory for packets whose rest has
 * not come, and output that is not taken. What each connection may have is bounded by its own limits,
 * which for very many of them together are more than there is memory. Each direction has a bound of its
 * own, so that slow readers are nothing to those who publish.
 */
export class BytesUnderWay {
  /** Those first whose packet has been arriving for longest. */
  readonly #arriving = new ByteTally<ClientConnection>();
  readonly #leaving = new ByteTally<ClientOutput>();
  readonly #limits: BrokerLimits;

  constructor(limits: BrokerLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#arriving.bytes + this.#leaving.bytes;
  }

  /** Bytes have come; `isNew` when those of an incomplete packet begin one. Beyond the limit the slowest end. */
  arriving(connection: ClientConnection, isNew: boolean): void {
    const { decoder } = connection;
    const arriving = this.#arriving;
    if (!decoder.midPacket && arriving.size === 0) return;
    const bytes = decoder.midPacket ? decoder.bufferedMemory : 0;
    if (isNew) arriving.count(connection, 0);
    arriving.count(connection, bytes);
    while (arriving.bytes > this.#limits.maximumTotalPendingBytes) {
      const slowest = arriving.first;
      if (slowest === undefined) return;
      arriving.count(slowest, 0);
      const reason = 'the packets of all connections that are arriving are too much';
      guard(slowest, () => slowest.fail(ReasonCode.QuotaExceeded, reason));
    }
  }

  /** So many bytes wait for a connection that takes no more now: whether one more may. */
  leaving(connection: ClientOutput, bytes: number): boolean {
    this.#leaving.count(connection, bytes);
    return this.mayLeave(bytes);
  }

  /** Whether one byte more may wait for a connection for which so many wait. */
  mayLeave(bytes: number): boolean {
    return bytes <= UNCOUNTED_BYTES || this.#leaving.bytes <= this.#limits.maximumTotalPendingBytes;
  }

  /** It has taken everything. */
  left(connection: ClientOutput): void {
    if (this.#leaving.size > 0) this.#leaving.count(connection, 0);
  }

  /** The connection is over. */
  forget(connection: ClientConnection): void {
    this.#arriving.count(connection, 0);
    this.#leaving.count(connection, 0);
  }
}
