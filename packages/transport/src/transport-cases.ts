import assert from 'node:assert/strict';
import { Recorder } from './recorder.ts';
import type { PairMaker, TransportCase, TransportPair } from './transport-case.ts';

/** The contract of `Connection`, for any transport: run each case with a maker of pairs. */
export const transportCases: readonly TransportCase[] = [
  pairCase('bytes arrive in the order of writing, both ways', async ({ client, server }) => {
    const [atClient, atServer] = [Recorder.start(client), Recorder.start(server)];
    for (let first = 0; first < 100; first += 10) {
      client.write(pattern(10, first));
      server.write(pattern(10, first));
    }
    await Promise.all([atClient.received(100), atServer.received(100)]);
    assertSame(atClient.bytes(), pattern(100));
    assertSame(atServer.bytes(), pattern(100));
  }),

  pairCase('what came before start() arrives after it', async ({ client, server }) => {
    const atClient = Recorder.start(client);
    client.write(pattern(50));
    server.write(pattern(1));
    await atClient.received(1);
    const atServer = Recorder.start(server);
    await atServer.received(50);
    assertSame(atServer.bytes(), pattern(50));
  }),

  pairCase('a connection is started once', async ({ server }) => {
    Recorder.start(server);
    assert.throws(() => server.start(new Recorder()), TypeError);
  }),

  pairCase('writev() sends its pieces in order', async ({ client, server }) => {
    Recorder.start(server);
    const atClient = Recorder.start(client);
    server.writev([pattern(10), pattern(0), pattern(70_000, 10), pattern(1, 70_010)]);
    server.writev([]);
    server.writev([pattern(9, 70_011)]);
    await atClient.received(70_020);
    assertSame(atClient.bytes(), pattern(70_020));
  }),

  pairCase('an empty write does nothing', async ({ client, server }) => {
    Recorder.start(server);
    const atClient = Recorder.start(client);
    assert.equal(server.write(pattern(0)), true);
    server.write(pattern(1));
    await atClient.received(1);
    assert.equal(atClient.length, 1);
  }),

  pairCase('a megabyte arrives whole and leaves nothing pending', async ({ client, server }) => {
    const atServer = Recorder.start(server);
    const atClient = Recorder.start(client);
    if (!client.write(pattern(MEGABYTE))) await atClient.until(() => atClient.drains > 0);
    await atServer.received(MEGABYTE);
    assertSame(atServer.bytes(), pattern(MEGABYTE));
    assert.equal(client.pendingBytes, 0);
  }),

  pairCase('buffers may be reused when nothing is pending', async ({ client, server }) => {
    Recorder.start(server);
    const atClient = Recorder.start(client);
    const buffer = pattern(1000);
    for (let round = 1; round <= 20; round++) {
      server.write(buffer);
      if (server.pendingBytes > 0) await atClient.received(round * 1000); // then it has gone
      buffer.fill(0xff);
      buffer.set(pattern(1000, round * 1000));
    }
    await atClient.received(20_000);
    assertSame(atClient.bytes(), pattern(20_000));
  }),

  pairCase(
    'a reader that does not read makes write() answer false, and drain() comes once it reads',
    slowReader,
  ),
  pairCase('pause() holds data back, resume() lets all of it come', pausedReader),
  pairCase('pause() from inside data() holds back what follows', pausedInside),

  pairCase('close() sends what was written, then both ends hear of it once', async (pair) => {
    const { client, server } = pair;
    const [atClient, atServer] = [Recorder.start(client), Recorder.start(server)];
    server.write(pattern(MEGABYTE));
    server.close();
    server.close();
    await Promise.all([atClient.ended(), atServer.ended()]);
    assertSame(atClient.bytes(), pattern(MEGABYTE));
    assert.deepEqual([atClient.endings, atServer.endings], [[undefined], [undefined]]);
    assert.equal(atClient.late + atServer.late, 0);
  }),

  pairCase('after close() nothing is sent and nothing arrives', async ({ client, server }) => {
    const [atClient, atServer] = [Recorder.start(client), Recorder.start(server)];
    client.write(pattern(10));
    server.close();
    assert.equal(server.write(pattern(10)), true);
    server.writev([pattern(10)]);
    await Promise.all([atClient.ended(), atServer.ended()]);
    assert.equal(atClient.length, 0);
    assert.equal(atServer.length, 0);
  }),

  pairCase('destroy() reports its error, and the other end hears of it', async (pair) => {
    const { client, server } = pair;
    const [atClient, atServer] = [Recorder.start(client), Recorder.start(server)];
    const error = new Error('enough');
    server.destroy(error);
    server.destroy(new Error('again'));
    server.close();
    await Promise.all([atClient.ended(), atServer.ended()]);
    assert.deepEqual(atServer.endings, [error]);
    assert.equal(atClient.endings.length, 1);
    assert.equal(atClient.late + atServer.late, 0);
  }),

  pairCase('destroy() from inside data() is the end of it', async ({ client, server }) => {
    const [atClient, atServer] = [Recorder.start(client), Recorder.start(server)];
    atServer.onData = () => server.destroy();
    client.write(pattern(10));
    await Promise.all([atClient.ended(), atServer.ended()]);
    assert.deepEqual(atServer.endings, [undefined]);
    assert.equal(atServer.late, 0);
  }),

  pairCase('an end before start() is told after it', async ({ client, server }) => {
    const atClient = Recorder.start(client);
    server.destroy();
    await atClient.ended();
    const atServer = Recorder.start(server);
    await atServer.ended();
    assert.deepEqual(atServer.endings, [undefined]);
  }),

  pairCase('no method calls the receiver before it returns', async ({ client, server }) => {
    const atServer = new Recorder();
    const atClient = Recorder.start(client);
    atServer.guard(() => server.start(atServer));
    atServer.guard(() => server.write(pattern(MEGABYTE)));
    atServer.guard(() => server.pause());
    await atClient.received(MEGABYTE);
    client.write(pattern(10));
    atServer.guard(() => server.resume());
    await atServer.received(10);
    atServer.guard(() => server.close());
    atServer.guard(() => server.destroy());
    await Promise.all([atClient.ended(), atServer.ended()]);
    assert.equal(atServer.calledTooEarly, 0);
  }),

  pairCase('stable chunks stay as they were', async ({ client, server }) => {
    Recorder.start(client);
    const atServer = Recorder.start(server);
    const chunks: Uint8Array[] = [];
    atServer.onData = (chunk) => chunks.push(chunk);
    for (let round = 1; round <= 10; round++) {
      client.write(pattern(100, 100 * (round - 1)));
      await atServer.received(100 * round);
    }
    if (server.stableChunks) assertSame(Buffer.concat(chunks), pattern(1000));
  }),

  pairCase('remote says who is there', async ({ server }) => {
    const { remote } = server;
    assert.notEqual(remote.address, '');
    assert.equal(typeof remote.loopback, 'boolean');
    assert.equal(typeof remote.secure, 'boolean');
    assert.ok(remote.port === undefined || remote.port > 0);
  }),
];

function pairCase(name: string, check: (pair: TransportPair) => Promise<void>): TransportCase {
  return {
    name,
    async run(makePair: PairMaker): Promise<void> {
      await using pair = await makePair();
      await check(pair);
    },
  };
}

async function slowReader({ client, server }: TransportPair): Promise<void> {
  const [atClient, atServer] = [Recorder.start(client), Recorder.start(server)];
  client.pause();
  let length = 0;
  for (let below = true; below; length += 65_536) {
    assert.ok(length < 1024 * MEGABYTE, 'write() never answers false');
    below = server.write(pattern(65_536, length));
    // Let the wire take what it can: what it holds is no back-pressure.
    if (below) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(server.pendingBytes > 0);
  assert.equal(atServer.drains, 0);
  client.resume();
  await Promise.all([atServer.until(() => atServer.drains > 0), atClient.received(length)]);
  assert.equal(atServer.drains, 1);
  assertSame(atClient.bytes(), pattern(length));
}

async function pausedReader({ client, server }: TransportPair): Promise<void> {
  const [atClient, atServer] = [Recorder.start(client), Recorder.start(server)];
  server.pause();
  client.write(pattern(1000));
  server.write(pattern(1));
  await atClient.received(1); // a round trip later
  assert.equal(atServer.length, 0);
  server.resume();
  await atServer.received(1000);
  client.write(pattern(1000, 1000));
  await atServer.received(2000);
  assertSame(atServer.bytes(), pattern(2000));
}

async function pausedInside({ client, server }: TransportPair): Promise<void> {
  const [atClient, atServer] = [Recorder.start(client), Recorder.start(server)];
  let atPause = 0;
  const pauseOnce = (): void => {
    atServer.onData = () => {};
    server.pause();
    atPause = atServer.length;
  };
  atServer.onData = pauseOnce;
  client.write(pattern(MEGABYTE));
  await atServer.until(() => atPause > 0);
  server.write(pattern(1));
  await atClient.received(1);
  assert.equal(atServer.length, atPause);
  server.resume();
  await atServer.received(MEGABYTE);
  assertSame(atServer.bytes(), pattern(MEGABYTE));
}

/** Bytes that differ from place to place, so that a shift shows. */
function pattern(length: number, first = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    const place = first + index;
    bytes[index] = place ^ (place >>> 8) ^ (place >>> 16);
  }
  return bytes;
}

function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(actual.length, expected.length, 'another number of bytes arrived');
  assert.equal(Buffer.compare(actual, expected), 0, 'other bytes arrived, or in another order');
}

const MEGABYTE = 1024 * 1024;
