/**
 * A line of JSON as a person reads it: time, level, message, then the rest as `name=value`. What
 * clients choose (identifiers, topics) can neither begin a new line nor speak to the terminal.
 */
export function textLine(json: string): string {
  // the log writes objects, with these three as text
  const { time, level, msg = '', ...fields } = JSON.parse(json) as LogLine;
  const parts = [time, level.padEnd(5), printable(msg)];
  for (const [name, value] of Object.entries(fields)) parts.push(`${name}=${fieldText(value)}`);
  return `${parts.join(' ')}\n`;
}

interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return PLAIN.test(text) ? text : printable(JSON.stringify(text));
}

/** Escapes control characters, line and paragraph separators, and marks that turn the direction of text. */
function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const PLAIN = /^[\w\-.,:;/+#$@%*()[\]<>]+$/;
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
