import { statements311 } from './statements-311.ts';
import { statements5 } from './statements-5.ts';

/** What a statement says, in our own words; undefined for an id that a server does not show. */
export function statementText(version: string, id: string): string | undefined {
  return (version === '5.0' ? version5 : version311).get(id);
}

/** The ids of the statements that a server shows to the outside, in the order of the specification. */
export function serverStatements(version: '3.1.1' | '5.0'): readonly string[] {
  return [...(version === '5.0' ? version5 : version311).keys()];
}

function parse(lines: string): ReadonlyMap<string, string> {
  const entries = lines
    .trim()
    .split('\n')
    .map((line) => line.split(/ (.*)/));
  return new Map(entries.map(([id = '', text = '']) => [id, text]));
}

const version5 = parse(statements5);
const version311 = parse(statements311);
