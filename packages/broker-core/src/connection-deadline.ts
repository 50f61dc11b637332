import { ReasonCode } from '@wellhead/codec';
import { serverKeepAliveDeadline } from '@wellhead/protocol';
import type { ClientConnection } from './client-connection.ts';

export type TimeoutCause =
  | 'no CONNECT in time'
  | 'packet not complete in time'
  | 'reads nothing'
  | 'Keep Alive timeout';

/** The next moment at which a connection may have to be ended, and what for. */
export function connectionDeadline(
  connection: ClientConnection,
  now: number,
): { readonly at: number; readonly what: TimeoutCause } {
  const { limits } = connection.context;
  let at = Infinity;
  let what: TimeoutCause = 'Keep Alive timeout';
  if (connection.open) {
    // while we do not read, silence is ours
    const lastReceived = connection.readingPaused ? now : connection.lastReceived;
    at = serverKeepAliveDeadline(connection.keepAlive, lastReceived); // [MQTT-3.1.2-22]
  } else {
    at = connection.openedAt + limits.connectTimeout;
    what = 'no CONNECT in time';
  }
  if (connection.incompleteSince > 0 && !connection.readingPaused) {
    const arriving =
      connection.incompleteSince + limits.packetTimeout + connection.decoder.bufferedBytes;
    if (arriving < at) {
      at = arriving;
      what = 'packet not complete in time';
    }
  }
  if (connection.stalledSince > 0 && connection.stalledSince + limits.stalledTimeout < at) {
    at = connection.stalledSince + limits.stalledTimeout;
    what = 'reads nothing';
  }
  return { at, what };
}

export function reasonOfTimeout(cause: TimeoutCause): number {
  return cause === 'Keep Alive timeout' ? ReasonCode.KeepAliveTimeout : ReasonCode.UnspecifiedError;
}

/** The transport takes no more for now: from then on it has to be seen that the client reads. */
export function beginStall(connection: ClientConnection, now: number): void {
  if (connection.stalledSince > 0) return;
  connection.stalledSince = now;
  connection.stalledBytes = untaken(connection);
  connection.reschedule();
}

/** A client that reads slowly is not one that reads nothing. */
export function noteReading(connection: ClientConnection, now: number): void {
  const bytes = untaken(connection);
  if (connection.stalledSince > 0 && bytes < connection.stalledBytes) connection.stalledSince = now;
  connection.stalledBytes = bytes;
}

function untaken({ link }: ClientConnection): number {
  return link.untakenBytes ?? link.pendingBytes;
}
