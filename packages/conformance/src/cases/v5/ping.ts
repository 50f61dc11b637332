import { packet } from '../../bytes.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';

/** Section 3.12, PINGREQ. */
export const pingCases: readonly ConformanceCase[] = defineCases(5, 'ping', [
  {
    name: 'pingresp',
    title: 'A PINGREQ is answered with a PINGRESP',
    statements: ['MQTT-3.12.4-1'],
    async run(t) {
      const client = await t.connect();
      client.send({ type: 12 });
      await client.expectNext('pingresp');
    },
  },
  {
    name: 'each-pingresp',
    title: 'Each of several PINGREQs in one write is answered',
    statements: ['MQTT-3.12.4-1'],
    async run(t) {
      const client = await t.connect();
      const ping = packet(0xc0);
      client.send(Buffer.concat([ping, ping, ping]));
      for (let i = 0; i < 3; i++) await client.expectNext('pingresp');
      await client.expectSilence();
    },
  },
]);
