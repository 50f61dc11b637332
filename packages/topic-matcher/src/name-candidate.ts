import { DOLLAR, HASH, PLUS } from './characters.ts';
import { startsWithWildcard } from './match.ts';
import { successor } from './sorted-names.ts';

/** The smallest string that a Topic Name matching this filter could be: where a walk in order begins. */
export function firstCandidate(topicFilter: string): string {
  const wildcard = topicFilter.search(/[+#]/);
  if (wildcard < 0) return topicFilter;
  // "a/b/#" also matches "a/b", which comes before "a/b/" [MQTT-4.7.1-1]
  return topicFilter.slice(0, Math.max(wildcard - 1, 0));
}

/**
 * Judges one name of a walk in the order of `<`. Returns `name` itself when the filter matches it;
 * otherwise a string above it such that no name between the two matches; `undefined` when none
 * follows at all. This is how a walk leaps over subtrees that it need not look at.
 */
export function nextCandidate(topicFilter: string, name: string): string | undefined {
  // [MQTT-4.7.2-1] names with '$' lie side by side: leap over them all
  if (startsWithWildcard(topicFilter) && name.charCodeAt(0) === DOLLAR) return BEHIND_DOLLAR;
  let from = 0;
  let start = 0;
  for (;;) {
    if (topicFilter.charCodeAt(from) === HASH) return name;
    const filterEnd = levelEnd(topicFilter, from);
    const end = levelEnd(name, start);
    if (topicFilter.charCodeAt(from) !== PLUS) {
      const level = topicFilter.slice(from, filterEnd);
      if (end - start !== level.length || !name.startsWith(level, start)) {
        return leap(name, start, level, filterEnd < topicFilter.length);
      }
    }
    if (filterEnd === topicFilter.length) return end === name.length ? name : behind(name, end);
    if (end === name.length) {
      return topicFilter.endsWith('/#') && filterEnd === topicFilter.length - 2
        ? name
        : successor(name);
    }
    from = filterEnd + 1;
    start = end + 1;
  }
}

/** Where to go on when `name` has another level at `start` than `level`, though all before it match. */
function leap(name: string, start: number, level: string, deeper: boolean): string | undefined {
  const wanted = name.slice(0, start) + level;
  if (name < wanted) return wanted;
  // "a b" comes between "a" and "a/b"
  if (deeper && name < `${wanted}/`) return `${wanted}/`;
  return start === 0 ? undefined : behind(name, start - 1);
}

/** The string behind all that begin with the levels `name[0, end)` and have at least one more. */
function behind(name: string, end: number): string {
  return name.slice(0, end) + BEHIND_SLASH;
}

function levelEnd(text: string, start: number): number {
  const slash = text.indexOf('/', start);
  return slash < 0 ? text.length : slash;
}

const BEHIND_SLASH = '0'; // U+0030 follows '/'
const BEHIND_DOLLAR = '%'; // U+0025 follows '$'
