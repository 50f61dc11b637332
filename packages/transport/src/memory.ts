export { MemoryConnection, type MemoryWireOptions } from './memory-connection.ts';
export { memoryListener, type MemoryListener } from './memory-listener.ts';
export { MemoryNetwork } from './memory-network.ts';
export { memoryPair, type MemoryPairOptions, randomSplit } from './memory-pair.ts';
