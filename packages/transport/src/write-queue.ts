import type { Duplex } from 'node:stream';

/**
 * Bytes that a socket has handed to the kernel's side of Node and that the kernel has not taken: they fall as the
 * other end reads, while the stream counts a write as a whole until it is done. 0 where Node does not tell.
 */
export function queuedBelow(stream: Duplex): number {
  const handle: unknown = Reflect.get(stream, '_handle');
  if (typeof handle !== 'object' || handle === null) return 0;
  const size: unknown = Reflect.get(handle, 'writeQueueSize');
  return typeof size === 'number' ? size : 0;
}
