import assert from 'node:assert/strict';
import type { QueuedDelivery } from '../records.ts';
import type { SessionChange } from '../session-change.ts';
import type { SessionStore } from '../session-store.ts';
import { loadSession, plainDelivery, comparableMessage, queueIds, readAll } from './read-store.ts';
import { delivery, enqueued, first, ids, message, opened, sent, settled } from './records.ts';
import { stateCases, storeCase, type StoreCase } from './store-case.ts';

const RICH = message(2 ** 40, {
  topicName: 'a/é/🚰',
  payload: Uint8Array.from({ length: 256 }, (_, byte) => byte),
  qos: 2,
  retain: true,
  properties: Uint8Array.of(1, 1, 0x26, 0, 1, 97, 0, 1, 98),
  expiresAt: 1_700_000_060_000,
  publisherId: undefined,
});
const RICH_DELIVERY = delivery('c', {
  qos: 2,
  retain: true,
  subscriptionIdentifiers: [5, 268_435_455],
  sharedFilter: '$share/g/a/#',
});
const LARGE = message(2001, {
  payload: new Uint8Array(3 * 1024 * 1024).fill(7).fill(8, 1_000_000),
});

/** Queues: order, paging, states, and the messages behind them. */
export const queueCases: readonly StoreCase[] = [
  ...stateCases(
    '[MQTT-4.6.0-5] waiting deliveries come in the order of arrival, in every session',
    [
      [opened('c'), opened('d')],
      [enqueued(1, 'c', 'd'), enqueued(2, 'd')],
      [enqueued(3, 'c', 'd')],
    ],
    async (store) => {
      assert.deepEqual(await queueIds(store, 'c'), [1, 3]);
      assert.deepEqual(await queueIds(store, 'd'), [1, 2, 3]);
    },
  ),

  ...stateCases(
    'a message that arrives late keeps its place behind younger ones',
    [
      [opened('c'), opened('d')],
      [enqueued(1, 'd'), enqueued(2, 'c'), enqueued(3, 'c')],
      [enqueued(1, 'c')],
      [enqueued(4, 'c'), settled('c', 2)],
    ],
    async (store) => {
      assert.deepEqual(await queueIds(store, 'c'), [3, 1, 4]);
      assert.equal(store.sizes().messages, 3);
    },
  ),

  ...stateCases(
    '[MQTT-4.6.0-1] in flight come first, in the order of sending, with their Packet Identifiers',
    [
      [opened('c'), enqueued(1, 'c'), enqueued(2, 'c'), enqueued(3, 'c'), enqueued(4, 'c')],
      [sent('c', 2, 65_535)],
      [sent('c', 1, 7), sent('c', 4, 1)],
    ],
    async (store) => {
      assert.deepEqual(await idsAndPacketIds(store), [
        [2, 65_535],
        [1, 7],
        [4, 1],
        [3, 0],
      ]);
    },
  ),

  ...stateCases(
    'one change sends, releases or settles several, in its order, whatever of them is not there',
    [
      [opened('c'), ...backlog(8)],
      [
        {
          type: 'sent',
          ...first('c'),
          messageIds: [4, 9, 2, 7, 6],
          packetIds: [14, 19, 12, 17, 16],
        },
      ],
      [{ type: 'released', ...first('c'), messageIds: [7, 3, 9, 2] }],
      [{ type: 'settled', ...first('c'), messageIds: [6, 9, 1, 7] }],
    ],
    async (store) => {
      assert.deepEqual(await idsAndPacketIds(store), [
        [4, 14],
        [2, 12],
        [3, 0],
        [5, 0],
        [8, 0],
      ]);
      const queue = await readAll(store, 'c');
      assert.deepEqual(
        queue.map((queued) => queued.released),
        [false, true, false, false, false],
      );
      assert.deepEqual([store.sizes().messages, store.sizes().deliveries], [4, 5]);
    },
  ),

  ...stateCases(
    'a delivery that is sent at once joins those in flight',
    [
      [opened('c'), enqueued(1, 'c'), sent('c', 1, 3), enqueued(2, 'c')],
      [{ type: 'enqueued', message: message(3), deliveries: [delivery('c', { packetId: 5 })] }],
    ],
    async (store) => {
      assert.deepEqual(await idsAndPacketIds(store), [
        [1, 3],
        [3, 5],
        [2, 0],
      ]);
    },
  ),

  ...stateCases(
    'a delivery and its message come back whole',
    [
      [opened('c'), opened('d')],
      [{ type: 'enqueued', message: RICH, deliveries: [RICH_DELIVERY, delivery('d')] }],
    ],
    async (store) => {
      const [queued] = await readAll(store, 'c');
      assert.ok(queued);
      assert.deepEqual(plainDelivery(queued), {
        message: comparableMessage(RICH),
        qos: 2,
        retain: true,
        subscriptionIdentifiers: [5, 268_435_455],
        sharedFilter: '$share/g/a/#',
        packetId: 0,
        released: false,
      });
      const [plain] = await readAll(store, 'd');
      assert.equal(plain?.subscriptionIdentifiers, undefined);
      assert.deepEqual([plain?.qos, plain?.retain, plain?.sharedFilter], [1, false, undefined]);
    },
  ),

  ...stateCases(
    'what a delivery says of itself goes with it in flight, past others that end',
    [
      [opened('c'), enqueued(1, 'c'), enqueued(2, 'c')],
      [{ type: 'enqueued', message: RICH, deliveries: [RICH_DELIVERY] }],
      [sent('c', 2, 2), sent('c', RICH.messageId, 4), settled('c', 1), settled('c', 2)],
    ],
    async (store) => {
      const [queued, ...others] = await readAll(store, 'c');
      assert.equal(others.length, 0);
      assert.deepEqual([queued?.packetId, queued?.qos, queued?.retain], [4, 2, true]);
      assert.deepEqual([...(queued?.subscriptionIdentifiers ?? [])], [5, 268_435_455]);
      assert.equal(queued?.sharedFilter, '$share/g/a/#');
    },
  ),

  ...stateCases(
    '[MQTT-4.3.3-6] a released delivery keeps its place and Packet Identifier, and loses its content',
    [
      [opened('c'), opened('d'), enqueued(1, 'c'), enqueued(2, 'c'), enqueued(3, 'c', 'd')],
      [sent('c', 1, 11), sent('c', 2, 12), sent('c', 3, 13)],
      [
        { type: 'released', ...first('c'), messageIds: [2] },
        { type: 'released', ...first('c'), messageIds: [3] },
      ],
    ],
    async (store) => {
      const queue = await readAll(store, 'c');
      assert.deepEqual(
        queue.map((queued) => [queued.packetId, queued.released]),
        [
          [11, false],
          [12, true],
          [13, true],
        ],
      );
      assert.deepEqual(
        queue.map((queued) => queued.message.messageId),
        [1, 2, 3],
      );
      assert.deepEqual(
        queue.map((queued) => queued.message.payload.length),
        [4, 0, 0],
      );
      const [atOther] = await readAll(store, 'd');
      assert.equal(atOther?.message.payload.length, 4);
      assert.deepEqual([store.sizes().messages, store.sizes().messageBytes], [2, 8]);
      assert.equal((await loadSession(store, 'c'))?.queuedBytes, 4);
    },
  ),

  ...stateCases(
    '[MQTT-4.4.0-2] a settled delivery is gone, wherever it stood, and no other',
    [
      [opened('c'), ...ids(1, 9).map((id) => enqueued(id, 'c'))],
      [sent('c', 1, 1), sent('c', 2, 2), sent('c', 3, 3)],
      [{ type: 'released', ...first('c'), messageIds: [3] }, settled('c', 2), settled('c', 6)],
      [settled('c', 9), settled('c', 4), settled('c', 3)],
    ],
    async (store) => {
      assert.deepEqual(await queueIds(store, 'c'), [1, 5, 7, 8]);
      assert.deepEqual([store.sizes().messages, store.sizes().deliveries], [4, 4]);
    },
  ),

  ...stateCases(
    'what concerns a delivery that is not there changes nothing',
    [
      [opened('c'), enqueued(1, 'c')],
      [settled('c', 7), sent('c', 8, 8), { type: 'released', ...first('c'), messageIds: [9] }],
      [{ type: 'released', ...first('c'), messageIds: [1] }],
    ],
    async (store) => {
      assert.deepEqual(await idsAndPacketIds(store), [[1, 0]]);
      assert.deepEqual([store.sizes().messages, store.sizes().deliveries], [1, 1]);
    },
  ),

  ...stateCases(
    'a session that has a message keeps the delivery that it has',
    [
      [opened('c'), enqueued(1, 'c'), enqueued(2, 'c'), sent('c', 1, 5)],
      [enqueued(1, 'c'), enqueued(2, 'c')],
      [{ type: 'enqueued', message: message(3), deliveries: [delivery('c'), delivery('c')] }],
    ],
    async (store) => {
      assert.deepEqual(await idsAndPacketIds(store), [
        [1, 5],
        [2, 0],
        [3, 0],
      ]);
      assert.deepEqual([store.sizes().messages, store.sizes().deliveries], [3, 3]);
    },
  ),

  ...stateCases(
    '[MQTT-4.5.0-1] a message for many is stored once, until the last of them has it',
    [
      [opened('c'), opened('d'), opened('e'), enqueued(1, 'c', 'd')],
      [enqueued(1, 'e')],
      [settled('c', 1), settled('e', 1)],
    ],
    async (store) => {
      assert.deepEqual(await queueIds(store, 'd'), [1]);
      const { messages, messageBytes, deliveries } = store.sizes();
      assert.deepEqual([messages, messageBytes, deliveries], [1, 4, 1]);
      await store.commit([settled('d', 1)]);
      assert.deepEqual([store.sizes().messages, store.sizes().messageBytes], [0, 0]);
    },
  ),

  ...stateCases(
    'a message for nobody leaves its number and nothing else',
    [[{ type: 'enqueued', message: message(12), deliveries: [] }]],
    async (store) => {
      assert.equal(store.sizes().messages, 0);
      assert.equal(await store.lastMessageId(), 12);
    },
  ),

  ...stateCases(
    'the largest messageId is remembered when its message is gone',
    [[opened('c'), enqueued(41, 'c'), enqueued(7, 'c')], [settled('c', 41)], [settled('c', 7)]],
    async (store) => {
      assert.equal(await store.lastMessageId(), 41);
    },
  ),

  ...stateCases(
    'a queue is read in pages of any size',
    [[opened('c')], backlog(100)],
    async (store) => {
      for (const pageSize of [1, 7, 100, 1000]) {
        const all = await readAll(store, 'c', pageSize);
        assert.deepEqual(
          all.map((queued) => queued.message.messageId),
          ids(1, 100),
        );
        assertGrowing(all);
      }
      assert.equal((await store.readQueue('c', 0, 7)).length, 7);
    },
  ),

  storeCase(
    'reading on behind the last gives what arrives later, though all else is gone',
    async (store) => {
      await store.commit([opened('c'), ...backlog(3)]);
      const after = (await store.readQueue('c', 0, 10)).at(-1)?.position ?? 0;
      assert.deepEqual(await store.readQueue('c', after, 10), []);
      await store.commit([sent('c', 3, 1), ...ids(1, 3).map((id) => settled('c', id))]);
      await store.commit([enqueued(4, 'c')]);
      const rest = await store.readQueue('c', after, 10);
      assert.deepEqual(
        rest.map((queued) => queued.message.messageId),
        [4],
      );
    },
  ),

  storeCase(
    'reading on gives what waits behind, whatever was sent and settled meanwhile',
    readingOn,
  ),

  ...stateCases(
    'a long backlog and a large message come back whole',
    [
      [opened('c')],
      backlog(2000),
      [{ type: 'enqueued', message: LARGE, deliveries: [delivery('c')] }],
    ],
    async (store) => {
      const all = await readAll(store, 'c', 500);
      assert.deepEqual(
        all.map((queued) => queued.message.messageId),
        ids(1, 2001),
      );
      const { payload } = all.at(-1)?.message ?? message(1);
      assert.equal(Buffer.compare(payload, LARGE.payload), 0);
    },
  ),
];

async function readingOn(store: SessionStore): Promise<void> {
  await store.commit([opened('c'), ...backlog(10)]);
  const page = await store.readQueue('c', 0, 4);
  assert.deepEqual(
    page.map((queued) => queued.message.messageId),
    [1, 2, 3, 4],
  );
  const after = page.at(-1)?.position ?? 0;
  await store.commit([
    sent('c', 1, 1),
    sent('c', 2, 2),
    sent('c', 4, 4),
    settled('c', 1),
    settled('c', 5),
  ]);
  await store.commit([enqueued(11, 'c')]);
  const rest = await store.readQueue('c', after, 100);
  assert.deepEqual(
    rest.map((queued) => queued.message.messageId),
    [6, 7, 8, 9, 10, 11],
  );
  const again = await readAll(store, 'c', 2);
  assert.deepEqual(
    again.map((queued) => queued.message.messageId),
    [2, 4, 3, 6, 7, 8, 9, 10, 11],
  );
  assertGrowing(again);
}

async function idsAndPacketIds(store: SessionStore): Promise<[number, number][]> {
  const queue = await readAll(store, 'c');
  return queue.map((queued) => [queued.message.messageId, queued.packetId]);
}

function assertGrowing(queue: readonly QueuedDelivery[]): void {
  let before = 0;
  for (const { position } of queue) {
    assert.ok(position > before, 'positions grow along the queue, from above 0');
    before = position;
  }
}

function backlog(length: number): SessionChange[] {
  return ids(1, length).map((id) => enqueued(id, 'c'));
}
