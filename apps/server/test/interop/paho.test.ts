import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describeInterop } from './scenarios.ts';
import { ScriptedClients } from './scripted-clients.ts';

// Debian's own Python is the one that its package python3-paho-mqtt belongs to.
const python = '/usr/bin/python3';
const isThere = spawnSync(python, ['-c', 'import paho.mqtt.client']).status === 0;
const script = join(import.meta.dirname, 'paho-client.py');

describeInterop({
  name: 'paho-mqtt for Python',
  missing: isThere ? undefined : 'there is no paho-mqtt for Python; install python3-paho-mqtt',
  transports: ['mqtt', 'ws'],
  tellsWhy: true,
  start: (server, transport) => new ScriptedClients([python, script], server, transport),
});
