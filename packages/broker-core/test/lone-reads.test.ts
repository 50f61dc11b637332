import { encode } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { LoneReads } from '../src/driver/lone-reads.ts';
import { type Client, World, publishPacket } from './support.ts';

/** A turn that waits, and reads so many chunks. */
function waitingTurn(reads: LoneReads, count: number): void {
  for (let i = 0; i < count; i++) expect(reads.mayEndTurn(10)).toBe(false);
  reads.turnEnded();
}

/** How many reads may end their turn before one must wait. */
function trusted(reads: LoneReads): number {
  let count = 0;
  while (reads.mayEndTurn(10)) count++;
  return count;
}

test('a read ends its turn after three that had nothing to wait for', () => {
  const reads = new LoneReads();
  waitingTurn(reads, 1);
  waitingTurn(reads, 1);
  waitingTurn(reads, 1);
  expect(trusted(reads)).toBe(16);
});

test('now and then a turn waits, and when that was good, so do those that follow', () => {
  const reads = new LoneReads();
  for (let i = 0; i < 3; i++) waitingTurn(reads, 1);
  expect(trusted(reads)).toBe(16); // and one that must wait
  reads.turnEnded();
  expect(trusted(reads)).toBe(16);
  expect(reads.mayEndTurn(10)).toBe(false); // another in that turn
  reads.turnEnded();
  expect(trusted(reads)).toBe(0);
  reads.turnEnded();
  waitingTurn(reads, 1);
  waitingTurn(reads, 1);
  expect(trusted(reads)).toBe(16);
});

test('turns without a read say nothing', () => {
  const reads = new LoneReads();
  for (let i = 0; i < 5; i++) reads.turnEnded();
  expect(trusted(reads)).toBe(0);
});

test('a long chunk never ends a turn: there may be more of it', () => {
  const reads = new LoneReads();
  for (let i = 0; i < 3; i++) waitingTurn(reads, 1);
  expect(reads.mayEndTurn(4_097)).toBe(false);
  expect(reads.mayEndTurn(4_096)).toBe(true);
});

/** Bytes that leave when a message comes alone, before the end of a turn that was asked for. */
function leavesWithRead(world: World, publisher: Client, qos: 0 | 1): boolean {
  const before = world.broker.counters.bytesSent;
  const packet = publishPacket('a', 'x', qos === 0 ? {} : { qos, packetId: 1 });
  publisher.connection.write(encode(packet, 5));
  world.network.pump();
  return world.broker.counters.bytesSent > before;
}

/** Reads that come one by one, until the broker has seen that they do. */
function comeOneByOne(world: World, publisher: Client): void {
  for (let i = 0; i < 40 && !leavesWithRead(world, publisher, 0); i++) world.settle();
}

test('messages that come one by one leave with the read that brought them', async () => {
  await using world = await World.create();
  const subscriber = world.connect({ clientId: 'subscriber' });
  subscriber.subscribe('a');
  const publisher = world.connect({ clientId: 'publisher' });
  comeOneByOne(world, publisher);
  expect(leavesWithRead(world, publisher, 0)).toBe(true);
  expect(leavesWithRead(world, publisher, 1)).toBe(true);
});

test('what is to be committed waits for the commit of all that is ready', async () => {
  await using world = await World.create();
  const durable = world.connect({
    clientId: 'durable',
    cleanStart: false,
    properties: { sessionExpiryInterval: 1000 },
  });
  durable.subscribe('a', { qos: 1 });
  const publisher = world.connect({ clientId: 'publisher' });
  comeOneByOne(world, publisher);
  expect(leavesWithRead(world, publisher, 0)).toBe(true);
  expect(leavesWithRead(world, publisher, 1)).toBe(false);
  world.settle();
  expect(durable.messages().at(-1)).toContain('a=x q1');
});
