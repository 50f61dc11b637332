import {
  type BenchCase,
  CaseError,
  type Scenario,
  type Transport,
  checkedCase,
  defaultCase,
  scenarios,
  transports,
} from './bench-case.ts';

/**
 * The name of a case, after the grammar of the open MQTT benchmark suite:
 * `[transport-]scenario-publishers-subscribers-…`. What is as usual is left out.
 */
export function caseName(bench: BenchCase): string {
  const usual = defaultCase(bench.scenario);
  const parts: string[] = bench.transport === 'tcp' ? [] : [bench.transport];
  parts.push(bench.scenario);
  for (const field of numbersOf[bench.scenario]) parts.push(short(bench[field]));
  if (bench.window > 0) parts.push(`w${bench.window}`);
  if (bench.rate > 0) parts.push(`r${short(bench.rate)}`);
  if (bench.qos !== usual.qos) parts.push(`q${bench.qos}`);
  if (bench.size !== usual.size) parts.push(`${bench.size}b`);
  const special = [bench.properties, bench.subscriptionIdentifier, bench.topicAlias];
  const version5 = bench.protocolVersion === 5 && usual.protocolVersion !== 5;
  if (version5 && !special.includes(true)) parts.push('v5');
  if (bench.properties) parts.push('props');
  if (bench.subscriptionIdentifier) parts.push('subid');
  if (bench.topicAlias) parts.push('alias');
  if (bench.durable) parts.push('durable');
  return parts.join('-');
}

/** The case of a name: `p2p`, `p2p-10-10-w1`, `tls-fanout-1-1K-w5-q1-256b`. Throws `CaseError`. */
export function parseCase(name: string): BenchCase {
  const words = name.split('-');
  const transport = isTransport(words[0]) ? words[0] : 'tcp';
  if (isTransport(words[0])) words.shift();
  const scenario = words.shift();
  if (!isScenario(scenario)) {
    throw new CaseError(`There is no scenario in '${name}'; there are ${scenarios.join(', ')}.`);
  }
  let made: BenchCase = { ...defaultCase(scenario), transport };
  const fields = [...numbersOf[scenario]];
  for (const word of words) {
    const change = /^\d+[KM]?$/.test(word) ? numbered(fields.shift(), word) : optionOf(word);
    if (change === undefined) throw new CaseError(`'${word}' in '${name}' means nothing.`);
    made = { ...made, ...change };
  }
  return checkedCase(made);
}

/** A number that may end in K or M, as in case names. */
export function longNumber(text: string): number {
  const factor = text.endsWith('K') ? 1000 : text.endsWith('M') ? 1_000_000 : 1;
  return Number.parseInt(text, 10) * factor;
}

function numbered(field: NumberField | undefined, word: string): Partial<BenchCase> | undefined {
  const value = longNumber(word);
  return field === undefined || value === 0 ? undefined : { [field]: value };
}

function optionOf(word: string): Partial<BenchCase> | undefined {
  const [, letter = '', digits = ''] = /^([wr])(\d+[KM]?)$/.exec(word) ?? [];
  if (letter === 'w') return { window: longNumber(digits) };
  if (letter === 'r') return { rate: longNumber(digits) };
  if (/^\d+b$/.test(word)) return { size: Number.parseInt(word, 10) };
  return options[word];
}

function short(value: number): string {
  return value >= 1000 && value % 1000 === 0 ? `${value / 1000}K` : String(value);
}

function isTransport(word: string | undefined): word is Transport {
  return transports.some((transport) => transport === word);
}

function isScenario(word: string | undefined): word is Scenario {
  return scenarios.some((scenario) => scenario === word);
}

type NumberField = 'publishers' | 'subscribers' | 'count';

const numbersOf: { readonly [scenario in Scenario]: readonly NumberField[] } = {
  p2p: ['publishers', 'subscribers'],
  fanin: ['publishers', 'subscribers'],
  fanout: ['publishers', 'subscribers'],
  shared: ['publishers', 'subscribers'],
  latency: ['publishers', 'subscribers'],
  stall: ['publishers', 'subscribers'],
  turn: ['publishers', 'subscribers'],
  wild: ['publishers', 'count'],
  retained: ['count'],
  offline: ['count'],
  connect: ['count'],
};

const options: { readonly [word: string]: Partial<BenchCase> | undefined } = {
  q0: { qos: 0 },
  q1: { qos: 1 },
  q2: { qos: 2 },
  v5: { protocolVersion: 5 },
  props: { protocolVersion: 5, properties: true },
  subid: { protocolVersion: 5, subscriptionIdentifier: true },
  alias: { protocolVersion: 5, topicAlias: true },
  durable: { durable: true },
};
