import { encode } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { ClientConnection } from '../src/client-connection.ts';
import { splitFree } from '../src/driver/free-packets.ts';
import { publishPacket } from './support.ts';

// What is split is bytes: a connection is asked for a few fields only.
const connection = Object.assign(Object.create(ClientConnection.prototype), {
  closing: false,
  context: { slabs: { release: () => undefined } },
  held: [],
}) as ClientConnection;

const PINGRESP = encode({ type: 13 }, 5);
const ZERO = encode(publishPacket('a', 'x', { qos: 0 }), 5);
const ONE = encode(publishPacket('a', 'y', { qos: 1, packetId: 7 }), 5);
const PUBACK = encode({ type: 4, packetId: 9, reasonCode: 0 }, 5);

const promised = (at: number) =>
  ({ at, length: PUBACK.length, type: 4, packetId: 9, fate: undefined }) as const;

test('nothing is held for packets that all leave', () => {
  const output = { commit: 3, chunks: [PINGRESP, PINGRESP], promises: [], slab: undefined };
  expect(splitFree(connection, output)).toEqual({
    free: [Buffer.concat([PINGRESP, PINGRESP])].map((bytes) => new Uint8Array(bytes)),
    rest: undefined,
  });
});

test('what stays is in order, and its promises are where they were', () => {
  const chunks = [PINGRESP, ONE, ZERO, PUBACK];
  const promises = [promised(PINGRESP.length + ONE.length + ZERO.length)];
  const { free, rest } = splitFree(connection, { commit: 3, chunks, promises, slab: undefined });
  expect(free).toEqual([PINGRESP]);
  expect(rest).toMatchObject({
    commit: 3,
    chunks: [new Uint8Array(Buffer.concat([ONE, ZERO, PUBACK]))],
    promises: [promised(ONE.length + ZERO.length)],
  });
});

test('output without any of them stays as it is', () => {
  const output = { commit: 3, chunks: [ONE], promises: [], slab: new Uint8Array(8) };
  const { free, rest } = splitFree(connection, output);
  expect(free).toEqual([]);
  expect(rest).toBe(output);
});
