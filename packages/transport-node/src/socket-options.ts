import type { CloseOptions } from '@wellhead/transport/duplex';

/** For listeners that accept sockets. */
export interface SocketOptions extends CloseOptions {
  /**
   * Read all connections of the listener through one buffer, where this Node can; otherwise each read makes its own.
   * @default true
   */
  readonly sharedReadBuffer?: boolean;
}

/** The buffer for a listener's connections, if they shall share one. */
export function readBuffer(options: SocketOptions): Uint8Array | undefined {
  return options.sharedReadBuffer === false ? undefined : new Uint8Array(READ_BUFFER_SIZE);
}

/** What the kernel is asked for at once. */
const READ_BUFFER_SIZE = 65_536;
