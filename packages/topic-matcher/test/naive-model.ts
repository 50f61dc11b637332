import * as fc from 'fast-check';

/** Section 4.7, level by level and recursively: slow, and plain enough to be seen right. */
export function naiveMatch(topicFilter: string, topicName: string): boolean {
  if (topicName.startsWith('$') && /^[+#]/.test(topicFilter)) return false;
  return matchFrom(topicFilter.split('/'), topicName.split('/'));
}

function matchFrom(filter: readonly string[], name: readonly string[]): boolean {
  const [level, ...rest] = filter;
  if (level === undefined) return name.length === 0;
  if (level === '#') return true;
  const [first, ...others] = name;
  if (first === undefined) return false;
  return (level === '+' || level === first) && matchFrom(rest, others);
}

// Few and short, so that filters and names meet often; with empty levels, '$', what sorts before and
// behind '/', and characters of two, three and four UTF-8 bytes.
const levelName = fc.constantFrom('a', 'b', '', '$x', 'a b', 'a0', 'é', 'e\u0301', '水', '🚰');
const filterLevel = fc.oneof(
  { weight: 3, arbitrary: levelName },
  { weight: 2, arbitrary: fc.constant('+') },
);

export const topicNames: fc.Arbitrary<string> = fc
  .array(levelName, { minLength: 1, maxLength: 5 })
  .map((levels) => levels.join('/'))
  .filter((name) => name !== '');

export const topicFilters: fc.Arbitrary<string> = fc
  .tuple(fc.array(filterLevel, { maxLength: 5 }), fc.boolean())
  .map(([levels, multiLevel]) => [...levels, ...(multiLevel ? ['#'] : [])].join('/'))
  .filter((filter) => filter !== '');
