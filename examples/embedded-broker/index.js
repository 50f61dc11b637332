// A broker inside a program of your own: it serves devices over TCP, and the program takes part
// without a connection.

import { createBroker } from '@wellhead/broker-core';
import { tcpListener } from '@wellhead/transport-node';

const broker = await createBroker();
const { url } = await broker.listen(tcpListener({ host: '127.0.0.1', port: 0 }));
console.error(`devices connect to ${url}`);

const readings = broker.subscribe('plant/+/temperature');
await broker.publish({ topicName: 'plant/boiler/temperature', payload: '71.5', retain: true });

for await (const { topicName, payload } of readings) {
  console.log(topicName, new TextDecoder().decode(payload)); // prints: plant/boiler/temperature 71.5
  break; // leaving the loop unsubscribes
}

await broker.close(); // nothing keeps the process alive any longer
