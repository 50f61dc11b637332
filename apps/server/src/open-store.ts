import { resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { SessionStore } from '@wellhead/session-store';
import { MemorySessionStore } from '@wellhead/session-store/memory';
import { type Durability, openLmdbStore } from '@wellhead/store-lmdb';
import { type ServerOptions, defaultServerOptions } from './server-options.ts';

/** Where a server keeps its data, and what its acknowledgements wait for. */
export interface DataPlace {
  /** An absolute path. */
  readonly directory: string;
  readonly durability: Durability;
}

/** The store of a server; `data` is undefined when it is in memory. Rejects with a `StoreError` that names the directory and says what to do. */
export async function openStore(
  options: ServerOptions,
): Promise<{ store: SessionStore; data: DataPlace | undefined }> {
  if (options.dataDirectory === undefined) {
    return { store: new MemorySessionStore(), data: undefined };
  }
  collectEarly();
  const directory = resolve(options.dataDirectory);
  const durability = options.durability ?? defaultServerOptions.durability;
  const store = await openLmdbStore({
    directory,
    durability,
    mapSize: options.maximumDataSize ?? Infinity,
    ...(options.onDamage && { onDamage: options.onDamage }),
  });
  return { store, data: { directory, durability } };
}

/**
 * lmdb links every write to the next one. When an old one is garbage among old objects, all behind it count as in use
 * until the old objects are collected, which the engine puts off until there are three or four times as many as live.
 * Twice as many: filling queues with a million messages peaks at 250 MB instead of 360, and takes no longer.
 */
function collectEarly(): void {
  setFlagsFromString('--heap-growing-percent=100');
}
