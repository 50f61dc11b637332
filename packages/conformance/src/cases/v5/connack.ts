import { properties, Property, rawConnect, str } from '../../bytes.ts';
import { type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { check } from '../../failure.ts';

const acknowledged = defineCases(5, 'connack', [
  {
    name: 'session-present',
    title: 'Session Present follows the session: 0 new, 1 resumed, 0 after Clean Start 1',
    statements: ['MQTT-3.2.2-2', 'MQTT-3.2.2-3'],
    async run(t) {
      const keeping = { properties: { sessionExpiryInterval: 60 } };
      const first = await t.connect({ cleanStart: false, ...keeping });
      const { clientId } = first;
      check(first.connack?.sessionPresent === false, 'Session Present 0', '1');
      await first.disconnect();
      const second = await t.connect({ clientId, cleanStart: false, ...keeping });
      check(second.connack?.sessionPresent === true, 'Session Present 1', '0');
      await second.disconnect();
      const third = await t.connect({ clientId, ...keeping });
      check(third.connack?.sessionPresent === false, 'Session Present 0', '1');
    },
  },
  {
    name: 'announced-values',
    title: 'What CONNACK announces is in range: no limit of 0, no Maximum QoS 2',
    statements: ['MQTT-3.2.2-9', 'MQTT-3.2.2-8'],
    async run(t) {
      const client = await t.connect();
      // the codec refuses values out of range, so that the connection stands is the proof
      const { receiveMaximum = 65_535, maximumPacketSize = 1 } = client.connack?.properties ?? {};
      check(receiveMaximum > 0 && maximumPacketSize > 0, 'limits above 0', 'a limit of 0');
    },
  },
  {
    name: 'response-information-0',
    title: 'Without a request CONNACK has no Response Information',
    statements: ['MQTT-3.1.2-28'],
    async run(t) {
      const asked = [undefined, { requestResponseInformation: 0 }] as const;
      for (const request of asked) {
        const client = await t.connect(request ? { properties: request } : {});
        const information = client.connack?.properties?.responseInformation;
        check(information === undefined, 'no Response Information', `"${information}"`);
      }
    },
  },
  {
    name: 'response-information-fixture',
    title: 'A server that gives Response Information gives it on request only',
    statements: ['MQTT-3.1.2-28'],
    needs: ['response-information'],
    async run(t) {
      const fixture = 'response-information';
      const without = await t.connect({ fixture });
      const unasked = without.connack?.properties?.responseInformation;
      check(unasked === undefined, 'no Response Information', `"${unasked}"`);
      const asking = { requestResponseInformation: 1 } as const;
      const client = await t.connect({ fixture, properties: asking });
      const information = client.connack?.properties?.responseInformation;
      check(information !== undefined, 'Response Information', 'none');
    },
  },
  {
    name: 'no-authentication-method',
    title:
      'Without an Authentication Method in CONNECT there is none in CONNACK, and no AUTH comes',
    statements: ['MQTT-4.12.0-6'],
    async run(t) {
      const client = await t.connect();
      const { authenticationMethod: method, authenticationData: data } =
        client.connack?.properties ?? {};
      check(method === undefined && data === undefined, 'neither', 'one of them');
      await client.expectSilence();
    },
  },
  {
    name: 'small-maximum-packet-size',
    title: 'CONNACK is not larger than the Maximum Packet Size of the client',
    statements: ['MQTT-3.2.2-19', 'MQTT-3.2.2-20', 'MQTT-3.1.2-24'],
    async run(t) {
      await t.connect();
      for (const maximumPacketSize of [5, 20, 60]) {
        const client = await t.open();
        client.send(t.connectPacket({ properties: { maximumPacketSize } }));
        // a server that has to say more than fits may only close; size is judged on each packet
        if (await connected(() => client.expect('connack'))) await client.ping();
        else await client.expectClosed();
      }
    },
  },
  {
    name: 'small-maximum-packet-size-refused',
    title: 'A refusing CONNACK is not larger than the Maximum Packet Size of the client',
    statements: ['MQTT-3.2.2-19', 'MQTT-3.2.2-20'],
    async run(t) {
      const client = await t.open();
      const limit = [Property.MaximumPacketSize, 0, 0, 0, 8];
      const method = [Property.AuthenticationMethod, str('no such method')];
      client.send(
        rawConnect({ properties: properties(limit, method), payload: [str(t.clientId())] }),
      );
      await client.expectRefused([0x8c, 0x87, 0x95, 0x80, 0x83]);
    },
  },
]);

async function connected(wait: () => Promise<unknown>): Promise<boolean> {
  return wait().then(
    () => true,
    () => false,
  );
}

const limited = defineCases(5, 'connack', [
  {
    name: 'maximum-qos',
    title: 'A server without QoS 1 or 2 says so, and still accepts subscriptions asking for them',
    statements: ['MQTT-3.2.2-9', 'MQTT-3.2.2-10'],
    needs: ['maximum-qos'],
    async run(t) {
      const client = await t.connect({ fixture: 'maximum-qos' });
      const maximum = client.connack?.properties?.maximumQoS;
      check(maximum === 0 || maximum === 1, 'Maximum QoS 0 or 1', `${maximum}`);
      for (const qos of [0, 1, 2] as const) {
        const { reasonCodes } = await client.requestSubscribe({ topicFilter: t.topic(), qos });
        check((reasonCodes[0] ?? 0x80) < 0x80, 'a granted QoS', `${reasonCodes[0]}`);
      }
      await client.publish(t.topic(), 'x');
      await client.receive({ payload: 'x' });
    },
  },
  {
    name: 'maximum-qos-exceeded',
    title: 'A PUBLISH above the Maximum QoS closes the connection',
    statements: ['MQTT-3.2.2-9', 'MQTT-4.13.1-1'],
    needs: ['maximum-qos'],
    async run(t) {
      const client = await t.connect({ fixture: 'maximum-qos' });
      client.sendPublish(t.topic(), 'x', { qos: 2 });
      await client.expectClosed([0x9b, 0x82]);
    },
  },
  {
    name: 'maximum-qos-exceeded-reason',
    title: 'A PUBLISH above the Maximum QoS is answered with DISCONNECT 0x9B',
    statements: ['MQTT-3.2.2-9', 'MQTT-4.13.1-1'],
    level: 'should',
    needs: ['maximum-qos'],
    async run(t) {
      const client = await t.connect({ fixture: 'maximum-qos' });
      client.sendPublish(t.topic(), 'x', { qos: 2 });
      await client.expect('disconnect', { reasonCode: 0x9b });
      await client.expectClosed();
    },
  },
  {
    name: 'will-above-maximum-qos',
    title: 'A Will above the Maximum QoS is refused: CONNACK 0x9B or nothing, and closed',
    statements: ['MQTT-3.2.2-12'],
    needs: ['maximum-qos'],
    async run(t) {
      const fixture = 'maximum-qos';
      const client = await t.open({ fixture });
      const will = { topicName: t.topic('will'), payload: 'x', qos: 2 } as const;
      client.send(t.connectPacket({ fixture, will }));
      await client.expectRefused([0x9b]);
    },
  },
  {
    name: 'will-retain-unavailable',
    title:
      'Will Retain 1 without retained messages is refused: CONNACK 0x9A or nothing, and closed',
    statements: ['MQTT-3.2.2-13'],
    needs: ['no-retain'],
    async run(t) {
      const fixture = 'no-retain';
      const client = await t.open({ fixture });
      const will = { topicName: t.topic('will'), payload: 'x', retain: true };
      client.send(t.connectPacket({ fixture, will }));
      await client.expectRefused([0x9a]);
    },
  },
  {
    name: 'retain-unavailable',
    title: 'RETAIN 1 without retained messages closes the connection, with 0x9A',
    statements: ['MQTT-3.2.2-13', 'MQTT-4.13.1-1'],
    needs: ['no-retain'],
    async run(t) {
      const client = await t.connect({ fixture: 'no-retain' });
      check(client.connack?.properties?.retainAvailable === 0, 'Retain Available 0', 'another');
      client.sendPublish(t.topic(), 'x', { retain: true });
      await client.expectClosed([0x9a]);
    },
  },
  {
    name: 'redirect',
    title: 'A redirecting server refuses with 0x9C or 0x9D and may name a Server Reference',
    statements: ['MQTT-3.2.2-7', 'MQTT-4.13.2-1'],
    needs: ['redirect'],
    async run(t) {
      const fixture = 'redirect';
      const client = await t.open({ fixture });
      client.send(t.connectPacket({ fixture }));
      const { reasonCode, properties: told } = await client.expect('connack');
      check([0x9c, 0x9d].includes(reasonCode), '0x9C or 0x9D', `${reasonCode}`);
      check(told?.serverReference !== '', 'a Server Reference that is not empty', 'an empty one');
      await client.expectClosed();
    },
  },
]);

/** Section 3.2, CONNACK. */
export const connackCases: readonly ConformanceCase[] = [...acknowledged, ...limited];
