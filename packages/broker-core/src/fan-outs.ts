import type { ClientConnection } from './client-connection.ts';
import type { LongFanOut } from './long-fan-out.ts';

/** What a publisher has under way to very many, in its order, and who waits for that. */
interface Queue {
  fanOuts: LongFanOut[];
  heldBack: HeldBack[];
}

interface HeldBack {
  readonly connection: ClientConnection;
  readonly release: (proceed: () => void) => void;
}

/**
 * Messages that are on their way to very many, by publisher: each begins when those before it have
 * ended, and until the last has, nothing is read from a connection of that client, whatever session
 * it has. So messages of one publisher keep their order, its Will included.
 */
export class FanOuts {
  /** By Client Identifier; the host program has none. */
  readonly #queues = new Map<string | undefined, Queue>();

  /** Something of this publisher is under way. */
  has(publisherId: string | undefined): boolean {
    return this.#queues.has(publisherId);
  }

  add(fanOut: LongFanOut, publisherId: string | undefined): void {
    const queue = this.#queues.get(publisherId);
    if (queue !== undefined) {
      queue.fanOuts.push(fanOut);
      return;
    }
    this.#queues.set(publisherId, { fanOuts: [fanOut], heldBack: [] });
    fanOut.begin();
  }

  /** Reads nothing from a connection while something of its client is under way: whether what comes is a repetition is not known before the end. */
  holdBack(connection: ClientConnection, clientId: string): void {
    const queue = this.#queues.get(clientId);
    if (queue === undefined) return;
    // a client may come many times meanwhile
    queue.heldBack = queue.heldBack.filter((held) => held.connection.phase !== 'closed');
    queue.heldBack.push({ connection, release: connection.holdBack() });
  }

  /** It has ended: in its turn, unless it has failed. */
  ended(fanOut: LongFanOut, publisherId: string | undefined): void {
    const queue = this.#queues.get(publisherId);
    if (queue === undefined) return;
    const wasItsTurn = queue.fanOuts[0] === fanOut;
    queue.fanOuts = queue.fanOuts.filter((one) => one !== fanOut);
    if (!wasItsTurn) return;
    const [next] = queue.fanOuts;
    if (next !== undefined) {
      next.begin();
      return;
    }
    this.#queues.delete(publisherId);
    for (const { release } of queue.heldBack) release(() => undefined);
  }
}
