import { constants } from 'node:os';
import { isatty } from 'node:tty';

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The first signal to stop asks for an end in order, the second one exits at once. */
export class StopSignals implements Disposable {
  /** Resolves at the first signal. */
  readonly first: Promise<StopSignal>;
  readonly #listener: (signal: StopSignal) => void;
  readonly #onHangup: () => void;
  readonly #onOther: () => void;

  /**
   * @param beforeExit runs before a second signal ends the process with 128 + its number
   * @param onReload runs at SIGHUP, which asks a program without a terminal to read its settings again;
   * with one it says that the terminal was closed, and asks to stop
   * @param onOther runs at SIGUSR2, which would end the process otherwise
   */
  constructor(beforeExit: () => void, onReload: () => void, onOther: () => void) {
    const { promise, resolve } = withResolvers<StopSignal>();
    let firstAt = 0;
    this.first = promise;
    this.#listener = (signal) => {
      if (firstAt === 0) {
        firstAt = performance.now();
        resolve(signal);
      } else if (!isForwardedAgain(performance.now() - firstAt)) {
        beforeExit();
        process.exit(128 + constants.signals[signal]);
      }
    };
    const hasTerminal = isatty(0);
    this.#onHangup = () => (hasTerminal ? this.#listener('SIGHUP') : onReload());
    for (const signal of SIGNALS) process.on(signal, this.#listener);
    this.#onOther = onOther;
    process.on('SIGHUP', this.#onHangup);
    process.on('SIGUSR2', onOther);
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
    process.off('SIGHUP', this.#onHangup);
    process.off('SIGUSR2', this.#onOther);
  }
}

/** Under `npm start` one Ctrl-C comes twice: from the terminal, and from npm, which passes on its own. */
function isForwardedAgain(milliseconds: number): boolean {
  return process.env['npm_config_user_agent'] !== undefined && milliseconds < 100;
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];
