import { expect, test } from 'vitest';
import { checkStore, openLmdbStore } from '@wellhead/store-lmdb';
import { outputOf, runChild } from './child.ts';
import { withDirectory } from './support.ts';

// Fills the store until it refuses, takes everything out of it, and does so again; says what became of it.
const PROGRAM = `
  const store = await openLmdbStore({ directory });
  const delivery = { qos: 1, retain: false, packetId: 0 };
  const rest = { topicName: 't', qos: 1, retain: false, publishedAt: 1, expiresAt: Infinity };
  const size = Number(process.env.SIZE);
  const atOnce = Math.ceil(10_000 / size);
  const pause = () => new Promise((resolve) => setTimeout(resolve, 300));
  let last = 0;

  // until it is refused thrice; what grows is refused for a moment
  async function fill(session) {
    for (let refusals = 0; refusals < 3; ) {
      const payload = Buffer.alloc(size, 'x');
      const messages = Array.from({ length: atOnce }, (_, index) => (
        { messageId: last + 1 + index, payload, ...rest }));
      try {
        await store.commit(messages.map((message) => (
          { type: 'enqueued', message, deliveries: [{ ...session, ...delivery }] })));
        last += atOnce;
        refusals = 0;
      } catch (error) {
        if (error.code !== 'STORE_FULL') throw error;
        refusals++;
        await pause();
      }
    }
  }

  // what is free again may be used a moment later
  async function open(session) {
    for (;;) {
      try {
        return await store.commit([
          { type: 'session-opened', ...session, sessionExpiryInterval: 60, protocolVersion: 5 }]);
      } catch (error) {
        if (error.code !== 'STORE_FULL') throw error;
        await pause();
      }
    }
  }

  for (let round = 1; round <= 3; round++) {
    const session = { clientId: 'c' + round, epoch: 1 };
    await open(session);
    const first = last + 1;
    await fill(session);
    const { deliveries } = store.sizes();
    say([deliveries === last - first + 1, deliveries > 50].join());
    if (process.env.HOW === 'settle') {
      for (let from = first; from <= last; from += atOnce) {
        await store.commit(Array.from({ length: atOnce }, (_, index) => (
          { type: 'settled', ...session, messageIds: [from + index] })));
      }
    }
    await store.commit([{ type: 'session-removed', ...session }]);
    while (store.sizes().messages > 0) await pause();
    say(store.sizes().deliveries);
  }
  await store[Symbol.asyncDispose]();
  say('closed');`;

test.skipIf(process.platform === 'win32').each([
  ['settle', 1_500],
  ['settle', 40_000],
  ['remove', 100],
])(
  'a file that may not grow is a full store, and what frees room (%s, messages of %i bytes) goes on: nothing is lost',
  { timeout: 120_000 },
  async (how, size) =>
    withDirectory(async (directory) => {
      const environment = ['env', `SIZE=${size}`, `HOW=${how}`];
      const under = [...environment, 'bash', '-c', 'ulimit -f 6000; exec "$@"', '-'];
      const said = await outputOf(runChild(PROGRAM, directory, { under }));
      const round = ['true,true', '0'];
      expect(said).toEqual([...round, ...round, ...round, 'closed']);
      expect(await checkStore(directory)).toEqual([]);
      await using store = await openLmdbStore({ directory });
      expect(store.sizes()).toMatchObject({ sessions: 0, deliveries: 0, messages: 0 });
    }),
);
