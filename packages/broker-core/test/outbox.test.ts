import { expect, test } from 'vitest';
import { Outbox } from '../src/outbox.ts';
import { SlabPool } from '../src/slab-pool.ts';

const bytes = (value: number): Uint8Array => new Uint8Array(100).fill(value);

test('output that is held keeps its slab until it has left; then the slab serves the next', () => {
  const pool = new SlabPool();
  const outbox = new Outbox(pool);
  outbox.append(bytes(1));
  const held = outbox.take();
  const slab = outbox.abandon();
  outbox.append(bytes(2));
  expect(outbox.slab).not.toBe(slab);
  expect(outbox.take()).toEqual([bytes(2)]);
  expect(held).toEqual([bytes(1)]);
  if (slab !== undefined) pool.release(slab);
  outbox.recycle();
  const next = [new Outbox(pool), new Outbox(pool)];
  for (const other of next) other.append(bytes(3));
  expect(next.map((other) => other.slab)).toContain(slab);
});

test('an outbox that has said nothing holds no slab', () => {
  expect(new Outbox(new SlabPool()).abandon()).toBeUndefined();
});
