/** Connections over the streams of Node: what transports for Node are made of, and brokers take in by themselves. */
export { connectionFromDuplex } from './connection-from-duplex.ts';
export { type CloseOptions, NodeConnection, connectionLost } from './node-connection.ts';
export { isLoopback, networkOf, remoteAddress } from './remote-address.ts';
export { queuedBelow } from './write-queue.ts';
export { DirectWriter } from './direct-writer.ts';
export { canShareReads, ReadBuffer, readInto } from './shared-read-buffer.ts';
export { StreamConnection, type StreamConnectionOptions } from './stream-connection.ts';
