import { readFileSync } from 'node:fs';
import { parseTarget, type Target } from './target.ts';

/**
 * Servers that are configured in a certain way, and what to know about them. Each is one value:
 * `[URL][?parameter=value&…]`; without a URL it is the server under test itself.
 */
export const fixtureDescriptions: { readonly [name in FixtureName]: FixtureDescription } = {
  authentication: {
    summary: 'a listener that accepts one user and password only, and refuses everybody else',
    example: 'mqtt://alice:secret@127.0.0.1:1884',
    parameters: [],
  },
  authorization: {
    summary:
      'topics that the user may not publish to (publish=TOPIC) and not subscribe to (subscribe=FILTER)',
    example: '?publish=denied/topic&subscribe=denied/topic',
    parameters: ['publish', 'subscribe'],
  },
  'client-id-refused': {
    summary: 'a Client Identifier (clientId=…) that the server refuses',
    example: '?clientId=forbidden',
    parameters: ['clientId'],
  },
  'maximum-packet-size': {
    summary: 'a listener that announces a Maximum Packet Size of at most 2 MB',
    example: 'mqtt://127.0.0.1:1885',
    parameters: [],
  },
  'receive-maximum': {
    summary: 'a listener that announces a Receive Maximum of at most 1000',
    example: 'mqtt://127.0.0.1:1885',
    parameters: [],
  },
  'maximum-qos': {
    summary: 'a listener that announces a Maximum QoS of 0 or 1',
    example: 'mqtt://127.0.0.1:1886',
    parameters: [],
  },
  'no-retain': {
    summary: 'a listener that announces Retain Available 0',
    example: 'mqtt://127.0.0.1:1886',
    parameters: [],
  },
  'no-wildcard': {
    summary: 'a listener that announces Wildcard Subscription Available 0',
    example: 'mqtt://127.0.0.1:1886',
    parameters: [],
  },
  'no-shared': {
    summary: 'a listener that announces Shared Subscription Available 0',
    example: 'mqtt://127.0.0.1:1886',
    parameters: [],
  },
  'no-subscription-identifiers': {
    summary: 'a listener that announces Subscription Identifiers Available 0',
    example: 'mqtt://127.0.0.1:1886',
    parameters: [],
  },
  'server-keep-alive': {
    summary: 'a listener that answers any Keep Alive with a Server Keep Alive of at most 3 seconds',
    example: 'mqtt://127.0.0.1:1887',
    parameters: [],
  },
  'session-expiry-limit': {
    summary: 'a listener that answers a Session Expiry Interval of 4294967295 with a smaller one',
    example: 'mqtt://127.0.0.1:1887',
    parameters: [],
  },
  'response-information': {
    summary: 'a listener that gives Response Information to whoever requests it',
    example: 'mqtt://127.0.0.1:1887',
    parameters: [],
  },
  redirect: {
    summary: 'a listener that refuses every CONNECT with 0x9C or 0x9D and a Server Reference',
    example: 'mqtt://127.0.0.1:1888',
    parameters: [],
  },
  'enhanced-authentication': {
    summary:
      'an Authentication Method (method) with one challenge: data opens it, response answers it, wrong fails; the last three are hexadecimal',
    example: 'mqtt://127.0.0.1:1889?method=CHALLENGE&data=01&response=02&wrong=03',
    parameters: ['method', 'data', 'response', 'wrong'],
  },
};

/** What a fixture must offer, for the reader of `--help` and README. */
export interface FixtureDescription {
  readonly summary: string;
  readonly example: string;
  readonly parameters: readonly string[];
}

export type FixtureName =
  | 'authentication'
  | 'authorization'
  | 'client-id-refused'
  | 'maximum-packet-size'
  | 'receive-maximum'
  | 'maximum-qos'
  | 'no-retain'
  | 'no-wildcard'
  | 'no-shared'
  | 'no-subscription-identifiers'
  | 'server-keep-alive'
  | 'session-expiry-limit'
  | 'response-information'
  | 'redirect'
  | 'enhanced-authentication';

/** A fixture that is offered: where, and its parameters. */
export interface Fixture {
  readonly target: Target;
  readonly parameters: { readonly [name: string]: string };
}

export type Fixtures = ReadonlyMap<FixtureName, Fixture>;

/** `name=value` from the command line, value as in {@link fixtureDescriptions}; throws TypeError. */
export function parseFixture(text: string, main: Target): readonly [FixtureName, Fixture] {
  const separator = text.indexOf('=');
  if (separator < 1) throw new TypeError(`${text}: expected name=value`);
  return fixtureOf(text.slice(0, separator), text.slice(separator + 1), main);
}

/** A JSON object of name to value; throws TypeError. */
export function readFixtures(file: string, main: Target): [FixtureName, Fixture][] {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof content !== 'object' || content === null) {
    throw new TypeError(`${file}: expected a JSON object of fixture name to value`);
  }
  return Object.entries(content).map(([name, value]) => fixtureOf(name, String(value), main));
}

function fixtureOf(name: string, value: string, main: Target): [FixtureName, Fixture] {
  if (!isFixtureName(name)) {
    throw new TypeError(`no fixture is called ${name}; there are ${fixtureNames.join(', ')}`);
  }
  const mark = value.indexOf('?');
  const url = mark < 0 ? value : value.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : value.slice(mark + 1));
  for (const parameter of fixtureDescriptions[name].parameters) {
    if (!query.has(parameter)) throw new TypeError(`fixture ${name} lacks ${parameter}=`);
  }
  return [
    name,
    { target: url === '' ? main : parseTarget(url), parameters: Object.fromEntries(query) },
  ];
}

function isFixtureName(name: string): name is FixtureName {
  return Object.hasOwn(fixtureDescriptions, name);
}

const fixtureNames = Object.keys(fixtureDescriptions);
