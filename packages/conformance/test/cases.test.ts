import { describe, expect, test } from 'vitest';
import { allCases, serverStatements, statementText } from '../src/index.ts';

const versions: readonly ['5.0' | '3.1.1', ReadonlySet<number>][] = [
  ['5.0', new Set([5])],
  ['3.1.1', new Set([3, 4])],
];

describe.each(versions)('MQTT %s', (version, numbers) => {
  const cases = allCases.filter((one) => numbers.has(one.version));
  const cited = new Set(cases.flatMap(({ statements }) => statements));

  test('every statement that a server shows has a case', () => {
    expect(serverStatements(version).filter((id) => !cited.has(id))).toEqual([]);
  });

  test('every statement that a case cites exists, and a server shows it', () => {
    expect([...cited].filter((id) => statementText(version, id) === undefined)).toEqual([]);
  });

  test('every case cites a statement', () => {
    expect(cases.filter(({ statements }) => statements.length === 0)).toEqual([]);
  });
});

test('case ids are unique, and say what they are of', () => {
  const ids = allCases.map(({ id }) => id);
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  expect(ids.filter((id) => !/^(3\.1|3\.1\.1|5\.0)(\/[a-z0-9.-]+){2}$/.test(id))).toEqual([]);
});

test('titles are sentences', () => {
  expect(
    allCases.map(({ title }) => title).filter((title) => !/^[A-Z$"].{10,}[^.]$/.test(title)),
  ).toEqual([]);
});
