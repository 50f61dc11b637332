import { spawnSync } from 'node:child_process';
import { MosquittoClients } from './mosquitto-clients.ts';
import { describeInterop } from './scenarios.ts';

const programs = ['mosquitto_sub', 'mosquitto_pub', 'stdbuf'];
const missing = programs.filter((name) => spawnSync(name, ['--help']).error !== undefined);

describeInterop({
  name: 'mosquitto_pub and mosquitto_sub',
  missing:
    missing.length === 0
      ? undefined
      : `there is no ${missing.join(', ')}; install mosquitto-clients`,
  transports: ['mqtt'],
  tellsWhy: false,
  start: (server) => new MosquittoClients(server),
});
