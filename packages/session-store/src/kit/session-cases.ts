import assert from 'node:assert/strict';
import type { SessionChange } from '../session-change.ts';
import type { SessionStore } from '../session-store.ts';
import { loadSession, queueIds } from './read-store.ts';
import { closed, enqueued, first, opened, sent, subscription, will } from './records.ts';
import { stateCases, type StoreCase } from './store-case.ts';

const OTHER_OPTIONS = subscription('a/+', {
  qos: 2,
  noLocal: true,
  retainAsPublished: true,
  retainHandling: 2,
  subscriptionIdentifier: 268_435_455,
});

/** Longer than a database's keys, beginnings of each other, and neither ASCII nor in the same plane. */
const NAMES = ['a', 'ab', 'a/', 'é', '中文', '🚰', ' ', 'x'.repeat(5000), `${'x'.repeat(5000)}y`];

/** Sessions and what hangs on them, but for their queues. */
export const sessionCases: readonly StoreCase[] = [
  ...stateCases('an empty store has nothing', [[]], async (store) => {
    assert.equal(await loadSession(store, 'c'), undefined);
    assert.deepEqual(await store.readQueue('c', 0, 10), []);
    assert.equal(await store.lastMessageId(), 0);
    assert.equal(store.sizes().sessions, 0);
  }),

  ...stateCases(
    '[MQTT-3.1.2-23] an open session loads as it was opened',
    [[opened('c', 7)]],
    async (store) => {
      assert.deepEqual(await loadSession(store, 'c'), {
        clientId: 'c',
        epoch: 7,
        sessionExpiryInterval: 3600,
        expiresAt: Infinity,
        connected: true,
        protocolVersion: 5,
        userName: 'user of c',
        subscriptions: [],
        receivedPacketIds: [],
        will: undefined,
        queuedMessages: 0,
        queuedBytes: 0,
      });
    },
  ),

  ...stateCases(
    '[MQTT-4.1.0-2] a closed session keeps its deadline as an absolute time',
    [
      [opened('c'), opened('d')],
      [closed('c', 1_700_000_123_456), closed('d', Infinity)],
    ],
    async (store) => {
      const [c, d] = [await loadSession(store, 'c'), await loadSession(store, 'd')];
      assert.deepEqual([c?.connected, c?.expiresAt], [false, 1_700_000_123_456]);
      assert.equal(c?.sessionExpiryInterval, 7200);
      assert.deepEqual([d?.connected, d?.expiresAt], [false, Infinity]);
    },
  ),

  ...stateCases(
    '[MQTT-3.1.2-5] a session that is taken over keeps what hangs on it, without its deadline',
    [[...furnished('c'), closed('c', 5000)], [opened('c', 2)]],
    async (store) => {
      const session = await loadSession(store, 'c');
      assert.deepEqual(
        [session?.epoch, session?.connected, session?.expiresAt],
        [2, true, Infinity],
      );
      assert.equal(session?.subscriptions.length, 1);
      assert.deepEqual(session?.receivedPacketIds, [9]);
      assert.equal(session?.will?.topicName, 'will/topic');
      assert.deepEqual(await queueIds(store, 'c'), [2, 1]);
    },
  ),

  ...stateCases(
    '[MQTT-3.1.2-4] a session that is removed takes everything with it',
    [furnished('c'), [{ type: 'session-removed', ...first('c') }]],
    async (store) => {
      assert.equal(await loadSession(store, 'c'), undefined);
      await assertEmptied(store);
    },
  ),

  ...stateCases(
    'a session that is removed and opened anew in one commit starts with nothing',
    [furnished('c'), [{ type: 'session-removed', ...first('c') }, opened('c', 2)]],
    async (store) => {
      const session = await loadSession(store, 'c');
      assert.deepEqual([session?.epoch, session?.subscriptions.length], [2, 0]);
      assert.deepEqual([session?.receivedPacketIds, session?.will], [[], undefined]);
      await assertEmptied(store);
    },
  ),

  ...stateCases(
    '[MQTT-3.8.4-3] a subscription replaces that of the same filter, and no other',
    [
      [opened('c'), opened('d')],
      [subscribed('c', 'a/+'), subscribed('c', '$share/g/a/#'), subscribed('d', 'a/+')],
      [{ type: 'subscribed', ...first('c'), subscription: OTHER_OPTIONS }],
      [{ type: 'unsubscribed', ...first('d'), topicFilter: 'a/#' }],
    ],
    async (store) => {
      const c = (await loadSession(store, 'c'))?.subscriptions ?? [];
      assert.equal(c.length, 2);
      assert.deepEqual(
        c.find(({ topicFilter }) => topicFilter === 'a/+'),
        OTHER_OPTIONS,
      );
      assert.deepEqual(
        c.find(({ topicFilter }) => topicFilter === '$share/g/a/#'),
        subscription('$share/g/a/#'),
      );
      assert.deepEqual((await loadSession(store, 'd'))?.subscriptions, [subscription('a/+')]);
    },
  ),

  ...stateCases(
    'a subscription that ended is gone',
    [
      [opened('c'), subscribed('c', 'a'), subscribed('c', 'b')],
      [{ type: 'unsubscribed', ...first('c'), topicFilter: 'a' }],
    ],
    async (store) => {
      assert.deepEqual((await loadSession(store, 'c'))?.subscriptions, [subscription('b')]);
    },
  ),

  ...stateCases(
    '[MQTT-4.3.3-10] received Packet Identifiers are kept in order until they are released',
    [
      [opened('c'), received(5), received(3), received(65_535), received(1)],
      [{ type: 'receipt-released', ...first('c'), packetId: 3 }, received(5)],
      [{ type: 'receipt-released', ...first('c'), packetId: 77 }],
    ],
    async (store) => {
      assert.deepEqual((await loadSession(store, 'c'))?.receivedPacketIds, [5, 65_535, 1]);
    },
  ),

  ...stateCases(
    '[MQTT-4.3.3-12] a Packet Identifier that was released can be received again',
    [
      [opened('c'), received(5)],
      [{ type: 'receipt-released', ...first('c'), packetId: 5 }, received(6), received(5)],
    ],
    async (store) => {
      assert.deepEqual((await loadSession(store, 'c'))?.receivedPacketIds, [6, 5]);
    },
  ),

  ...stateCases(
    '[MQTT-3.1.2-8] a will is kept whole, with its deadline as an absolute time',
    [
      [opened('c'), { type: 'will-set', ...first('c'), will: will() }],
      [{ type: 'will-set', ...first('c'), will: will({ publishAt: 1_700_000_000_500 }) }],
    ],
    async (store) => {
      const kept = (await loadSession(store, 'c'))?.will;
      assert.ok(kept);
      assert.deepEqual([...kept.payload], [1, 2, 3]);
      assert.deepEqual([...(kept.properties ?? [])], [3, 0, 1, 97]);
      const { payload: _, properties: __, ...rest } = kept;
      const {
        payload: ___,
        properties: ____,
        ...expected
      } = will({ publishAt: 1_700_000_000_500 });
      assert.deepEqual(rest, expected);
    },
  ),

  ...stateCases(
    '[MQTT-3.1.2-10] a will that was cleared is gone',
    [
      [opened('c'), { type: 'will-set', ...first('c'), will: will() }],
      [{ type: 'will-cleared', ...first('c') }],
      [{ type: 'will-cleared', ...first('c') }],
    ],
    async (store) => {
      assert.equal((await loadSession(store, 'c'))?.will, undefined);
    },
  ),

  ...stateCases(
    'names may be long, alike, and in any script',
    [
      NAMES.map((name) => opened(name)),
      NAMES.map((name) => subscribed(name, `${name}/#`)),
      NAMES.map((name, index) => enqueued(index + 1, name)),
    ],
    async (store) => {
      assert.equal(store.sizes().sessions, NAMES.length);
      for (const [index, name] of NAMES.entries()) {
        const session = await loadSession(store, name);
        assert.equal(session?.subscriptions[0]?.topicFilter, `${name}/#`);
        assert.deepEqual(await queueIds(store, name), [index + 1]);
      }
    },
  ),
];

/** A session with one of everything: two deliveries, of which the second is in flight. */
function furnished(clientId: string): SessionChange[] {
  return [
    opened(clientId),
    subscribed(clientId, 'a/+'),
    enqueued(1, clientId),
    enqueued(2, clientId),
    sent(clientId, 2, 17),
    { type: 'received', ...first(clientId), packetId: 9 },
    { type: 'will-set', ...first(clientId), will: will() },
  ];
}

function subscribed(clientId: string, topicFilter: string): SessionChange {
  return { type: 'subscribed', ...first(clientId), subscription: subscription(topicFilter) };
}

function received(packetId: number): SessionChange {
  return { type: 'received', ...first('c'), packetId };
}

async function assertEmptied(store: SessionStore): Promise<void> {
  assert.deepEqual(await queueIds(store, 'c'), []);
  const { messages, messageBytes, deliveries } = store.sizes();
  assert.deepEqual([messages, messageBytes, deliveries], [0, 0, 0]);
}
