import type { ClientInfo, ConnectRequest, DropReason, Observer } from '@wellhead/broker-core';
import type { Logger } from 'pino';
import type { LogLevel } from './log.ts';
import { LogThrottle } from './log-throttle.ts';

/** Writes what happens in a broker to a log. A storm of one kind of event costs a few lines. */
export class LogObserver implements Observer, Disposable {
  readonly #log: Logger;
  readonly #throttle = new LogThrottle();
  readonly #timer: NodeJS.Timeout;

  constructor(log: Logger) {
    this.#log = log;
    this.#timer = setInterval(() => this.#tellWhatWasHeldBack(), PERIOD).unref();
  }

  connected(client: ClientInfo, { sessionPresent }: { readonly sessionPresent: boolean }): void {
    if (!this.#admits('info', 'client connected')) return;
    const { clientId, userName, protocolVersion, remote } = client;
    const version = VERSION_NAMES[protocolVersion];
    const fields = { clientId, userName, version, from: placeOf(remote), sessionPresent };
    this.#log.info(fields, 'client connected');
  }

  disconnected({ clientId }: ClientInfo, code: number, reason: string): void {
    const reasonCode = hex(code);
    if (!this.#admits('info', `client disconnected ${reasonCode}`)) return;
    this.#log.info({ clientId, reasonCode, reason }, 'client disconnected');
  }

  refused(remote: Remote, code: number, reason: string): void {
    const reasonCode = hex(code);
    if (!this.#admits('info', `connection refused ${reasonCode}`)) return;
    this.#log.info({ from: placeOf(remote), reasonCode, reason }, 'connection refused');
  }

  subscribed({ clientId }: ClientInfo, topicFilter: string, qos: number): void {
    if (!this.#admits('debug', 'subscribed')) return;
    this.#log.debug({ clientId, topicFilter, qos }, 'subscribed');
  }

  unsubscribed({ clientId }: ClientInfo, topicFilter: string): void {
    if (!this.#admits('debug', 'unsubscribed')) return;
    this.#log.debug({ clientId, topicFilter }, 'unsubscribed');
  }

  dropped(clientId: string, topicName: string, reason: DropReason): void {
    // what has expired, or may not be read, is meant to go; the rest is a loss
    const level = reason === 'expired' || reason === 'not-authorized' ? 'debug' : 'warn';
    if (!this.#admits(level, `message dropped ${reason}`, 3)) return;
    this.#log[level]({ clientId, topicName, reason }, 'message dropped');
  }

  fault(error: unknown, where: string): void {
    const fields = { where, ...errorFields(error) };
    if (this.#admits('error', `fault ${where} ${fields.code ?? ''}`))
      this.#log.error(fields, 'fault');
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#tellWhatWasHeldBack();
  }

  #admits(level: LogLevel, cause: string, burst = 50): boolean {
    return this.#log.isLevelEnabled(level) && this.#throttle.admits(level, cause, burst);
  }

  #tellWhatWasHeldBack(): void {
    for (const { level, cause, count } of this.#throttle.nextPeriod()) {
      this.#log[level]({ cause, count }, 'more of the same was not logged');
    }
  }
}

/** A reason, and for an error that nobody foresaw the place it comes from. */
export function errorFields(error: unknown): { error: string; code?: string; stack?: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code !== undefined) return { error: error.message, code };
  return { error: `${error.name}: ${error.message}`, stack: error.stack ?? '' };
}

type Remote = ConnectRequest['remote'];

function placeOf({ transport, address, port }: Remote): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return port === undefined ? `${transport}:${host}` : `${transport}:${host}:${port}`;
}

function hex(reasonCode: number): string {
  return `0x${reasonCode.toString(16).toUpperCase().padStart(2, '0')}`;
}

const VERSION_NAMES = { 3: '3.1', 4: '3.1.1', 5: '5.0' } as const;
/** Milliseconds. */
const PERIOD = 10_000;
