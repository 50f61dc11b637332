import { type SessionChange, StoreError } from '@wellhead/session-store';
import type { Room } from './room.ts';

export function closedError(): StoreError {
  return new StoreError('STORE_CLOSED', 'The session store is closed.');
}

/** What a failed transaction means to whoever committed. */
export function failure(cause: unknown, dataFile: string, room: Room): StoreError {
  if (cause instanceof StoreError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (NO_ROOM.test(reason) || (HALF_WRITTEN.test(reason) && room.isNearlyFull)) {
    return new StoreError('STORE_FULL', `There is no room for more in ${dataFile}: ${reason}`, {
      cause,
    });
  }
  return new StoreError('STORE_FAILED', `Writing ${dataFile} failed: ${reason}`, { cause });
}

/** Something is wrong with a change, or with what the store has of it. */
export function unapplied(change: SessionChange, cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `A change of type ${change.type} cannot be applied: ${reason}`;
  const clientId = 'clientId' in change ? change.clientId : undefined;
  return new StoreError('STORE_FAILED', message, { cause, change, clientId });
}

const HALF_WRITTEN = /input\/output error/i;
/** As LMDB and the operating systems say it. */
const NO_ROOM = /MAP_FULL|no space|disk quota|file too large|not enough space/i;
