import { refusedBehind, type SessionChange, StoreError } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { openLmdbStore } from '@wellhead/store-lmdb';
import { withDirectory } from './support.ts';

test('a change that cannot be applied is named, nothing of its commit is, and the store goes on', async () => {
  await withDirectory(async (directory) => {
    await using store = await openLmdbStore({ directory, durability: 'os' });
    const session = { clientId: 'c', epoch: 1 } as const;
    const opened = {
      type: 'session-opened',
      ...session,
      sessionExpiryInterval: 60,
      protocolVersion: 5,
    } as const;
    // as a program without types might write it
    const subscription = undefined as unknown as Extract<
      SessionChange,
      { type: 'subscribed' }
    >['subscription'];
    const change = { type: 'subscribed', ...session, subscription } as const;
    const [refused, behind] = await Promise.allSettled([
      store.commit([opened, change]),
      store.commit([{ ...opened, clientId: 'd' }]),
    ]);
    const reason = refused?.status === 'rejected' ? refused.reason : undefined;
    expect(reason).toBeInstanceOf(StoreError);
    expect(reason).toMatchObject({ code: 'STORE_FAILED', clientId: 'c', change });
    expect(behind).toMatchObject({ reason: refusedBehind(reason) });
    await store.commit([opened]);
    expect(store.sizes().sessions).toBe(1);
  });
});
