// Time per packet: npm run bench:micro -- codec

import { PacketDecoder, decode, encode } from '@wellhead/codec';
import { bench, do_not_optimize, run, summary } from 'mitata';

const payload = new Uint8Array(64).fill(97);
const userProperties = /** @type {const} */ ([
  ['plant', 'north'],
  ['unit', 'celsius'],
  ['trace', '4bf92f3577b34da6'],
]);
const properties = { messageExpiryInterval: 3600, userProperties };
const publish = { type: 3, topicName: 'plant/7/temperature', payload, dup: false, retain: false };
const atQos0 = encode({ ...publish, qos: 0 }, 4);
const atQos1 = encode({ ...publish, qos: 1, packetId: 7 }, 4);
const withProperties = encode({ ...publish, qos: 0, properties }, 5);
const puback = encode({ type: 4, packetId: 7, reasonCode: 0 }, 4);

/** How many packets stand in one chunk: what a busy connection has in a read. */
const PACKETS = 100;

let seen = 0;
const sink = {
  publish: () => void seen++,
  acknowledge: () => void seen++,
  packet: () => void seen++,
  malformed(error) {
    throw error;
  },
};

summary(() => {
  benchViews('PUBLISH QoS 0, 64 bytes', atQos0, 4);
  benchViews('PUBLISH QoS 1, 64 bytes', atQos1, 4);
  benchViews('PUBLISH 5.0, four properties', withProperties, 5);
  benchViews('PUBACK', puback, 4);
  bench('PUBLISH QoS 0, as an object', () =>
    do_not_optimize(decode(atQos0, { protocolVersion: 4 })));
  bench('PUBLISH 5.0, as an object', () =>
    do_not_optimize(decode(withProperties, { protocolVersion: 5 })));
});

await run();
if (seen === 0) throw new Error('nothing was decoded');

/** @param {string} name @param {Uint8Array} packet @param {4 | 5} protocolVersion */
function benchViews(name, packet, protocolVersion) {
  const chunk = new Uint8Array(packet.length * PACKETS);
  for (let index = 0; index < PACKETS; index++) chunk.set(packet, index * packet.length);
  const decoder = new PacketDecoder(sink, { role: 'client', protocolVersion });
  bench(`${PACKETS} × ${name}, as views`, () => decoder.receive(chunk));
}
