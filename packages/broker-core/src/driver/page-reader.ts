import type { BrokerContext } from '../context.ts';
import { guard } from '../guard.ts';
import { loadPage } from '../queue.ts';
import { isTurnUsedUp } from '../share-of-turn.ts';
import type { PageRequest } from '../turn.ts';

/** Reads pages of queues, once all commits that came before their request have settled, and what failed of them is there. */
export class PageReader {
  readonly #context: BrokerContext;
  #readable: PageRequest[] = [];

  constructor(context: BrokerContext) {
    this.#context = context;
  }

  /** A store need not show what it has not settled: they are read once `settled` is, or in the next turn. */
  add(requests: readonly PageRequest[], settled: Promise<unknown> | undefined): void {
    if (requests.length === 0) return;
    if (settled !== undefined) {
      void settled.then(() => this.add(requests, undefined));
      return;
    }
    this.#readable.push(...requests);
    this.#context.turn.wake();
  }

  read(isTryingAgain: boolean): void {
    const readable = this.#readable;
    if (readable.length === 0) return;
    this.#readable = [];
    const { turn } = this.#context;
    // what is tried again, now or later, may belong to these queues, and the store has nothing of it yet
    if (isTryingAgain) {
      turn.putOffReading(readable);
      return;
    }
    for (const [index, request] of readable.entries()) {
      if (index >= FEWEST_PAGES && isTurnUsedUp(this.#context)) {
        this.#readable = [...readable.slice(index), ...this.#readable];
        turn.wake();
        return;
      }
      const { reader, session } = request;
      const { connection } = session;
      if (reader !== undefined) reader.read();
      else if (connection !== undefined) guard(connection, () => loadPage(this.#context, request));
    }
  }
}

/** Pages that a turn reads, however much else there is to do. */
const FEWEST_PAGES = 4;
