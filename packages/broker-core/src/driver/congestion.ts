import type { ClientConnection } from '../client-connection.ts';

/** Somebody who only asks and never reads the answers must not fill the memory with them. */
export function holdBackAsker(connection: ClientConnection): void {
  const { limits, underWay } = connection.context;
  const waiting = connection.outbox.bytes + connection.link.pendingBytes;
  const mayGrow = underWay.leaving(connection, waiting);
  if (!mayGrow || waiting > limits.maximumPendingBytes) connection.pauseReading();
}

/** The transport of a connection can take more. */
export function drained(connection: ClientConnection): void {
  const { turn, underWay } = connection.context;
  connection.congested = false;
  connection.stalledSince = 0;
  underWay.left(connection);
  connection.resumeReading();
  turn.touch(connection);
  turn.continueLater(connection);
}
