/** Who is at the other end. */
export interface RemoteAddress {
  /** IP address, or `unix`, `memory` or `stream`. */
  readonly address: string;
  readonly port: number | undefined;
  /** The other end is on this machine. */
  readonly loopback: boolean;
  /** The bytes are encrypted on the way. */
  readonly secure: boolean;
  readonly transport: 'tcp' | 'tls' | 'unix' | 'ws' | 'wss' | 'memory' | 'stream';
  /** What the other end proved itself with, where the transport asked for it. */
  readonly certificate?: unknown;
}

/** What a connection calls. No method of a `Connection` calls it before that method has returned. */
export interface ConnectionReceiver {
  /** The chunk is valid during the call only, unless the connection has `stableChunks`. */
  data(chunk: Uint8Array): void;
  /** `write()` had returned false; what was pending has gone. */
  drain(): void;
  /**
   * Exactly once, and the last call: the other end closed or vanished, or `close()` or `destroy()` came to its end.
   * Undefined for an orderly end.
   */
  closed(error: Error | undefined): void;
}

/**
 * One Network Connection, as bytes in order. Nothing arrives before `start()`; what came earlier arrives after it.
 * After `close()` or `destroy()` no data arrives any more, and what is written then is dropped. No method throws on what the other end does.
 */
export interface Connection {
  readonly remote: RemoteAddress;
  /** Chunks stay valid after `data()` returns. */
  readonly stableChunks: boolean;
  /** Bytes written and not yet taken by the kernel; 0 means that every buffer given to `write` may be reused. */
  readonly pendingBytes: number;
  /**
   * Gets smaller with whatever the other end takes, in the middle of a write as well, of which `pendingBytes` counts all
   * until it is done: what tells one who reads slowly from one who does not. A transport without it is asked for `pendingBytes`.
   */
  readonly untakenBytes?: number;
  /** Once. */
  start(receiver: ConnectionReceiver): void;
  /**
   * Sends bytes, which the caller must not change until `pendingBytes` is 0.
   * False: over the mark; they are sent all the same, and `drain()` will follow.
   */
  write(bytes: Uint8Array): boolean;
  /** The same for several pieces: one system call, or one WebSocket message, where that is possible. */
  writev(chunks: readonly Uint8Array[]): boolean;
  /**
   * The most bytes in one piece that the receiver has use for from now on, of a transport that holds messages of its own
   * back until they are whole: it ends the connection rather than hold more. Others hold nothing, and have no such method.
   */
  expect?(largestMessage: number): void;
  /** No `data()` until `resume()`. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then ends; a peer that does not take it within a bounded time is cut off. */
  close(): void;
  /** Ends now; what is pending is lost. `closed()` gets the error. */
  destroy(error?: Error): void;
}
