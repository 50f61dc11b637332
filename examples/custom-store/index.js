// A broker on a store of one's own: what waited for a device when one broker ended, the next one delivers.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBroker } from '@wellhead/broker-core';
import { tcpListener } from '@wellhead/transport-node';
import { connect, connectAsync } from 'mqtt';
import { FileMap } from './key-value-map.js';
import { KeyValueSessionStore } from './key-value-session-store.js';

const folder = await mkdtemp(join(tmpdir(), 'custom-store-'));
const device = { clientId: 'valve-7', clean: false, reconnectPeriod: 0 };

const first = await startBroker();
const online = await connectAsync(first.url, device);
await online.subscribeAsync('plant/valve-7/set', { qos: 1 });
await online.endAsync();
await first.broker.publish({ topicName: 'plant/valve-7/set', payload: 'open', qos: 1 });
await first.broker.close(); // and its store with it

const second = await startBroker();
const again = connect(second.url, device);
const [topicName, payload] = await once(again, 'message');
console.log(topicName, payload.toString()); // prints: plant/valve-7/set open
await again.endAsync();
await second.broker.close();
await rm(folder, { recursive: true });

async function startBroker() {
  const map = await FileMap.open(join(folder, 'rows'));
  const broker = await createBroker({ store: await KeyValueSessionStore.open(map) });
  const { url } = await broker.listen(tcpListener({ host: '127.0.0.1', port: 0 }));
  return { broker, url };
}
