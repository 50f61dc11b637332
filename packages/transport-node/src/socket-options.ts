import {
  type CloseOptions,
  DirectWriter,
  ReadBuffer,
  type StreamConnectionOptions,
} from '@wellhead/transport/duplex';

/** For listeners that accept sockets. */
export interface SocketOptions extends CloseOptions {
  /**
   * Read all connections of the listener through one buffer, where this Node can; otherwise each read makes its own.
   * @default true
   */
  readonly sharedReadBuffer?: boolean;
  /**
   * Write to the sockets past Node's stream machinery, where this Node can.
   * @default true
   */
  readonly directWrites?: boolean;
}

/** The options for a listener's connections. */
export function connectionOptions(options: SocketOptions): StreamConnectionOptions {
  const writer = options.directWrites === false ? undefined : new DirectWriter();
  return { ...options, readBuffer: readBuffer(options), writer };
}

/** The buffer for a listener's connections, if they shall share one. */
function readBuffer(options: SocketOptions): ReadBuffer | undefined {
  return options.sharedReadBuffer === false ? undefined : new ReadBuffer(READ_BUFFER_SIZE);
}

/** What the kernel is asked for at once: the way of a chunk to its receivers costs the same whatever its size. */
const READ_BUFFER_SIZE = 131_072;
