/** Everything that must not happen. */
const findingKinds = [
  'lost',
  'doubled at QoS 2',
  'out of order',
  'delivered altered',
  'Packet Identifier reused',
  'sessions without Session Present',
  'retained missing or stale',
  'subscriptions gone',
  'subscriptions back again',
  'wills lost',
  'wills doubled',
  'wills unwarranted',
  'acknowledged, but not stored',
  'connections ended by the broker',
  'ended by itself',
  'inconsistent store',
  'left behind',
  'not said',
] as const;
export type FindingKind = (typeof findingKinds)[number];

export interface Finding {
  readonly kind: FindingKind;
  readonly text: string;
  /** What is known of the message, in order. */
  readonly history: readonly string[];
}

/** What went wrong, counted, and the first of each kind in full. */
export class Findings {
  readonly counts: Map<FindingKind, number> = new Map(findingKinds.map((kind) => [kind, 0]));
  readonly shown: Finding[] = [];
  readonly #limit: number;

  /** @param limit how many of a kind are kept in full */
  constructor(limit = 5) {
    this.#limit = limit;
  }

  add(kind: FindingKind, text: string, history: readonly string[] = []): void {
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    if (count <= this.#limit) this.shown.push({ kind, text, history: [...history] });
  }

  get total(): number {
    let total = 0;
    for (const count of this.counts.values()) total += count;
    return total;
  }
}
