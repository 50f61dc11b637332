import { join } from 'node:path';
import { describeInterop } from './scenarios.ts';
import { ScriptedClients } from './scripted-clients.ts';

const script = join(import.meta.dirname, 'mqtt-js-client.js');

describeInterop({
  name: 'MQTT.js',
  missing: undefined,
  transports: ['mqtt', 'ws'],
  tellsWhy: true,
  start: (server, transport) => new ScriptedClients([process.execPath, script], server, transport),
});
