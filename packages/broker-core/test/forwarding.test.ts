// What one publisher sends in one piece, as receivers of every kind get it.
import { type Publish, encode } from '@wellhead/codec';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Client, World, inWorld, publishPacket } from './support.ts';

interface Receiver {
  readonly client: Client;
  /** Those of its subscriptions to everything, in the order in which they are told. */
  readonly identifiers: readonly number[] | undefined;
}

function receivers(world: World): Receiver[] {
  const connect = (
    clientId: string,
    topicAliasMaximum: number,
    identifiers?: readonly number[],
  ): Receiver => {
    const client = world.connect({ clientId, properties: { topicAliasMaximum } });
    if (identifiers === undefined) client.subscribe('#');
    const filters = ['#', '+/+'];
    for (const [at, id] of (identifiers ?? []).entries())
      client.subscribe(filters[at] ?? '', { id });
    return { client, identifiers };
  };
  const old = world.connect({ clientId: 'old', protocolVersion: 4 });
  old.subscribe('#');
  return [
    connect('plain', 0),
    connect('alias', 1),
    connect('aliases', 10),
    connect('more-aliases', 10),
    connect('seven', 0, [7]),
    connect('seven-too', 0, [7]),
    connect('eight', 0, [8]),
    connect('both', 0, [7, 200]),
    connect('all', 10, [300, 9]),
    { client: old, identifiers: undefined },
  ];
}

/** In one piece, so that they are of one chunk. */
function sendTogether(publisher: Client, packets: readonly Publish[]): void {
  const parts = packets.map((packet) => encode(packet, 5));
  publisher.connection.write(Uint8Array.from(Buffer.concat(parts)));
  publisher.world.settle();
}

/** Packets as they came, with the Topic Names that aliases stand for. */
function resolved(packets: readonly Publish[], names: Map<number, string>): unknown[] {
  return packets.map(({ topicName, payload, properties, qos }) => {
    const { topicAlias, ...rest } = properties ?? {};
    if (topicAlias !== undefined && topicName !== '') names.set(topicAlias, topicName);
    const name = topicName === '' ? names.get(topicAlias ?? 0) : topicName;
    return { name, payload: Buffer.from(payload).toString('latin1'), qos, ...rest };
  });
}

const sent = fc.record({
  topicName: fc.constantFrom('plant/7', 'plant/8', 'plant/longer'),
  payload: fc.constantFrom('', 'abc', 'x'.repeat(64), 'y'.repeat(129), 'z'.repeat(5_000)),
  qos: fc.constantFrom<0 | 1>(0, 0, 0, 1),
  properties: fc.constantFrom(
    undefined,
    { messageExpiryInterval: 60, contentType: 'text/plain' },
    { correlationData: new Uint8Array(120) },
  ),
  times: fc.integer({ min: 1, max: 4 }),
});

test('everybody gets all of it in order, with what is theirs', async () => {
  const chunk = fc.array(sent, { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { minLength: 1, maxLength: 3 }), async (chunks) => {
      await using world = await World.create();
      const all = receivers(world);
      const publisher = world.connect({ clientId: 'p' });
      const names = all.map(() => new Map<number, string>());
      let packetId = 0;
      for (const messages of chunks) {
        const packets = messages.flatMap(({ properties, qos, times, topicName, payload }) =>
          Array.from({ length: times }, (_, at) =>
            publishPacket(topicName, payload.replace(/^./, String(at)), {
              qos,
              ...(qos > 0 && { packetId: ++packetId }),
              ...(properties && { properties }),
            }),
          ),
        );
        sendTogether(publisher, packets);
        for (const [index, { client, identifiers }] of all.entries()) {
          const got = client.publishes();
          for (const { qos, packetId: id } of got) if (qos > 0 && id) client.puback(id);
          const expected = resolved(packets, new Map()).map((message) => ({
            ...Object(message),
            ...(identifiers && { subscriptionIdentifiers: identifiers }),
          }));
          const plain = resolved(packets, new Map()).map((message) => {
            const { name, payload, qos } = Object(message);
            return { name, payload, qos };
          });
          const wanted = client.version === 5 ? expected : plain;
          expect(resolved(got, names[index] ?? new Map())).toEqual(wanted);
        }
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

test(
  'more than the room that received bytes are kept in goes on whole',
  inWorld((world) => {
    const all = receivers(world);
    const publisher = world.connect({ clientId: 'p' });
    const packets = Array.from({ length: 6_000 }, (_, at) =>
      publishPacket('plant/7', `${String(at).padStart(4, '0')}${'x'.repeat(300)}`),
    );
    sendTogether(publisher, packets);
    world.advance(100);
    for (const { client } of all) {
      const text = client.publishes().map(({ payload }) => Buffer.from(payload).toString());
      const numbers = text.map((payload) => Number(payload.slice(0, 4)));
      expect(text.every((payload) => payload.endsWith('x'.repeat(300)))).toBe(true);
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(client.isClosed).toBe(false);
      expect(numbers.length).toBeGreaterThan(0);
      expect(numbers).toEqual([...numbers].toSorted((a, b) => a - b));
    }
  }),
);
