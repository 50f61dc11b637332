import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Packet, PacketType } from '@wellhead/codec';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Connection } from '../src/connection.ts';
import { ServerProcess } from '../src/server-process.ts';

// What a power loss leaves is what was flushed: the system calls of a whole broker show that everything that
// acknowledges leaves behind the flush of what it stands for. strace sees them; without it this is not tested.

// made when a test runs: that this file is only read, to list its tests, leaves nothing behind
const folder = join(tmpdir(), `wellhead-flush-${randomUUID()}`);
beforeAll(() => mkdirSync(folder, { mode: 0o700 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const trace = join(folder, 'trace');
const calls = 'trace=openat,read,write,writev,pwrite64,pwritev,fdatasync';
const strace = ['strace', '-D', '-f', '-qq', '-yy', '-xx', '-s', '4', '-e', calls, '-o', trace];
const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;

/** One end of a connection that asks, and waits for what is said. */
class Peer {
  readonly #connection: Connection;
  readonly #received: Packet[] = [];
  #wake: () => void = () => {};

  constructor(port: number, clientId: string) {
    this.#connection = new Connection(port, 5, {
      received: (packet) => {
        this.#received.push(packet);
        this.#wake();
      },
      closed: () => {},
    });
    const properties = { sessionExpiryInterval: 3600 };
    this.#connection.send({
      type: PacketType.Connect,
      protocolVersion: 5,
      clientId,
      cleanStart: false,
      keepAlive: 0,
      properties,
    });
  }

  send(packet: Packet): void {
    this.#connection.send(packet);
  }

  async receive(type: Packet['type']): Promise<Packet> {
    for (;;) {
      const packet = this.#received.shift();
      if (packet?.type === type) return packet;
      if (packet !== undefined) throw new Error(`type ${packet.type} came, not ${type}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  end(): void {
    this.#connection.end();
  }
}

/** Everything that acknowledges, each alone. */
async function exchange(port: number): Promise<void> {
  let subscriber = new Peer(port, 'subscriber');
  await subscriber.receive(PacketType.Connack);
  const publisher = new Peer(port, 'publisher');
  await publisher.receive(PacketType.Connack);
  subscriber.end();
  subscriber = new Peer(port, 'subscriber');
  expect(await subscriber.receive(PacketType.Connack)).toMatchObject({ sessionPresent: true });

  const rest = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  const subscriptions = [{ topicFilter: 'a', qos: 2, ...rest }] as const;
  subscriber.send({ type: PacketType.Subscribe, packetId: 1, subscriptions });
  await subscriber.receive(PacketType.Suback);

  publisher.send(publish('a', 1, 1));
  await publisher.receive(PacketType.Puback);
  await subscriber.receive(PacketType.Publish);
  subscriber.send({ type: PacketType.Puback, packetId: 1, reasonCode: 0 });

  await retain(publisher, 'one'); // whose commit is behind that of the acknowledgement
  await retain(publisher, 'another');
  await retain(publisher, '');

  publisher.send(publish('a', 2, 5));
  await publisher.receive(PacketType.Pubrec);
  const sent = await subscriber.receive(PacketType.Publish);
  const packetId = 'packetId' in sent ? (sent.packetId ?? 0) : 0;
  subscriber.send({ type: PacketType.Pubrec, packetId, reasonCode: 0 });
  await subscriber.receive(PacketType.Pubrel);
  publisher.send({ type: PacketType.Pubrel, packetId: 5, reasonCode: 0 });
  await publisher.receive(PacketType.Pubcomp);

  subscriber.send({ type: PacketType.Unsubscribe, packetId: 2, topicFilters: ['a'] });
  await subscriber.receive(PacketType.Unsuback);
  subscriber.end();
  publisher.end();
}

async function retain(publisher: Peer, payload: string): Promise<void> {
  publisher.send({
    ...publish('r', 1, 9),
    retain: true,
    payload: new TextEncoder().encode(payload),
  });
  await publisher.receive(PacketType.Puback);
}

function publish(topicName: string, qos: 1 | 2, packetId: number): Packet & { type: 3 } {
  const payload = new Uint8Array(3000);
  return { type: PacketType.Publish, topicName, payload, qos, dup: false, retain: false, packetId };
}

interface Answer {
  readonly name: string;
  /** What the data file saw between the last request and this, in order. */
  readonly before: string;
}

/** The answers of the broker in the order of its system calls. */
function answersOf(lines: readonly string[]): Answer[] {
  const answers: Answer[] = [];
  const synchronous = new Set<string>();
  const pending = new Map<string, string>();
  let events: string[] = [];
  for (const encoded of lines) {
    const line = withReadablePaths(encoded);
    const thread = /^\d+/.exec(line)?.[0] ?? '';
    const resumed = /<\.\.\. (\w+) resumed>/.exec(line) !== null;
    const call = resumed ? (pending.get(thread) ?? '') : line;
    if (line.includes('<unfinished')) pending.set(thread, line);
    const isOver = !line.includes('<unfinished');
    const [, opened] = /O_D?SYNC.*= (\d+)<[^>]*data\.lmdb>/.exec(line) ?? [];
    if (opened !== undefined) synchronous.add(opened);
    if (/fdatasync\(\d+<.*data\.lmdb>/.test(call)) {
      events.push(isOver ? 'flushed' : 'flushing');
    }
    const [, fd = '', what = ''] = /(?:p?write(?:v|64)?|read)\((\d+)<([^>]*)/.exec(call) ?? [];
    if (what.endsWith('data.lmdb') && isOver) {
      events.push(synchronous.has(fd) ? 'counted' : 'written');
    }
    if (!what.startsWith('TCP')) continue;
    if (/ read\(/.test(call) && isOver && /= [1-9]/.test(line)) events = [];
    const first = / writev?\(\d+<.*?"\\x([0-9a-f])/.exec(call)?.[1];
    if (first === undefined || resumed) continue;
    const name = NAMES[Number.parseInt(first, 16)] ?? first;
    answers.push({ name, before: events.join(' ') });
  }
  return answers;
}

/** strace writes everything in hexadecimal or nothing. */
function withReadablePaths(line: string): string {
  return line.replaceAll(/<((?:\\x[0-9a-f]{2})+)>/g, (_, bytes: string) => {
    return `<${Buffer.from(bytes.replaceAll('\\x', ''), 'hex').toString()}>`;
  });
}

const NAMES = Object.fromEntries(
  Object.entries(PacketType).map(([name, type]) => [type, name]),
) as Record<number, string>; // the entries of a table of numbers, turned round

describe.skipIf(!canTrace)('the flush precedes the acknowledgement on the wire', () => {
  let answers: Answer[] = [];
  beforeAll(async () => {
    const server = new ServerProcess({ directory: join(folder, 'data'), under: strace });
    const port = await server.ready;
    if (port === undefined) throw new Error(server.log.join('\n'));
    await exchange(port);
    await server.stop();
    answers = answersOf(readFileSync(trace, 'utf8').split('\n'));
  });

  test.each<[string, string, number]>([
    ['[MQTT-3.2.2-3] CONNACK, of a new session and with Session Present', 'Connack', 3],
    ['[MQTT-3.8.4-1] SUBACK', 'Suback', 1],
    [
      '[MQTT-4.3.2-4] PUBACK, also of a retained message that is set, replaced and cleared',
      'Puback',
      4,
    ],
    ['[MQTT-4.3.3-8] PUBREC', 'Pubrec', 1],
    ['[MQTT-4.3.3-4] PUBREL', 'Pubrel', 1],
    ['[MQTT-4.3.3-11] PUBCOMP', 'Pubcomp', 1],
    ['[MQTT-3.10.4-4] UNSUBACK', 'Unsuback', 1],
    ['PUBLISH of a stored session: its Packet Identifier is on the disk before', 'Publish', 2],
  ])('%s', (_what, name, count) => {
    const all = answers.filter((answer) => answer.name === name);
    expect(all).toHaveLength(count);
    // pages, fdatasync from its begin to its end, and the page of LMDB that makes them count
    for (const { before } of all) expect(before).toMatch(/written (flushing )?flushed counted$/);
  });
});
