import type { CaseContext, ConnectOptions } from '../../case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from '../../conformance-case.ts';
import { describePacket } from '../../describe-packet.ts';
import { check, ConformanceFailure } from '../../failure.ts';
import { packet, str, u16 } from '../../bytes.ts';
import { expectFilterRefused, expectSession, nextOrClosed } from './steps.ts';

const fixture = 'authentication';

const authentication = defineCases(4, 'authentication', [
  {
    name: 'right',
    title: 'The right User Name and Password are accepted',
    statements: ['MQTT-3.1.4-4', 'MQTT-3.1.2-19', 'MQTT-3.1.2-21'],
    needs: [fixture],
    async run(t) {
      const client = await t.connect({ fixture });
      await client.ping();
    },
  },
  refused('wrong-password', 'A wrong Password', { password: 'no such password' }),
  refused('wrong-user', 'A wrong User Name', { userName: 'nobody' }),
  {
    name: 'anonymous',
    title: 'A client without credentials is refused: CONNACK 0x04 or 0x05, and closed',
    statements: ['MQTT-3.2.2-5', 'MQTT-3.2.2-4'],
    needs: [fixture],
    async run(t) {
      const client = await t.open({ fixture });
      const { userName: _userName, password: _password, ...anonymous } = t.connectPacket();
      client.send(anonymous);
      await expectDenied(client);
    },
  },
  {
    name: 'session-present-0',
    title:
      'A refusing CONNACK has Session Present 0, also when there is a session, and leaves it alone',
    statements: ['MQTT-3.2.2-4', 'MQTT-3.2.2-5'],
    needs: [fixture],
    async run(t) {
      const owner = await t.connect({ fixture, cleanStart: false });
      await owner.disconnect();
      const { clientId } = owner;
      for (const cleanStart of [false, true]) {
        const client = await t.open({ fixture });
        client.send(t.connectPacket({ fixture, clientId, cleanStart, password: 'wrong' }));
        await expectDenied(client);
      }
      expectSession(await t.connect({ fixture, clientId, cleanStart: false }), true);
    },
  },
]);

function refused(name: string, what: string, options: ConnectOptions): CaseDefinition {
  return {
    name,
    title: `${what} is refused: CONNACK 0x04 or 0x05, and closed`,
    statements: ['MQTT-3.2.2-5', 'MQTT-3.2.2-4'],
    needs: [fixture],
    async run(t) {
      const client = await t.open({ fixture });
      client.send(t.connectPacket({ fixture, ...options }));
      await expectDenied(client);
    },
  };
}

async function expectDenied(client: Awaited<ReturnType<CaseContext['open']>>): Promise<void> {
  const { reasonCode, sessionPresent } = await client.expectNext('connack');
  check(reasonCode === 4 || reasonCode === 5, 'CONNACK 0x04 or 0x05', `${reasonCode}`);
  check(!sessionPresent, 'Session Present 0', '1');
  await client.expectClosed();
}

const authorization = defineCases(4, 'authorization', [
  ...([0, 1, 2] as const).map((qos) => ({
    name: `publish-qos${qos}`,
    title: `A QoS ${qos} PUBLISH that is not authorised is acknowledged, or the connection is closed`,
    statements: ['MQTT-3.3.5-2'],
    needs: ['authorization'] as const,
    async run(t: CaseContext) {
      const { publish = '' } = t.fixture('authorization').parameters;
      const client = await t.connect({ fixture: 'authorization' });
      const packetId = client.sendPublish(publish, 'x', { qos });
      if (qos === 0) client.send({ type: 12 });
      const answer = await nextOrClosed(client);
      const type = [13, 4, 5][qos];
      if (answer === undefined) return;
      const isRight =
        answer.type === type && (!('packetId' in answer) || answer.packetId === packetId);
      if (!isRight) {
        throw new ConformanceFailure(
          'a positive acknowledgement or a close',
          describePacket(answer),
        );
      }
    },
  })),
  {
    name: 'publish-not-delivered',
    title: 'A PUBLISH that is not authorised reaches nobody',
    statements: ['MQTT-3.3.5-2'],
    level: 'practice',
    needs: ['authorization'],
    async run(t) {
      const { publish = '' } = t.fixture('authorization').parameters;
      const watcher = await t.connect({ fixture: 'authorization' });
      const filters = [publish, publish.replace(/[^/]*$/, '+')];
      const { reasonCodes } = await watcher.requestSubscribe(filters);
      if (reasonCodes.every((code) => code === 0x80)) t.skip('the topic cannot be subscribed to');
      const client = await t.connect({ fixture: 'authorization' });
      client.sendPublish(publish, 'x', { qos: 1 });
      await nextOrClosed(client);
      await watcher.expectSilence();
    },
  },
  {
    name: 'subscribe',
    title: 'A filter that is not authorised: SUBACK 0x80, or the connection is closed',
    statements: ['MQTT-3.8.4-5', 'MQTT-3.9.3-2'],
    needs: ['authorization'],
    async run(t) {
      const { subscribe = '' } = t.fixture('authorization').parameters;
      const client = await t.connect({ fixture: 'authorization' });
      await expectFilterRefused(client, packet(0x82, u16(1), str(subscribe), 1));
    },
  },
  {
    name: 'subscribe-among-others',
    title: 'A filter that is not authorised fails alone: the others of its SUBSCRIBE are granted',
    statements: ['MQTT-3.9.3-1', 'MQTT-3.8.4-5'],
    needs: ['authorization'],
    async run(t) {
      const { subscribe = '' } = t.fixture('authorization').parameters;
      const client = await t.connect({ fixture: 'authorization' });
      const [a, b] = [str(t.topic('a')), str(t.topic('b'))];
      client.send(packet(0x82, u16(1), a, 1, str(subscribe), 1, b, 0));
      const answer = await nextOrClosed(client);
      if (answer === undefined) return t.skip('the server closes the connection instead');
      if (answer.type !== 9) throw new ConformanceFailure('SUBACK', describePacket(answer));
      const codes = answer.reasonCodes.join(', ');
      check(codes === '1, 128, 0', 'SUBACK 1, 128, 0', codes);
      await client.publish(t.topic('b'), 'x');
      await client.receive({ payload: 'x' });
    },
  },
]);

/** Section 3.1.4 and 5.4, authentication and authorisation. */
export const authenticationCases: readonly ConformanceCase[] = [
  ...authentication,
  ...authorization,
];
