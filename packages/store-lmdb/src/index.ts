export { exportStore, importStore } from './export-store.ts';
export { checkStore, inspectStore, type StoreInfo } from './inspect-store.ts';
export type { Durability } from './lmdb-session-store.ts';
export { openLmdbStore, type LmdbStoreOptions, type StoreDamage } from './open-lmdb-store.ts';
