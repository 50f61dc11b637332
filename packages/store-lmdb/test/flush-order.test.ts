import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { outputOf, runChild } from './child.ts';
import { withDirectory } from './support.ts';

const hasStrace = spawnSync('strace', ['-V']).status === 0;

const PROGRAM = `
  const store = await openLmdbStore({ directory });
  const session = { clientId: 'c', epoch: 1 };
  const commit = async (changes) => { say('before'); await store.commit(changes); say('after'); };
  await commit([{ type: 'session-opened', ...session, sessionExpiryInterval: 60, protocolVersion: 5 }]);
  const message = { topicName: 't', payload: Buffer.alloc(9000), qos: 2, retain: false, publishedAt: 1, expiresAt: Infinity };
  const delivery = { ...session, qos: 2, retain: false, packetId: 0 };
  await commit([{ type: 'enqueued', message: { messageId: 1, ...message }, deliveries: [delivery] }]);
  await commit([{ type: 'sent', ...session, messageIds: [1], packetIds: [1] }]);
  await commit([{ type: 'released', ...session, messageIds: [1] }]);
  await commit([{ type: 'settled', ...session, messageIds: [1] }]);
  await commit([{ type: 'received', ...session, packetId: 1 }]);
  await commit([{ type: 'retained-set', message: { messageId: 2, ...message } }]);
  await commit([{ type: 'subscribed', ...session, subscription: { topicFilter: 'a', qos: 1, retainHandling: 0, subscriptionIdentifier: 0 } }]);
  await store[Symbol.asyncDispose]();`;

// fdatasync comes behind the pages; the meta page, through a descriptor that writes synchronously, behind that
test.skipIf(!hasStrace)(
  'a commit settles after its pages were flushed, and then the page that makes them count',
  async () => {
    await withDirectory(async (directory) => {
      const trace = join(directory, 'trace');
      const calls = 'trace=openat,pwrite64,pwritev,writev,fdatasync,fsync,msync,write';
      const under = ['strace', '-f', '-qq', '-y', '-s', '16', '-e', calls, '-o', trace];
      const output = await outputOf(runChild(PROGRAM, join(directory, 'data'), { under }));
      expect(output.filter((line) => line === 'after')).toHaveLength(8);
      const events = eventsOf(readFileSync(trace, 'utf8'));
      const commits = events.join(' ').split('before').slice(1);
      expect(commits).toHaveLength(8);
      for (const commit of commits) expect(commit).toMatch(/^( pages)+ flush meta after/);
    });
  },
);

/** What happens to the data file, and what the program says, in order. */
function eventsOf(trace: string): string[] {
  const events: string[] = [];
  const synchronous = new Set<string>();
  for (const line of trace.split('\n')) {
    const opened = /openat\(.*data\.lmdb", [A-Z_|]*O_D?SYNC.*= (\d+)</.exec(line);
    if (opened?.[1] !== undefined) synchronous.add(opened[1]);
    if (/write\(1<.*"before/.test(line)) events.push('before');
    else if (/write\(1<.*"after/.test(line)) events.push('after');
    else if (/fdatasync.*(= 0|resumed)/.test(line) && !/unfinished/.test(line))
      events.push('flush');
    const written = /p?writev?(?:64)?\((\d+)<.*data\.lmdb>/.exec(line);
    if (written?.[1] === undefined) continue;
    events.push(synchronous.has(written[1]) ? 'meta' : 'pages');
  }
  return events;
}
