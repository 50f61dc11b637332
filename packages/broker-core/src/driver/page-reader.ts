import type { BrokerContext } from '../context.ts';
import { guard } from '../guard.ts';
import { loadPage } from '../queue.ts';
import type { PageRequest } from '../turn.ts';

/** Reads pages of queues, once all commits that came before their request have settled. */
export class PageReader {
  readonly #context: BrokerContext;
  #readable: PageRequest[] = [];

  constructor(context: BrokerContext) {
    this.#context = context;
  }

  /** They are settled. */
  add(requests: readonly PageRequest[]): void {
    this.#readable.push(...requests);
  }

  read(): void {
    const readable = this.#readable;
    if (readable.length === 0) return;
    this.#readable = [];
    const { turn } = this.#context;
    // what is to be tried again first may belong to these queues, and the store has nothing of it yet
    if (turn.retried.length > 0) {
      turn.putOffReading(readable);
      return;
    }
    for (const request of readable) {
      const { connection } = request.session;
      if (connection !== undefined) guard(connection, () => loadPage(this.#context, request));
    }
  }
}
