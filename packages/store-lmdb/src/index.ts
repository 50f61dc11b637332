export type { Durability } from './lmdb-session-store.ts';
export { openLmdbStore, type LmdbStoreOptions, type StoreDamage } from './open-lmdb-store.ts';
