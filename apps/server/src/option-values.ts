import { InvalidArgumentError } from 'commander';

/** Reads the argument of an option; throws `InvalidArgumentError`, whose message ends the complaint. */
export type OptionValue<T> = (text: string) => T;

export function wholeNumber(minimum: number, maximum: number): OptionValue<number> {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  };
}

export const port: OptionValue<number> = wholeNumber(0, 65_535);

/** Seconds, or `never`. */
export function sessionExpiry(text: string): number {
  return text === 'never' ? NEVER_EXPIRES : seconds(text);
}

export function webSocketPath(text: string): string {
  if (/^\/[\w\-./~%]*$/.test(text)) return text;
  throw new InvalidArgumentError('It must begin with a slash, as in /mqtt.');
}

/** One more of the origins so far. */
export function webOrigins(text: string, before: readonly string[] = []): string[] {
  if (text === '*' || isOrigin(text)) return [...before, text];
  const form = 'It must be * or an origin, as in https://panel.example or http://10.0.0.5:3000.';
  throw new InvalidArgumentError(form);
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text.toLowerCase();
}

export function notEmpty(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It must not be empty.');
}

/** Seconds value of "never expires" (MQTT 5.0 section 3.1.2.11.2). */
const NEVER_EXPIRES = 0xffff_ffff;
const seconds = wholeNumber(1, NEVER_EXPIRES - 1);
