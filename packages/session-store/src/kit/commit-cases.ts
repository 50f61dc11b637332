import assert from 'node:assert/strict';
import type { SessionChange } from '../session-change.ts';
import type { SessionStore } from '../session-store.ts';
import { StoreError, type StoreErrorCode } from '../store-error.ts';
import { dump, loadSession, queueIds } from './read-store.ts';
import {
  closed,
  delivery,
  enqueued,
  first,
  message,
  opened,
  sent,
  subscription,
  will,
} from './records.ts';
import { storeCase, type StoreCase } from './store-case.ts';

/** A session with one of everything. */
const STATE: readonly SessionChange[] = [
  opened('c'),
  opened('stale', 9),
  { type: 'subscribed', ...first('c'), subscription: subscription('a') },
  enqueued(1, 'c'),
  sent('c', 1, 11),
  enqueued(2, 'c'),
  { type: 'received', ...first('c'), packetId: 3 },
  { type: 'will-set', ...first('c'), will: will() },
  { type: 'retained-set', message: message(3, { topicName: 'kept' }) },
  { type: 'fan-out-set', message: message(4), next: 5 },
];
const STALE: SessionChange = closed('stale', 1000, 8);
const UNFENCED: readonly SessionChange[] = [
  opened('new'),
  opened('c', 2),
  { type: 'retained-set', message: message(61, { topicName: 'kept' }) },
  { type: 'retained-set', message: message(62, { topicName: 'other' }) },
  { type: 'retained-cleared', topicName: 'kept' },
  { type: 'fan-out-set', message: message(63), next: 1 },
  { type: 'fan-out-cleared', messageId: 4 },
];
const IMPOSSIBLE: readonly (readonly [string, SessionChange])[] = [
  ['Packet Identifier 0 for a sent delivery', sent('c', 2, 0)],
  ['Packet Identifier 65536', sent('c', 2, 65_536)],
  ['a received Packet Identifier 0', { type: 'received', ...first('c'), packetId: 0 }],
  [
    'a Packet Identifier that is no whole number',
    { type: 'received', ...first('c'), packetId: 1.5 },
  ],
  [
    'a sending with too few Packet Identifiers',
    { type: 'sent', ...first('c'), messageIds: [1, 2], packetIds: [1] },
  ],
  [
    'Packet Identifier 0 among others of a sending',
    { type: 'sent', ...first('c'), messageIds: [1, 2], packetIds: [1, 0] },
  ],
  ['messageId 0', enqueued(0, 'c')],
  ['a fan-out of messageId 0', { type: 'fan-out-set', message: message(0), next: 0 }],
  [
    'a fan-out that goes on before its begin',
    { type: 'fan-out-set', message: message(9), next: -1 },
  ],
  ['a deadline that is no time', closed('c', Number.NaN)],
  ['an epoch that is no number', opened('d', Number.NaN)],
];

/** All or nothing, in order, and never from a stale epoch. */
export const commitCases: readonly StoreCase[] = [
  ...changesOf('c', 4).map((change, index) =>
    storeCase(`${change.type} from a stale epoch is refused (${index})`, async (store) => {
      await store.commit([opened('c', 5)]);
      await assertRefused(store, [change], 'STORE_STALE_EPOCH', 'c');
    }),
  ),

  ...changesOf('c', 6).map((change, index) =>
    storeCase(
      `${change.type} from an epoch that has not begun is refused (${index})`,
      async (store) => {
        await store.commit([opened('c', 5)]);
        await assertRefused(store, [change], 'STORE_STALE_EPOCH', 'c');
      },
    ),
  ),

  ...changesOf('nobody', 1).map((change, index) =>
    storeCase(`${change.type} for no session is refused (${index})`, async (store) => {
      await store.commit([opened('c', 1)]);
      await assertRefused(store, [change], 'STORE_STALE_EPOCH', 'nobody');
    }),
  ),

  storeCase('a session is taken over with a larger epoch only', async (store) => {
    await store.commit([opened('c', 5)]);
    await assertRefused(store, [opened('c', 5)], 'STORE_STALE_EPOCH', 'c');
    await assertRefused(store, [opened('c', 4)], 'STORE_STALE_EPOCH', 'c');
    await store.commit([opened('c', 9)]);
    assert.equal((await loadSession(store, 'c'))?.epoch, 9);
  }),

  storeCase('one stale delivery refuses the message for all', async (store) => {
    await store.commit([opened('c'), opened('d', 2)]);
    const deliveries = [delivery('c'), delivery('d', { epoch: 1 })];
    const change = { type: 'enqueued', message: message(1), deliveries } as const;
    await assertRefused(store, [change], 'STORE_STALE_EPOCH', 'd');
    assert.equal(await store.lastMessageId(), 0);
  }),

  ...[...changesOf('c', 1), ...UNFENCED].map((change, index) =>
    storeCase(`${change.type} before a refused change is not applied (${index})`, async (store) => {
      await store.commit([...STATE]);
      await assertRefused(store, [change, STALE], 'STORE_STALE_EPOCH', 'stale');
    }),
  ),

  ...IMPOSSIBLE.map(([name, change]) =>
    storeCase(`${name} is refused, and what stood before it`, async (store) => {
      await store.commit([...STATE]);
      await assertRefused(store, [enqueued(50, 'c'), change], 'STORE_INVALID_CHANGE');
    }),
  ),

  storeCase('changes are applied in their order', async (store) => {
    await store.commit([
      opened('c'),
      { type: 'subscribed', ...first('c'), subscription: subscription('a') },
      { type: 'unsubscribed', ...first('c'), topicFilter: 'a' },
      { type: 'subscribed', ...first('c'), subscription: subscription('b') },
      enqueued(1, 'c'),
      sent('c', 1, 1),
      closed('c', 1000),
      opened('c', 2),
      { type: 'settled', clientId: 'c', epoch: 2, messageIds: [1] },
    ]);
    const session = await loadSession(store, 'c');
    assert.deepEqual(session?.subscriptions, [subscription('b')]);
    assert.deepEqual([session?.epoch, session?.connected, session?.queuedMessages], [2, true, 0]);
  }),

  storeCase('an epoch that ended earlier in the list is stale', async (store) => {
    await assertRefused(
      store,
      [opened('c', 1), opened('c', 2), enqueued(1, 'c')],
      'STORE_STALE_EPOCH',
      'c',
    );
    await store.commit([opened('c')]);
    const removed = { type: 'session-removed', ...first('c') } as const;
    await assertRefused(store, [removed, enqueued(1, 'c')], 'STORE_STALE_EPOCH', 'c');
  }),

  storeCase('a refused commit does not spoil the next', async (store) => {
    await store.commit([...STATE]);
    await assert.rejects(settle(store, [enqueued(70, 'c'), STALE]));
    await settle(store, [enqueued(71, 'c')]);
    assert.deepEqual(await queueIds(store, 'c'), [1, 2, 71]);
  }),

  storeCase(
    'a refused commit takes those with it that were handed over behind it',
    async (store) => {
      await store.commit([...STATE]);
      const before = settle(store, [enqueued(69, 'c')]);
      const refused = settle(store, [enqueued(70, 'c'), STALE]);
      const behind = [71, 72, 73].map((id) => settle(store, [enqueued(id, 'c')]));
      const results = await Promise.allSettled([before, refused, ...behind]);
      assert.deepEqual(results.map(outcomeOf), [
        'done',
        'STORE_STALE_EPOCH',
        'STORE_FAILED',
        'STORE_FAILED',
        'STORE_FAILED',
      ]);
      assert.deepEqual(await queueIds(store, 'c'), [1, 2, 69]);
    },
  ),

  storeCase('what is tried again comes before what is handed over behind it', async (store) => {
    await store.commit([...STATE]);
    const commits: Promise<void>[] = [];
    const again = settle(store, [enqueued(70, 'c'), STALE]).catch(() => {
      commits.push(settle(store, [enqueued(70, 'c')]));
    });
    await Promise.allSettled([again, settle(store, [enqueued(71, 'c')])]);
    commits.push(settle(store, [enqueued(72, 'c')]));
    await Promise.all(commits);
    assert.deepEqual(await queueIds(store, 'c'), [1, 2, 70, 72]);
  }),

  storeCase('commits take effect in the order of the calls', async (store) => {
    const commits = [settle(store, [opened('c')])];
    for (let id = 1; id <= 50; id++) commits.push(settle(store, [enqueued(id, 'c')]));
    commits.push(settle(store, [{ type: 'settled', ...first('c'), messageIds: [25] }]));
    await Promise.all(commits);
    const expected = Array.from({ length: 50 }, (_, index) => index + 1).filter((id) => id !== 25);
    assert.deepEqual(await queueIds(store, 'c'), expected);
  }),

  storeCase('the array is the caller’s again once the commit settles', async (store) => {
    const changes: SessionChange[] = [opened('c'), enqueued(1, 'c')];
    await store.commit(changes);
    changes.length = 0;
    changes.push(enqueued(99, 'c'));
    assert.deepEqual(await queueIds(store, 'c'), [1]);
  }),

  storeCase('loading stops when its signal says so', async (store) => {
    await store.commit([opened('c'), { type: 'retained-set', message: message(1) }]);
    const signal = AbortSignal.abort(new Error('no more'));
    for (const records of [store.load({ signal }), store.loadRetained({ signal })]) {
      await assert.rejects(async () => {
        for await (const _ of records);
      }, /no more/);
    }
  }),

  storeCase('disposal is idempotent, and a disposed store says so', async (store) => {
    await store.commit([opened('c')]);
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    const says = (error: unknown): boolean =>
      error instanceof StoreError && error.code === 'STORE_CLOSED';
    await assert.rejects(async () => store.commit([opened('d')]), says);
    await assert.rejects(async () => store.readQueue('c', 0, 1), says);
    await assert.rejects(async () => store.readRetained(['a']), says);
    await assert.rejects(async () => {
      for await (const _ of store.load());
    }, says);
  }),
];

/** Refused as a whole, with the right error, and nothing to be seen of it. */
async function assertRefused(
  store: SessionStore,
  changes: readonly SessionChange[],
  code: StoreErrorCode,
  clientId?: string,
): Promise<void> {
  const before = await dump(store);
  await assert.rejects(settle(store, changes), (error: unknown) => {
    assert.ok(error instanceof StoreError);
    assert.equal(error.code, code);
    if (clientId !== undefined) assert.equal(error.clientId, clientId);
    return true;
  });
  assert.deepEqual(await dump(store), before);
}

function outcomeOf(result: PromiseSettledResult<void>): string {
  if (result.status === 'fulfilled') return 'done';
  const { reason } = result;
  return reason instanceof StoreError ? reason.code : String(reason);
}

async function settle(store: SessionStore, changes: readonly SessionChange[]): Promise<void> {
  await store.commit(changes);
}

/** One of each change that belongs to a session, but its opening. */
function changesOf(clientId: string, epoch: number): SessionChange[] {
  const session = { clientId, epoch };
  return [
    closed(clientId, 1000, epoch),
    { type: 'subscribed', ...session, subscription: subscription('new') },
    { type: 'unsubscribed', ...session, topicFilter: 'a' },
    { type: 'enqueued', message: message(60), deliveries: [delivery(clientId, session)] },
    { type: 'sent', ...session, messageIds: [2], packetIds: [12] },
    { type: 'released', ...session, messageIds: [1] },
    { type: 'settled', ...session, messageIds: [1] },
    { type: 'settled', ...session, messageIds: [2] },
    { type: 'received', ...session, packetId: 4 },
    { type: 'receipt-released', ...session, packetId: 3 },
    { type: 'will-set', ...session, will: will({ delayInterval: 1 }) },
    { type: 'will-cleared', ...session },
    { type: 'session-removed', ...session },
  ];
}
