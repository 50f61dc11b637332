/** One thing to measure: a scenario with its numbers. The name says all of it, see `caseName`. */
export interface BenchCase {
  readonly scenario: Scenario;
  readonly transport: Transport;
  readonly publishers: number;
  readonly subscribers: number;
  /** Filters, retained topics, queued messages or connections, for the scenarios about those. */
  readonly count: number;
  /** Messages that a publisher keeps on the way; 0 in scenarios without a closed loop. */
  readonly window: number;
  /** Messages a second of all publishers together; 0 in scenarios without an open loop. */
  readonly rate: number;
  readonly qos: 0 | 1 | 2;
  /** Bytes of payload. */
  readonly size: number;
  readonly protocolVersion: 4 | 5;
  /** MQTT 5: three User Properties and a Message Expiry Interval on each message. */
  readonly properties: boolean;
  /** MQTT 5: the subscribers give a Subscription Identifier. */
  readonly subscriptionIdentifier: boolean;
  /** MQTT 5: the subscribers allow Topic Aliases. */
  readonly topicAlias: boolean;
  /** The sessions of the subscribers outlive their connections: what they have not acknowledged is kept for them. */
  readonly durable: boolean;
}

export const scenarios = [
  'p2p',
  'fanin',
  'fanout',
  'shared',
  'wild',
  'retained',
  'offline',
  'connect',
  'latency',
  'stall',
  'turn',
] as const;
export type Scenario = (typeof scenarios)[number];

export const transports = ['tcp', 'tls', 'ws'] as const;
export type Transport = (typeof transports)[number];

/** A scenario that does not exist, or numbers that do not go together. */
export class CaseError extends TypeError {
  override readonly name: string = 'CaseError';
  readonly code: string = 'BENCH_CASE';
}

/** The case that a scenario stands for when nothing else is said. */
export function defaultCase(scenario: Scenario): BenchCase {
  return { ...plain, scenario, ...defaults[scenario] };
}

/** Refuses what cannot be run, and makes what follows from other numbers follow. */
export function checkedCase(wanted: BenchCase): BenchCase {
  const needsVersion5 = wanted.properties || wanted.subscriptionIdentifier || wanted.topicAlias;
  const made: BenchCase = {
    ...wanted,
    protocolVersion: needsVersion5 || wanted.scenario === 'shared' ? 5 : wanted.protocolVersion,
    subscribers: isPaired(wanted.scenario) ? wanted.publishers : wanted.subscribers,
  };
  if (made.size < MINIMUM_SIZE) {
    throw new CaseError(
      `A payload has at least ${MINIMUM_SIZE} bytes: a sequence number and a time.`,
    );
  }
  if (made.publishers * made.window > MAXIMUM_OUTSTANDING) {
    throw new CaseError(
      `More than ${MAXIMUM_OUTSTANDING} messages on the way measure memory, not work.`,
    );
  }
  if (made.window > MAXIMUM_WINDOW) {
    throw new CaseError(`A window has at most ${MAXIMUM_WINDOW} messages.`);
  }
  if (made.scenario === 'offline' && made.qos === 0) {
    throw new CaseError('Nothing is queued for an absent client at QoS 0.');
  }
  if (made.durable && NOT_DURABLE.has(made.scenario)) {
    throw new CaseError(`Whether sessions are kept is a part of ${made.scenario} already.`);
  }
  return made;
}

/** Publisher i to subscriber i. */
function isPaired(scenario: Scenario): boolean {
  return scenario === 'p2p' || scenario === 'latency' || scenario === 'stall';
}

/** Scenarios whose clients are no publishers and subscribers at work. */
const NOT_DURABLE: ReadonlySet<Scenario> = new Set(['offline', 'retained', 'connect']);
/** Payloads begin with publisher, sequence number and send time: 4, 4 and 8 bytes. */
const MINIMUM_SIZE = 16;
const MAXIMUM_OUTSTANDING = 1_000_000;
const MAXIMUM_WINDOW = 1000;

const plain = {
  transport: 'tcp',
  publishers: 1,
  subscribers: 1,
  count: 0,
  window: 0,
  rate: 0,
  qos: 0,
  size: 64,
  protocolVersion: 4,
  properties: false,
  subscriptionIdentifier: false,
  topicAlias: false,
  durable: false,
} as const;

const defaults: { readonly [scenario in Scenario]: Partial<BenchCase> } = {
  p2p: { publishers: 10, subscribers: 10, window: 100 },
  fanin: { publishers: 10, subscribers: 1, window: 100 },
  fanout: { publishers: 1, subscribers: 100, window: 100 },
  shared: { publishers: 10, subscribers: 10, window: 100, protocolVersion: 5 },
  wild: { publishers: 20, count: 50_000, window: 20 },
  retained: { count: 100_000 },
  offline: { count: 50_000, qos: 1 },
  connect: { count: 10_000 },
  latency: { publishers: 100, subscribers: 100, rate: 5000 },
  stall: { publishers: 100, subscribers: 100, rate: 5000 },
  turn: { publishers: 1, subscribers: 1000, window: 100 },
};
