import { HASH, PLUS, SLASH } from './characters.ts';
import { isSharedFilter, parseSharedFilter } from './shared-filter.ts';
import type { TopicError, TopicErrorCode } from './topic-error.ts';

/** Bounds on a Topic Name or Topic Filter below those of MQTT. */
export interface TopicLimits {
  /** Longest accepted, in UTF-8 bytes, `$share/<name>/` included. @default 65535 */
  readonly maximumLength?: number | undefined;
  /** Most levels accepted; of a shared filter, the levels behind the share name. @default Infinity */
  readonly maximumLevels?: number | undefined;
}

/** Says what makes `topicName` no valid Topic Name, or `undefined` when it is one. */
export function validateTopicName(topicName: string, limits?: TopicLimits): TopicError | undefined {
  const wrong = checkText(topicName, limits) ?? checkLevels(topicName, limits);
  if (wrong !== undefined) return wrong;
  // [MQTT-4.7.0-1] [MQTT-4.7.1-1 @3.1.1]
  return topicName.includes('+') || topicName.includes('#')
    ? fail('wildcard', 'A Topic Name contains no wildcard character.')
    : undefined;
}

/**
 * Says what makes `topicFilter` no valid Topic Filter, or `undefined` when it is one.
 * A filter that begins with `$share/` is judged as a shared one: its share name and the filter behind it.
 */
export function validateTopicFilter(
  topicFilter: string,
  limits?: TopicLimits,
): TopicError | undefined {
  const wrong = checkText(topicFilter, limits);
  if (wrong !== undefined) return wrong;
  if (isSharedFilter(topicFilter)) return checkShared(topicFilter, limits);
  return checkLevels(topicFilter, limits) ?? checkWildcards(topicFilter);
}

/** Whether `topicName` is a valid Topic Name. */
export function isTopicName(topicName: string): boolean {
  return validateTopicName(topicName) === undefined;
}

/** Whether `topicFilter` is a valid Topic Filter, shared or not. */
export function isTopicFilter(topicFilter: string): boolean {
  return validateTopicFilter(topicFilter) === undefined;
}

function checkText(text: string, limits: TopicLimits | undefined): TopicError | undefined {
  if (text.length === 0) return fail('empty', 'A topic has at least one character.'); // [MQTT-4.7.3-1]
  const maximumLength = limits?.maximumLength ?? LONGEST;
  // A character is at least one byte: what is longer than that needs no counting.
  if (text.length > maximumLength) return tooLong(maximumLength);
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0) return fail('null-character', 'A topic contains no U+0000.'); // [MQTT-4.7.3-2]
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit < 0xd800 || unit > 0xdfff) bytes += 3;
    else if (isPairAt(text, i)) {
      bytes += 4;
      i += 1;
    } else return fail('ill-formed', 'A topic contains no lone surrogate.'); // [MQTT-1.5.4-1]
  }
  return bytes > maximumLength ? tooLong(maximumLength) : undefined; // [MQTT-4.7.3-3]
}

function isPairAt(text: string, index: number): boolean {
  const low = text.charCodeAt(index + 1); // NaN at the end, which compares as false
  return text.charCodeAt(index) <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}

function checkLevels(text: string, limits: TopicLimits | undefined): TopicError | undefined {
  const maximumLevels = limits?.maximumLevels ?? Infinity;
  if (maximumLevels === Infinity) return undefined;
  let levels = 1;
  for (let slash = text.indexOf('/'); slash >= 0; slash = text.indexOf('/', slash + 1)) levels += 1;
  return levels > maximumLevels
    ? fail('too-many-levels', `A topic has at most ${maximumLevels} levels here.`)
    : undefined;
}

function checkWildcards(topicFilter: string): TopicError | undefined {
  const last = topicFilter.length - 1;
  for (let i = 0; i <= last; i++) {
    const unit = topicFilter.charCodeAt(i);
    if (unit !== PLUS && unit !== HASH) continue;
    const startsLevel = i === 0 || topicFilter.charCodeAt(i - 1) === SLASH;
    if (unit === HASH && !(startsLevel && i === last)) {
      // [MQTT-4.7.1-1] [MQTT-4.7.1-2 @3.1.1]
      return fail('bad-wildcard', "'#' is a whole level, and the last one.");
    }
    if (!startsLevel || (i < last && topicFilter.charCodeAt(i + 1) !== SLASH)) {
      return fail('bad-wildcard', "'+' is a whole level."); // [MQTT-4.7.1-2] [MQTT-4.7.1-3 @3.1.1]
    }
  }
  return undefined;
}

function checkShared(topicFilter: string, limits: TopicLimits | undefined): TopicError | undefined {
  const shared = parseSharedFilter(topicFilter);
  // [MQTT-4.8.2-1] at least one character, [MQTT-4.8.2-2] none of them a wildcard
  if (shared === undefined || shared.shareName === '' || /[+#]/.test(shared.shareName)) {
    return fail('bad-share-name', "A share name has at least one character and no '+' or '#'.");
  }
  const inner = shared.topicFilter;
  // [MQTT-4.8.2-2] a '/' and a Topic Filter follow, and [MQTT-4.7.3-1] holds for that filter
  if (inner === '') return fail('empty', 'A Topic Filter follows the share name.');
  return checkLevels(inner, limits) ?? checkWildcards(inner);
}

function tooLong(maximumLength: number): TopicError {
  return fail('too-long', `A topic has at most ${maximumLength} UTF-8 bytes here.`);
}

function fail(code: TopicErrorCode, message: string): TopicError {
  return { code, message };
}

const LONGEST = 65_535; // [MQTT-4.7.3-3]
