import type { Connection } from '@wellhead/transport';
import { expect, test } from 'vitest';
import { Log } from './log.ts';
import { pairMakers } from './pairs.ts';

// Who reads slowly takes bytes in the middle of a write that is not done for a long time.

const LONG = 32 * 1024 * 1024;

// a WebSocket client reads its message to the end, however paused
test.each(pairMakers.filter(([name]) => /^(tcp|tls|unix),/.test(name)))(
  'what a slow reader takes of one long write shows before the write is done: %s',
  async (_name, makePair) => {
    await using pair = await makePair();
    const { client, server } = pair;
    const log = new Log(client);
    void new Log(server);
    client.pause();
    server.write(new Uint8Array(LONG));
    let untaken = await atRest(server);
    expect(untaken).toBeGreaterThan(0);
    const pending = server.pendingBytes;
    let progress = 0;
    while (server.pendingBytes === pending && progress < 3) {
      client.resume();
      const before = log.chunks.length;
      while (log.chunks.length === before) await turn();
      client.pause();
      const now = await atRest(server);
      expect(now).toBeLessThanOrEqual(untaken);
      if (now < untaken && server.pendingBytes === pending) progress++;
      untaken = now;
    }
    expect(progress).toBeGreaterThan(0);
  },
);

/** When the kernel takes nothing more. */
async function atRest(connection: Connection): Promise<number> {
  let before = -1;
  for (let same = 0; same < 5;) {
    await turn();
    const now = connection.untakenBytes ?? -1;
    same = now === before ? same + 1 : 0;
    before = now;
  }
  return before;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
