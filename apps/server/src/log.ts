import { type Logger, pino } from 'pino';
import { BackgroundWriter } from './background-writer.ts';
import { textLine } from './text-line.ts';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];
export const logFormats = ['text', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

/** The program's log, on standard error. */
export interface Log {
  readonly logger: Logger;
  readonly format: LogFormat;
  /** Writes text as it is, in order with the lines of the log. */
  writePlain(text: string): void;
  /** Before the process is made to exit. */
  flush(): void;
}

/** A log never holds up the broker: a reader that has stopped reading loses lines. */
export function createLog({ level, format }: { level: LogLevel; format: LogFormat }): Log {
  const destination = new BackgroundWriter(STANDARD_ERROR);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: format === 'text' ? { streamWrite: textLine } : {},
    },
    destination,
  );
  return {
    logger,
    format,
    writePlain: (text) => destination.write(text),
    flush: () => destination.flushSync(),
  };
}

const STANDARD_ERROR = 2;
