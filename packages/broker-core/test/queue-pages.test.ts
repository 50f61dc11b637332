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
  ['large', 100, 50_000, 32],
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
