import { type BenchCase, CaseError, checkedCase, transports } from './bench-case.ts';
import { longNumber, parseCase } from './case-name.ts';

/** The options of `run` that change a case, for `parseArgs`. */
export const caseOptions: {
  readonly [name in NumberOption | 'mqtt' | 'transport']: { readonly type: 'string' };
} & { readonly [name in SwitchOption]: { readonly type: 'boolean' } } = {
  publishers: { type: 'string' },
  subscribers: { type: 'string' },
  count: { type: 'string' },
  window: { type: 'string' },
  rate: { type: 'string' },
  qos: { type: 'string' },
  size: { type: 'string' },
  mqtt: { type: 'string' },
  transport: { type: 'string' },
  tls: { type: 'boolean' },
  ws: { type: 'boolean' },
  properties: { type: 'boolean' },
  'subscription-id': { type: 'boolean' },
  'topic-alias': { type: 'boolean' },
  durable: { type: 'boolean' },
};

type NumberOption = 'publishers' | 'subscribers' | 'count' | 'window' | 'rate' | 'qos' | 'size';
type SwitchOption = 'tls' | 'ws' | 'properties' | 'subscription-id' | 'topic-alias' | 'durable';
export type CaseFlags = {
  readonly [name in NumberOption | 'mqtt' | 'transport']?: string | undefined;
} & {
  readonly [name in SwitchOption]?: boolean | undefined;
};

/** The case of a name, changed by what stands behind it. Throws `CaseError`. */
export function caseOfFlags(name: string, flags: CaseFlags): BenchCase {
  const changes: { -readonly [field in keyof BenchCase]?: BenchCase[field] } = {};
  for (const option of ['publishers', 'subscribers', 'count', 'window', 'rate', 'size'] as const) {
    const text = flags[option];
    if (text !== undefined) changes[option] = positive(option, text);
  }
  if (flags.qos !== undefined)
    changes.qos = choice('qos', flags.qos, { '0': 0, '1': 1, '2': 2 } as const);
  if (flags.mqtt !== undefined) changes.protocolVersion = choice('mqtt', flags.mqtt, versions);
  if (flags.transport !== undefined)
    changes.transport = choice('transport', flags.transport, transportNames);
  if (flags.tls) changes.transport = 'tls';
  if (flags.ws) changes.transport = 'ws';
  if (flags.properties) changes.properties = true;
  if (flags['subscription-id']) changes.subscriptionIdentifier = true;
  if (flags['topic-alias']) changes.topicAlias = true;
  if (flags.durable) changes.durable = true;
  return checkedCase({ ...parseCase(name), ...changes });
}

function positive(option: string, text: string): number {
  const value = /^\d+[KM]?$/.test(text) ? longNumber(text) : 0;
  if (value > 0) return value;
  throw new CaseError(`--${option} must be a whole number above 0, not '${text}'.`);
}

function choice<T>(option: string, text: string, choices: { readonly [name: string]: T }): T {
  const found = choices[text];
  if (found !== undefined) return found;
  throw new CaseError(
    `--${option} must be one of ${Object.keys(choices).join(', ')}, not '${text}'.`,
  );
}

const versions = { '3.1.1': 4, '5': 5, '5.0': 5 } as const;
const transportNames = Object.fromEntries(transports.map((name) => [name, name]));
