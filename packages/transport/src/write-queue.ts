import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Bytes that a socket has handed on and that the kernel has not taken: they fall as the other end reads, while the stream
 * counts a write as a whole until it is done. 0 where Node does not tell.
 */
export function queuedBelow(stream: Duplex): number {
  // of TLS, the one that is encrypted for: its own handle says what it was at the last write
  const parent: unknown = Reflect.get(stream, '_parent');
  const handle: unknown = Reflect.get(parent instanceof Socket ? parent : stream, '_handle');
  if (typeof handle !== 'object' || handle === null) return 0;
  const size: unknown = Reflect.get(handle, 'writeQueueSize');
  return typeof size === 'number' ? size : 0;
}
