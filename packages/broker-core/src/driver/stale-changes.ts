import { ReasonCode } from '@wellhead/codec';
import { type SessionChange, StoreError } from '@wellhead/session-store';
import type { BrokerContext } from '../context.ts';
import { giveUp } from '../fate.ts';

/** Changes of a session that is no more must not take those of others with them; nothing is left when none are. */
export function withoutStale(
  { sessions, turn }: BrokerContext,
  changes: readonly SessionChange[],
  error: unknown,
): readonly SessionChange[] {
  if (!(error instanceof StoreError) || error.code !== 'STORE_STALE_EPOCH') return [];
  const { clientId } = error;
  const session = clientId === undefined ? undefined : sessions.get(clientId);
  const others: SessionChange[] = [];
  const current: SessionChange[] = [];
  const old: SessionChange[] = [];
  for (const change of changes) {
    if (!('clientId' in change) || change.clientId !== clientId) others.push(change);
    else (change.epoch === session?.epoch ? current : old).push(change);
  }
  const left = old.length > 0 ? [...lastWord(old), ...others, ...current] : others;
  const kept = new Set(left);
  for (const change of [...old, ...current]) if (!kept.has(change)) giveUp(turn.fates, change);
  if (old.length > 0) return left;
  // a session of now that the store does not know: what it was to keep is not kept, and its client must not think so
  session?.connection?.fail(ReasonCode.QuotaExceeded, 'the session cannot be stored');
  return left;
}

/**
 * What the store has of a session that has ended must not come back. It is removed; if the store has it
 * of an older epoch, it is taken over first; and if that is refused, it is somebody else's by now.
 */
function lastWord(old: readonly SessionChange[]): SessionChange[] {
  const removed = old.find((change) => change.type === 'session-removed');
  if (removed?.type !== 'session-removed') return [];
  if (old.length === 1) return takenAndRemoved(removed);
  return old.length === 2 && old[0]?.type === 'session-opened' ? [] : [removed];
}

function takenAndRemoved(
  removed: Extract<SessionChange, { type: 'session-removed' }>,
): SessionChange[] {
  const { clientId, epoch } = removed;
  const opened = { clientId, epoch, sessionExpiryInterval: 0, protocolVersion: 5 } as const;
  return [{ type: 'session-opened', ...opened }, removed];
}

/** A store that was full or failed may do better later; one that says that the changes are wrong will not. */
export function isRetriable(error: unknown): boolean {
  return (
    !(error instanceof StoreError) || error.code === 'STORE_FULL' || error.code === 'STORE_FAILED'
  );
}
