import { type Logger, pino } from 'pino';
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

/**
 * A log never holds up the broker: lines are written in the background, and dropped while a reader
 * that has stopped reading has a megabyte of them waiting.
 */
export function createLog({ level, format }: { level: LogLevel; format: LogFormat }): Log {
  const destination = pino.destination({ dest: STANDARD_ERROR, sync: false, maxLength: 1_048_576 });
  // a disk that is full, or a reader that is gone, must not end the broker
  destination.on('error', () => {});
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
    writePlain: (text) => void destination.write(text),
    flush: () => destination.flushSync(),
  };
}

const STANDARD_ERROR = 2;
