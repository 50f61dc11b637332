import { DOLLAR, HASH, PLUS, SLASH } from './characters.ts';

/**
 * Whether a Topic Filter matches a Topic Name. Both must be valid; nothing is stripped, so a shared
 * filter is given by its inner filter. Characters are compared exactly as sent [MQTT-4.7.3-4].
 */
export function match(topicFilter: string, topicName: string): boolean {
  if (startsWithWildcard(topicFilter) && topicName.charCodeAt(0) === DOLLAR) return false; // [MQTT-4.7.2-1]
  if (topicFilter === '#') return true;
  if (!topicFilter.endsWith('/#')) {
    return matchLevels(topicFilter, topicFilter.length, topicName, 0) === topicName.length;
  }
  // [MQTT-4.7.1-1] "sport/#" also matches "sport": the levels before '#' are all that must match
  return matchLevels(topicFilter, topicFilter.length - 2, topicName, 0) >= 0;
}

/** Whether the first level of a filter is a wildcard: such a filter never sees `$` topics [MQTT-4.7.2-1]. */
export function startsWithWildcard(topicFilter: string): boolean {
  const first = topicFilter.charCodeAt(0);
  return first === PLUS || first === HASH;
}

/** Where levels of one Topic Name end: many filters have to know that of the same long level. */
export interface LevelEnds {
  /** The end of the level that begins at `start`; its first `known` characters are no slash. */
  endOf(topicName: string, start: number, known: number): number;
}

/**
 * Matches the levels `levels[0, levelsEnd)` (names and '+', no '#') against those of `topicName` from
 * `start`, where a level begins. Returns where the last matched level ends in `topicName`, or -1.
 */
export function matchLevels(
  levels: string,
  levelsEnd: number,
  topicName: string,
  start: number,
  ends: LevelEnds = NO_MEMORY,
): number {
  const nameEnd = topicName.length;
  let name = start;
  for (let at = 0; ; at++, name++) {
    if (at < levelsEnd && levels.charCodeAt(at) === PLUS) {
      at += 1; // [MQTT-4.7.1-2] one whole level, which may be empty
      const level = name;
      const isShortBefore = Math.min(nameEnd, level + SHORT_LEVEL);
      while (name < isShortBefore && topicName.charCodeAt(name) !== SLASH) name += 1;
      if (name === level + SHORT_LEVEL) name = ends.endOf(topicName, level, SHORT_LEVEL);
    } else {
      while (at < levelsEnd) {
        const unit = levels.charCodeAt(at);
        if (unit === SLASH) break;
        if (name >= nameEnd || topicName.charCodeAt(name) !== unit) return -1;
        at += 1;
        name += 1;
      }
      if (name < nameEnd && topicName.charCodeAt(name) !== SLASH) return -1;
    }
    if (at >= levelsEnd) return name;
    if (name >= nameEnd || levels.charCodeAt(at) !== SLASH) return -1;
  }
}

/** Where the level that begins at `start` ends. */
export function endOfLevel(topicName: string, start: number, known: number): number {
  const slash = topicName.indexOf('/', start + known);
  return slash < 0 ? topicName.length : slash;
}

const NO_MEMORY: LevelEnds = Object.freeze({ endOf: endOfLevel });
/** Characters up to which a level is looked through each time: that is quicker than to remember anything. */
const SHORT_LEVEL = 64;
