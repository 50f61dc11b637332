import type { SessionChange, SessionStore } from '@wellhead/session-store';

/** A store that throws has refused the commit. */
export function commitOf(
  store: SessionStore,
  changes: readonly SessionChange[],
): Promise<void> | undefined {
  try {
    return store.commit(changes);
  } catch (error) {
    return Promise.reject(error);
  }
}
