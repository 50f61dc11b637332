import { parseArgs } from 'node:util';

export interface Settings {
  readonly kills: number;
  readonly seed: number;
  /** After so many seconds it ends, with however many kills. */
  readonly seconds: number;
  readonly directory: string | undefined;
  /** For `wellhead start`. */
  readonly flags: readonly string[];
}

/** What a command line asks for, or what to say instead. */
export function readArguments(
  args: readonly string[],
): Settings | { readonly text: string; readonly status: number } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (values.help === true) return { text: USAGE, status: 0 };
    if (positionals.length > 0) throw new TypeError(`'${positionals[0]}' means nothing here`);
    const { durability = 'disk' } = values;
    return {
      kills: whole('kills', values.kills, 100),
      seed: whole('seed', values.seed, Math.floor(Math.random() * 2 ** 32)),
      seconds: whole('seconds', values.seconds, 86_400),
      directory: values.data,
      flags: ['--durability', durability],
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { text: `crash: ${reason}\n\n${USAGE}`, status: 1 };
  }
}

function whole(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new TypeError(`--${name} must be a whole number, not '${text}'`);
}

const options = {
  kills: { type: 'string' },
  seed: { type: 'string' },
  seconds: { type: 'string' },
  data: { type: 'string' },
  durability: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const USAGE = `Usage: npm run crash -- [options]

Kills the broker at random moments under load, starts it again on the same data, lets every client
resume, and counts what was lost, doubled, out of order or stale. Exit status 1 when anything was.

  --kills <n>           how often (default 100)
  --seed <n>            makes the same choices again; moments still differ (default: random, and said)
  --seconds <n>         end after this time even with fewer kills
  --data <dir>          an empty directory (default: a temporary one, kept when something was found)
  --durability <kind>   disk, os or memory; memory loses (default disk)
`;
