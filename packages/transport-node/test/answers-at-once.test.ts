import { Duplex } from 'node:stream';
import { connectionFromDuplex } from '@wellhead/transport/duplex';
import { expect, test } from 'vitest';

test('what the other end answers while it is written to is shown afterwards', async () => {
  const echo = new Duplex({
    read: () => undefined,
    write(chunk, _encoding, callback) {
      this.push(chunk);
      callback();
    },
  });
  const connection = connectionFromDuplex(echo);
  let isWriting = false;
  const shown: number[] = [];
  connection.start({
    data(chunk) {
      expect(isWriting).toBe(false);
      shown.push(...chunk);
    },
    drain: () => undefined,
    closed: () => undefined,
  });
  // by now the stream flows
  await new Promise((done) => setImmediate(done));
  isWriting = true;
  connection.write(Uint8Array.of(1, 2));
  connection.writev([Uint8Array.of(3), Uint8Array.of(4)]);
  isWriting = false;
  await new Promise((done) => setImmediate(done));
  expect(shown).toEqual([1, 2, 3, 4]);
  connection.destroy();
});
