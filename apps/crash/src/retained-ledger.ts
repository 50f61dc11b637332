import type { Findings } from './findings.ts';
import { type Message, readPayload } from './message.ts';

interface RetainedSet {
  readonly message: Message;
  readonly isClear: boolean;
}

/** What may be retained under each topic: the latest that was acknowledged, or a later one that was not. */
export class RetainedLedger {
  readonly #findings: Findings;
  /** By Topic Name, in the order of sending; nothing before the last acknowledged one. */
  readonly #topics = new Map<string, RetainedSet[]>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  get topicNames(): Iterable<string> {
    return this.#topics.keys();
  }

  sent(message: Message, isClear: boolean): void {
    const sets = this.#topics.get(message.topicName) ?? [];
    sets.push({ message, isClear });
    this.#topics.set(message.topicName, sets);
  }

  /** The Topic Names whose retained message, by name and payload, is not what it may be. */
  wrong(retained: ReadonlyMap<string, Uint8Array>): Map<string, string> {
    const wrong = new Map<string, string>();
    for (const topicName of this.#topics.keys()) {
      const complaint = this.#complaint(topicName, retained.get(topicName));
      if (complaint !== undefined) wrong.set(topicName, complaint);
    }
    for (const topicName of retained.keys()) {
      if (!this.#topics.has(topicName)) wrong.set(topicName, 'nobody has retained anything there');
    }
    return wrong;
  }

  judge(retained: ReadonlyMap<string, Uint8Array>): void {
    for (const [topicName, complaint] of this.wrong(retained)) {
      const sets = this.#topics.get(topicName) ?? [];
      const history = sets.flatMap(({ message }) => message.history);
      this.#findings.add('retained missing or stale', `${topicName}: ${complaint}`, history);
    }
  }

  #complaint(topicName: string, payload: Uint8Array | undefined): string | undefined {
    const possible = this.#possible(topicName);
    const expected = possible.map(({ message, isClear }) =>
      isClear ? 'nothing' : String(message.sequence),
    );
    const found = payload === undefined ? undefined : readPayload(payload)?.sequence;
    const isPossible =
      payload === undefined
        ? possible.length === 0 || possible.some(({ isClear }) => isClear)
        : possible.some(({ message, isClear }) => !isClear && message.sequence === found);
    // before the first acknowledgement nothing need be there
    const isEarly = payload === undefined && possible.every(({ message }) => isOpen(message));
    if (isPossible || isEarly) return undefined;
    return `${found ?? 'nothing'} is there, not ${expected.join(' or ')}`;
  }

  #possible(topicName: string): readonly RetainedSet[] {
    const sets = this.#topics.get(topicName) ?? [];
    const taken = sets.filter(({ message }) => !message.refused);
    const last = taken.findLastIndex(({ message }) => message.owedSince !== undefined);
    const possible = taken.slice(Math.max(last, 0));
    this.#topics.set(topicName, possible);
    return possible;
  }
}

function isOpen(message: Message): boolean {
  return message.owedSince === undefined;
}
