import type { Connection, ConnectionReceiver } from '@wellhead/transport';

/** Starts a connection and keeps what it tells, with something to wait for. */
export class Log implements ConnectionReceiver {
  readonly chunks: Uint8Array[] = [];
  /** Resolves with the code of the error, or its message, or 'in order'. */
  readonly ended: Promise<string>;
  onData: (chunk: Uint8Array) => void = () => {};
  #end: (how: string) => void = () => {};
  #waiting: { readonly length: number; readonly resolve: () => void } | undefined;

  constructor(connection: Connection) {
    this.ended = new Promise((resolve) => (this.#end = resolve));
    connection.start(this);
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  data(chunk: Uint8Array): void {
    this.chunks.push(chunk.slice());
    this.onData(chunk);
    if (this.#waiting && this.text.length >= this.#waiting.length) this.#waiting.resolve();
  }

  drain(): void {}

  closed(error: Error | undefined): void {
    this.#end(error ? codeOf(error) : 'in order');
  }

  /** Resolves when so many bytes have come. */
  received(length: number): Promise<void> {
    if (this.text.length >= length) return Promise.resolve();
    return new Promise((resolve) => (this.#waiting = { length, resolve }));
  }
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}
