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

test('what lies together in a full block is copied together, whatever else is said in between', () => {
  const block = Uint8Array.from({ length: 1000 }, (_, at) => at & 0x7f);
  const outbox = new Outbox(new SlabPool());
  const expected: number[] = [];
  const send = (from: number, packetId: number, isFull = true): void => {
    outbox.appendKept(block, from, from + 10, from + 4, packetId, 0x32, isFull);
    const packet = [...block.subarray(from, from + 10)];
    packet[0] = 0x32;
    packet[4] = 0;
    packet[5] = packetId;
    expected.push(...packet);
  };
  send(0, 1);
  send(10, 2);
  send(20, 3);
  outbox.append(new Uint8Array(10).fill(99));
  expected.push(...Array.from({ length: 10 }, () => 99));
  send(30, 4);
  send(50, 5);
  send(60, 6);
  expect([...joined(outbox)]).toEqual(expected);
});

test('of a block that is still being filled, nothing is taken before it is there', () => {
  const block = new Uint8Array(1000);
  const outbox = new Outbox(new SlabPool());
  for (let at = 0; at < 30; at += 10) {
    block.fill(at + 1, at, at + 10);
    outbox.appendKept(block, at, at + 10, at + 4, 0x0101, at + 1, false);
  }
  const sent = joined(outbox);
  expect([sent[9], sent[19], sent[29]]).toEqual([1, 11, 21]);
});

test('a slab that grows or has left takes what was copied ahead with it', () => {
  const block = new Uint8Array(8192).fill(7);
  const outbox = new Outbox(new SlabPool());
  let length = 0;
  for (let at = 0; at + 90 <= block.length; at += 90, length += 90) {
    outbox.appendKept(block, at, at + 90, at + 4, 0x0707, 7, true);
    if (at !== 1800) continue;
    expect(joined(outbox).every((byte) => byte === 7)).toBe(true);
    outbox.abandon();
    length = -90;
  }
  const sent = joined(outbox);
  expect(sent).toHaveLength(length);
  expect(sent.every((byte) => byte === 7)).toBe(true);
});

function joined(outbox: Outbox): Uint8Array {
  return Uint8Array.from(outbox.take().flatMap((chunk) => [...chunk]));
}
