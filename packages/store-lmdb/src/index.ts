export { LmdbSessionStore, type Durability } from './lmdb-session-store.ts';
export { Database } from './database.ts';
export { Room } from './room.ts';
