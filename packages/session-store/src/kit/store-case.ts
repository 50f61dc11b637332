import type { SessionChange } from '../session-change.ts';
import type { SessionStore } from '../session-store.ts';

/**
 * Opens the store under test. Each case gets its own: the first call gives an empty store, and a call after that store
 * was disposed gives a new one on the same place. Cases that need `shared` open a second one while the first is open.
 */
export interface OpenStore {
  (): Promise<SessionStore>;
  /**
   * Ends a store the way the death of its process does: nothing more is written, and the next call opens what is
   * there. No commit is under way. Without it, the cases about crashes leave the store to be disposed instead.
   */
  readonly crash?: (store: SessionStore) => Promise<void>;
}

/** One promise of the contract. A run that does not keep it rejects, or never settles: give it a time limit. */
export interface StoreCase {
  readonly name: string;
  /** Skip it for a store whose `supports` does not say so. */
  readonly needs?: 'durable' | 'shared';
  readonly run: (open: OpenStore) => Promise<void>;
}

/** A case over one store. */
export function storeCase(name: string, check: (store: SessionStore) => Promise<void>): StoreCase {
  return {
    name,
    async run(open: OpenStore): Promise<void> {
      await using store = await open();
      await check(store);
    },
  };
}

/** Two cases: what must be true after these commits, at once and in the store that is opened next. */
export function stateCases(
  name: string,
  commits: readonly (readonly SessionChange[])[],
  check: (store: SessionStore) => Promise<void>,
): [StoreCase, StoreCase] {
  const atOnce = storeCase(name, async (store) => {
    for (const changes of commits) await store.commit(changes);
    await check(store);
  });
  const reopened: StoreCase = {
    name: `${name}, after opening again`,
    needs: 'durable',
    async run(open: OpenStore): Promise<void> {
      {
        await using store = await open();
        for (const changes of commits) await store.commit(changes);
      }
      await using store = await open();
      await check(store);
    },
  };
  return [atOnce, reopened];
}
