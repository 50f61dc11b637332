import { type SessionChange, StoreError } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { LaterStore } from './later-store.ts';
import { World } from './support.ts';

// One change that cannot be applied, whatever is tried, must not keep all others from being stored.

/** Says so of the end of one subscription. */
class PoisonedStore extends LaterStore {
  readonly #code: 'STORE_FAILED' | 'STORE_INVALID_CHANGE';
  refused = 0;
  isWell = false;

  constructor(code: 'STORE_FAILED' | 'STORE_INVALID_CHANGE') {
    super();
    this.#code = code;
  }

  override commit(changes: readonly SessionChange[]): Promise<void> | undefined {
    const change = changes.find((one) => one.type === 'unsubscribed');
    if (change === undefined || this.isWell) return super.commit(changes);
    this.refused++;
    return Promise.reject(new StoreError(this.#code, 'it cannot be applied', { change }));
  }
}

test.each(['STORE_FAILED', 'STORE_INVALID_CHANGE'] as const)(
  'a change that can never be applied is given up: its client is told, and what came with it is stored: %s',
  async (code) => {
    const faults: unknown[] = [];
    const store = new PoisonedStore(code);
    const observer = { fault: (error: unknown) => void faults.push(error) };
    await using world = await World.create({ store, observer });
    const poisoned = world.resume('poisoned', 1000);
    poisoned.subscribe('b');
    const other = world.resume('other', 1000);
    other.subscribe('a');
    const publisher = world.connect({ clientId: 'publisher' });
    publisher.publish('a', 'x', { qos: 1, packetId: 1 });
    await world.settleAsync();
    other.take();
    poisoned.take();
    poisoned.send({ type: 10, packetId: 9, topicFilters: ['b'] });
    other.puback(1);
    await world.settleAsync();
    world.advance(2_000);
    await world.settleAsync();
    expect(poisoned.outcome()).toBe('DISCONNECT 83 closed');
    expect(store.sizes()).toMatchObject({ deliveries: 0, sessions: 2 });
    expect(faults).toContainEqual(
      expect.objectContaining({ message: 'A change is given up: unsubscribed' }),
    );
    const { refused } = store;
    publisher.take();
    publisher.publish('a', 'y', { qos: 1, packetId: 2 });
    world.advance(5_000);
    await world.settleAsync();
    expect(store.refused).toBe(refused);
    expect(publisher.messages()).toEqual(['PUBACK #2']);
  },
);

test('a change that could not be applied for a while is stored in the end', async () => {
  const store = new PoisonedStore('STORE_FAILED');
  await using world = await World.create({ store });
  const client = world.resume('client', 1000);
  client.subscribe('b');
  await world.settleAsync();
  client.take();
  client.send({ type: 10, packetId: 9, topicFilters: ['b'] });
  await world.settleAsync();
  store.isWell = true;
  world.advance(1_000);
  await world.settleAsync();
  expect(client.messages()).toEqual(['UNSUBACK #9']);
});
