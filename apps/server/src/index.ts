export { main } from './main.ts';
export type { DataPlace } from './open-store.ts';
export type { ServerOptions, TlsOptions } from './server-options.ts';
export { type ServedAddress, type Server, start } from './start.ts';
