import type { ConnectionReceiver } from '@wellhead/transport';

/** What a receiver was told, as lines. */
export class Log implements ConnectionReceiver {
  readonly calls: string[] = [];
  readonly sizes: number[] = [];
  onData: (chunk: Uint8Array) => void = () => {};

  data(chunk: Uint8Array): void {
    this.calls.push(`data ${chunk.join(',')}`);
    this.sizes.push(chunk.length);
    this.onData(chunk);
  }

  drain(): void {
    this.calls.push('drain');
  }

  closed(error: Error | undefined): void {
    const reason = error && 'code' in error ? String(error.code) : error?.message;
    this.calls.push(reason === undefined ? 'closed' : `closed ${reason}`);
  }
}
