import type { SessionRecord } from '@wellhead/session-store';
import type { RemoteAddress } from '@wellhead/transport';
import type { ClientInfo } from './hooks.ts';

/** A client that was connected to an earlier process. */
export function absentClient({ clientId, protocolVersion, userName }: SessionRecord): ClientInfo {
  return { clientId, protocolVersion, userName, remote: NOT_CONNECTED };
}

const NOT_CONNECTED: RemoteAddress = Object.freeze({
  address: 'unknown',
  port: undefined,
  loopback: false,
  secure: false,
  transport: 'stream',
});
