import type { QueuedDelivery } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { KeptStore } from './later-store.ts';
import { World } from './support.ts';

/** Tells how many messages were in the pages that were read. */
class PagedStore extends KeptStore {
  readonly pages: number[] = [];

  override readQueue(clientId: string, after: number, limit: number): readonly QueuedDelivery[] {
    const page = super.readQueue(clientId, after, limit);
    this.pages.push(page.length);
    return page;
  }
}

test.each([
  ['small', 2_000, 10, 1_024],
  ['of a kilobyte', 400, 1_024, 256],
  ['large', 100, 50_000, 5],
  ['larger than a page', 10, 400_000, 1],
])(
  'messages that are %s are read in pages that fit, and come in order',
  async (_name, count, size, largest) => {
    const store = new PagedStore();
    await using world = await World.create({ store });
    const away = world.resume('away');
    away.subscribe('a', { qos: 1 });
    away.vanish();
    const publisher = world.connect({ clientId: 'p' });
    for (let i = 1; i <= count; i++) {
      publisher.publish('a', `${i}`.padEnd(size), { qos: 1, packetId: i });
      world.settle();
    }
    const back = world.resume('away');
    const numbers: number[] = [];
    while (world.settle() || back.inbox.length > 0) {
      for (const { packetId, payload } of back.publishes()) {
        numbers.push(Number(new TextDecoder().decode(payload)));
        back.send({ type: 4, packetId: packetId ?? 0, reasonCode: 0 });
      }
    }
    expect(numbers).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    expect(Math.max(...store.pages)).toBe(largest);
  },
);

test.each([4, 5] as const)(
  'what was queued comes as it was published, by either version, to MQTT version %i, and again as a repeat',
  async (protocolVersion) => {
    await using world = await World.create({ store: new KeptStore() });
    const fields = { protocolVersion, ...(protocolVersion === 4 && { properties: undefined }) };
    const away = world.connect({ clientId: 'away', cleanStart: false, ...STAYS, ...fields });
    away.subscribe('#', { qos: 2, retainAsPublished: protocolVersion === 5 });
    away.vanish();
    const expected: string[] = [];
    for (let round = 0; round < 60; round++) {
      for (const version of [4, 5] as const) {
        const publisher = world.connect({ clientId: `p${version}`, protocolVersion: version });
        for (const [kind, topicName] of ['a', 'b/é', 'c/'.repeat(60)].entries()) {
          const payload = `${version} ${round} ${kind}`.padEnd(10 + 7 * kind);
          const qos = kind === 1 ? 2 : 1;
          const properties = version === 5 &&
            round % 3 === 0 && { properties: { contentType: 't' } };
          const retain = round % 5 === 0;
          publisher.publish(topicName, payload, { qos, retain, packetId: kind + 1, ...properties });
          if (qos === 2) publisher.pubrel(kind + 1);
          expected.push(`${topicName}=${payload} ${qos} ${retain && protocolVersion === 5}`);
        }
        publisher.disconnect();
      }
    }
    for (const dup of [false, true]) {
      const back = world.connect({ clientId: 'away', cleanStart: false, ...STAYS, ...fields });
      world.settle();
      const got = back.publishes();
      expect(
        got.map(
          ({ topicName, payload, qos, retain }) =>
            `${topicName}=${new TextDecoder().decode(payload)} ${qos} ${retain}`,
        ),
      ).toEqual(expected);
      expect(got.every((publish) => publish.dup === dup)).toBe(true);
      expect(new Set(got.map(({ packetId }) => packetId)).size).toBe(got.length);
      back.vanish();
    }
  },
);

const STAYS = { properties: { sessionExpiryInterval: 100 } } as const;
