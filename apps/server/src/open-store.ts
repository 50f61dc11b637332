import { resolve } from 'node:path';
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
