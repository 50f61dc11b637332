import { expect, test } from 'vitest';
import type { Connection, ConnectionReceiver } from '@wellhead/transport';
import { type PairMaker, transportCases } from '@wellhead/transport/kit';
import { memoryPair } from '@wellhead/transport/memory';

/** A fault in how one end takes writes, or in what it tells its receiver. */
interface Fault {
  readonly connection?: (right: Connection) => Partial<Connection>;
  readonly receiver?: (right: ConnectionReceiver) => Partial<ConnectionReceiver>;
}

test.each<[string, string, Fault]>([
  [
    'sends the first piece alone',
    'writev() sends its pieces in order',
    { connection: (right) => ({ writev: (chunks) => right.writev(chunks.slice(0, 1)) }) },
  ],
  [
    'sends pieces in the reverse order',
    'writev() sends its pieces in order',
    { connection: (right) => ({ writev: (chunks) => right.writev(chunks.toReversed()) }) },
  ],
  [
    'flips a bit',
    'a megabyte arrives whole and leaves nothing pending',
    {
      receiver: (right) => ({
        data: (chunk) => right.data(chunk.map((byte, at) => (at === 999 ? byte ^ 1 : byte))),
      }),
    },
  ],
  [
    'never answers false',
    'a reader that does not read makes write() answer false, and drain() comes once it reads',
    { connection: (right) => ({ write: (bytes) => right.write(bytes) || true }) },
  ],
  [
    'drains over and over',
    'a reader that does not read makes write() answer false, and drain() comes once it reads',
    { receiver: (right) => ({ drain: () => (right.drain(), right.drain()) }) },
  ],
  [
    'does not pause',
    'pause() holds data back, resume() lets all of it come',
    { connection: () => ({ pause: () => {} }) },
  ],
  [
    'ends twice',
    'close() sends what was written, then both ends hear of it once',
    { receiver: (right) => ({ closed: (error) => (right.closed(error), right.closed(error)) }) },
  ],
  [
    'forgets the error',
    'destroy() reports its error, and the other end hears of it',
    { receiver: (right) => ({ closed: () => right.closed(undefined) }) },
  ],
  [
    'cuts off what is pending',
    'close() sends what was written, then both ends hear of it once',
    { connection: (right) => ({ close: () => right.destroy() }) },
  ],
  [
    'throws when it is written to after the end',
    'after close() nothing is sent and nothing arrives',
    { connection: (right) => throwAfterClose(right) },
  ],
  [
    'starts any number of times',
    'a connection is started once',
    { connection: (right) => startAgain(right) },
  ],
  [
    'calls before it returns',
    'no method calls the receiver before it returns',
    { connection: (right) => callAtOnce(right) },
  ],
])('the kit finds out a transport that %s: %s', async (_name, caseName, fault) => {
  expect(await failedCases(fault)).toContain(caseName);
});

test('the kit finds nothing where there is no fault', async () => {
  expect(await failedCases({})).toEqual([]);
});

async function failedCases(fault: Fault): Promise<string[]> {
  const makePair: PairMaker = async () => {
    const [client, server] = memoryPair({ stableChunks: true });
    const dispose = async (): Promise<void> => client.sever();
    return {
      client: faulty(client, fault),
      server: faulty(server, fault),
      [Symbol.asyncDispose]: dispose,
    };
  };
  const outcomes = await Promise.all(transportCases.map(({ run }) => outcome(run(makePair))));
  return transportCases.filter((_case, i) => outcomes[i] === 'failed').map(({ name }) => name);
}

/** A case that a fault keeps from settling has failed when nothing moves any more. */
function outcome(run: Promise<void>): Promise<'passed' | 'failed'> {
  const settled = run.then(
    () => 'passed' as const,
    () => 'failed' as const,
  );
  return Promise.race([settled, quiet()]);
}

async function quiet(): Promise<'failed'> {
  for (let turn = 0; turn < 3000; turn++) await new Promise((resolve) => setImmediate(resolve));
  return 'failed';
}

function faulty(right: Connection, fault: Fault): Connection {
  const wrong = fault.connection?.(right) ?? {};
  return new Proxy(right, {
    get(_target, name) {
      if (name in wrong) return Reflect.get(wrong, name);
      if (name === 'start')
        return (receiver: ConnectionReceiver) => right.start(misled(receiver, fault));
      const value: unknown = Reflect.get(right, name);
      return typeof value === 'function' ? value.bind(right) : value;
    },
  });
}

function misled(right: ConnectionReceiver, fault: Fault): ConnectionReceiver {
  return {
    data: (chunk) => right.data(chunk),
    drain: () => right.drain(),
    closed: (error) => right.closed(error),
    ...fault.receiver?.(right),
  };
}

function throwAfterClose(right: Connection): Partial<Connection> {
  let closed = false;
  return {
    close: () => {
      closed = true;
      right.close();
    },
    write: (bytes) => {
      if (closed) throw new Error('write after end');
      return right.write(bytes);
    },
  };
}

function startAgain(right: Connection): Partial<Connection> {
  let started = false;
  return {
    start: (receiver) => {
      if (!started) right.start(receiver);
      started = true;
    },
  };
}

function callAtOnce(right: Connection): Partial<Connection> {
  return {
    start: (receiver) => {
      right.start(receiver);
      receiver.data(new Uint8Array(0));
    },
  };
}
