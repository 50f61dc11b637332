import type { SessionChange, SessionStore } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { Database } from '../src/database.ts';
import { Kind, keyRange } from '../src/keys.ts';
import { openCounting, withDirectory } from './support.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `c${i}`);
/** Rows that one transaction may write, beside its own few. */
const MOST = 1_010;

const opened = (clientId: string, epoch = 1): SessionChange => ({
  type: 'session-opened',
  clientId,
  epoch,
  sessionExpiryInterval: 60,
  protocolVersion: 5,
});
const removed = (clientId: string, epoch = 1): SessionChange => ({
  type: 'session-removed',
  clientId,
  epoch,
});
const subscribed = (clientId: string, topicFilter: string): SessionChange => ({
  type: 'subscribed',
  clientId,
  epoch: 1,
  subscription: {
    topicFilter,
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    subscriptionIdentifier: 0,
  },
});

async function subscribe(store: SessionStore, clientId: string, count: number): Promise<void> {
  await store.commit([opened(clientId)]);
  for (let from = 0; from < count; from += 500) {
    await store.commit(
      Array.from({ length: Math.min(500, count - from) }, (_, i) =>
        subscribed(clientId, `t/${from + i}`),
      ),
    );
  }
}

/** How many subscriptions have rows. */
async function rows(directory: string): Promise<number> {
  const database = new Database({ path: `${directory}/data.lmdb`, waitsForDisk: false });
  const { start, end } = keyRange(Kind.subscription);
  const count = [...database.range(start, end)].length;
  await database.close();
  return count;
}

test.each<[string, number, number]>([
  ['one session with very many subscriptions', 1, 3_500],
  ['many sessions with some', 35, 100],
])('the subscriptions of %s are removed in several transactions', async (_name, sessions, each) =>
  withDirectory(async (directory) => {
    const counts: number[] = [];
    const clients = names(sessions);
    {
      await using store = openCounting(directory, counts);
      for (const name of clients) await subscribe(store, name, each);
      await store.commit([opened('other')]);
      counts.length = 0;
      await store.commit(clients.map((name) => removed(name)));
      // a session of the same name has none of them
      await store.commit(clients.map((name) => opened(name)));
      for await (const session of store.load()) expect(session.subscriptions).toEqual([]);
      expect(store.sizes().sessions).toBe(sessions + 1);
    }
    // whoever opens it next goes on with what is left
    {
      await using store = openCounting(directory, counts);
      for (let i = 0; i < 5; i++) await store.commit([opened('other', i + 2)]);
      for await (const session of store.load()) expect(session.subscriptions).toEqual([]);
    }
    expect(await rows(directory)).toBe(0);
    expect(Math.max(...counts)).toBeLessThanOrEqual(MOST + sessions * 4);
    expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThan(3_500);
  }),
);

test('commits that wait for a transaction share the next ones, each of so much work', async () =>
  withDirectory(async (directory) => {
    const counts: number[] = [];
    await using store = openCounting(directory, counts);
    await store.commit([opened('c')]);
    counts.length = 0;
    const commits = Array.from({ length: 100 }, async (_, i) =>
      store.commit(names(100).map((name) => subscribed('c', `${name}/${i}`))),
    );
    await Promise.all(commits);
    expect(counts.length).toBeLessThan(50);
    expect(Math.max(...counts)).toBeLessThanOrEqual(MOST);
    for await (const { subscriptions } of store.load()) expect(subscriptions).toHaveLength(10_000);
  }));

test('what comes for very many counts as much as what comes for one each', async () =>
  withDirectory(async (directory) => {
    const counts: number[] = [];
    await using store = openCounting(directory, counts);
    const clients = names(1_500);
    await store.commit(clients.map((name) => opened(name)));
    counts.length = 0;
    const enqueued = (messageId: number): SessionChange => ({
      type: 'enqueued',
      message: {
        messageId,
        topicName: 't',
        payload: new Uint8Array(8),
        qos: 1,
        retain: false,
        properties: undefined,
        expiresAt: Infinity,
        publisherId: 'p',
        publishedAt: 0,
      },
      deliveries: clients.map((clientId) => ({
        clientId,
        epoch: 1,
        qos: 1,
        retain: false,
        subscriptionIdentifiers: undefined,
        sharedFilter: undefined,
        packetId: 0,
      })),
    });
    await Promise.all(Array.from({ length: 12 }, async (_, i) => store.commit([enqueued(i + 1)])));
    // the first alone, the others in twos
    expect(counts).toHaveLength(7);
    expect(store.sizes().deliveries).toBe(12 * 1_500);
  }));
