// Time per packet: npm run bench:micro -- codec

import { PublishFrame, encode, encodeInto } from '@wellhead/codec';
import { bench, do_not_optimize, run, summary } from 'mitata';

const payload = new Uint8Array(64).fill(97);
const properties = { messageExpiryInterval: 3600, userProperties: [['unit', 'celsius']] };
const publish = {
  type: 3,
  topicName: 'plant/7/temperature',
  payload,
  qos: 1,
  packetId: 7,
  dup: false,
  retain: false,
};
const withProperties = { ...publish, properties };
const puback = { type: 4, packetId: 7, reasonCode: 0 };
const room = new Uint8Array(1024);
const frame = PublishFrame.encode(publish, 4);

summary(() => {
  bench('encode PUBLISH QoS 1, 64 bytes', () => do_not_optimize(encode(publish, 4)));
  bench('encodeInto PUBLISH QoS 1, 64 bytes', () =>
    do_not_optimize(encodeInto(publish, 4, room, 0)));
  bench('encode PUBLISH 5.0 with properties', () => do_not_optimize(encode(withProperties, 5)));
  bench('encode PUBACK', () => do_not_optimize(encode(puback, 4)));
  bench('PublishFrame.encode', () => do_not_optimize(PublishFrame.encode(publish, 4)));
  bench('PublishFrame: another receiver', () => {
    frame.setPacketId(8);
    do_not_optimize(frame.bytes);
  });
});

await run();
