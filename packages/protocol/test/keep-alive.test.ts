import { expect, test } from 'vitest';
import {
  clientPingDeadline,
  effectiveKeepAlive,
  pingResponseDeadline,
  serverKeepAliveDeadline,
} from '../src/keep-alive.ts';

test.each<[string, number, number]>([
  [
    '[MQTT-3.1.2-22] the server waits one and a half times',
    serverKeepAliveDeadline(10, 1000),
    16_000,
  ],
  ['[MQTT-3.1.2-24 @3.1.1] so for 3.1.1', serverKeepAliveDeadline(1, 0), 1500],
  ['[MQTT-3.1.2-22] the longest Keep Alive', serverKeepAliveDeadline(65_535, 0), 98_302_500],
  ['0 switches the server off', serverKeepAliveDeadline(0, 1000), Infinity],
  [
    '[MQTT-3.1.2-20] the client pings before the Keep Alive is over',
    clientPingDeadline(60, 1000),
    60_000,
  ],
  ['[MQTT-3.1.2-23 @3.1.1] a short Keep Alive is cut by a tenth', clientPingDeadline(1, 0), 900],
  ['0 switches the client off', clientPingDeadline(0, 1000), Infinity],
  ['PINGRESP is waited for one Keep Alive', pingResponseDeadline(60, 1000), 61_000],
  ['0 waits for no PINGRESP', pingResponseDeadline(0, 1000), Infinity],
  ['[MQTT-3.1.2-21] [MQTT-3.2.2-21] Server Keep Alive overrides', effectiveKeepAlive(60, 5), 5],
  ['[MQTT-3.2.2-21] also when the client asked for none', effectiveKeepAlive(0, 5), 5],
  ['[MQTT-3.2.2-21] also with 0', effectiveKeepAlive(60, 0), 0],
  ["[MQTT-3.2.2-22] without one it is the client's", effectiveKeepAlive(60, undefined), 60],
])('%s', (_statement, actual, expected) => {
  expect(actual).toBe(expected);
});
