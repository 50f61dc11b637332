import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Wellhead } from '../wellhead.ts';
import type { ClientKind, Clients, Message, QoS, Version } from './clients.ts';

/** Everything that a client of this kind must be able to do with the broker, in every version that it speaks. */
export function describeInterop(kind: ClientKind): void {
  const title = kind.missing === undefined ? kind.name : `${kind.name} (skipped: ${kind.missing})`;
  describe.skipIf(kind.missing !== undefined)(title, () => {
    let server: Wellhead;
    beforeAll(async () => {
      server = await Wellhead.start();
    });
    afterAll(async () => {
      expect(await server.stop()).toBe(0);
    });
    for (const transport of kind.transports) {
      describe(`over ${transport === 'ws' ? 'WebSocket' : 'TCP'}`, () => {
        let clients: Clients;
        beforeAll(() => {
          clients = kind.start(server, transport);
        });
        afterAll(() => clients[Symbol.asyncDispose]());
        for (const version of versions) {
          describe(`in MQTT ${versionNames[version]}`, () => {
            const place = `${transport}/${version}`;
            describeMessages(() => clients, version, place);
            describeSessions(() => ({ clients, server }), version, place, kind.tellsWhy);
          });
        }
        test('messages cross versions', () => crossVersions(clients, transport));
      });
    }
  });
}

function describeMessages(clients: () => Clients, version: Version, place: string): void {
  test.each<QoS>([0, 1, 2])('a message at QoS %i', async (qos) => {
    const topic = `${place}/qos/${qos}`;
    const subscriber = await clients().subscribe({
      version,
      filter: `${place}/qos/${qos}/#`,
      qos: 2,
    });
    const message = { topic, payload: `at QoS ${qos}`, qos, retain: false };
    await clients().publish(message, version);
    expect(await subscriber.next()).toEqual(message);
    await subscriber.stop();
  });

  test('a retained message is set, and cleared', async () => {
    const retained = (topic: string, payload: string): Message => ({
      topic,
      payload,
      qos: 1,
      retain: true,
    });
    const filter = `${place}/retained/+`;
    await clients().publish(retained(`${place}/retained/a`, 'first'), version);
    await clients().publish(retained(`${place}/retained/a`, 'second'), version);
    const early = await clients().subscribe({ version, filter, qos: 1 });
    expect(await early.next()).toEqual(retained(`${place}/retained/a`, 'second'));
    await early.stop();

    await clients().publish(retained(`${place}/retained/a`, ''), version);
    await clients().publish(retained(`${place}/retained/b`, 'other'), version);
    const late = await clients().subscribe({ version, filter, qos: 1 });
    expect(await late.next()).toEqual(retained(`${place}/retained/b`, 'other'));
    await clients().publish(live(`${place}/retained/c`, 'live'), version);
    expect(await late.next()).toEqual(live(`${place}/retained/c`, 'live'));
    await late.stop();
  });

  test('a message of one megabyte', async () => {
    const payload = 'MQTT at the wellhead. '.repeat(50_000).slice(0, 1_048_576);
    const topic = `${place}/large`;
    const subscriber = await clients().subscribe({ version, filter: topic, qos: 2 });
    await clients().publish({ topic, payload, qos: 2, retain: false }, version);
    const received = await subscriber.next();
    expect(received.payload.length).toBe(payload.length);
    expect(received.payload === payload).toBe(true);
    await subscriber.stop();
  });
}

function describeSessions(
  both: () => { clients: Clients; server: Wellhead },
  version: Version,
  place: string,
  tellsWhy: boolean,
): void {
  const clientIdFor = (what: string): string => `${what}-${place.replace('/', '')}`;

  test('the will of a client that is killed', async () => {
    const { clients } = both();
    const will = { topic: `${place}/will`, payload: 'gone', qos: 1, retain: false } as const;
    const watcher = await clients.subscribe({ version, filter: will.topic, qos: 1 });
    const filter = `${place}/nothing`;
    const victim = await clients.subscribe({ version, filter, qos: 0, will });
    victim.kill();
    expect(await watcher.next()).toEqual(will);
    await watcher.stop();
  });

  test('a persistent session, and what was queued for it', async () => {
    const { clients } = both();
    const filter = `${place}/queued/#`;
    const options = {
      version,
      clientId: clientIdFor('q'),
      persistent: true,
      filter,
      qos: 1,
    } as const;
    const before = await clients.subscribe(options);
    expect(before.sessionPresent ?? false).toBe(false);
    await before.stop();
    const payloads = ['one', 'two', 'three'];
    for (const payload of payloads) {
      await clients.publish(live(`${place}/queued/${payload}`, payload), version);
    }
    const after = await clients.subscribe(options);
    expect(after.sessionPresent ?? true).toBe(true);
    const received = [await after.next(), await after.next(), await after.next()];
    expect(received.map(({ payload }) => payload)).toEqual(payloads);
    await after.stop();
  });

  test('the second connection of a client takes over the first', async () => {
    const { clients, server } = both();
    const filter = `${place}/taken-over`;
    const clientId = clientIdFor('t');
    const first = await clients.subscribe({ version, clientId, filter, qos: 1 });
    const second = await clients.subscribe({ version, clientId, filter, qos: 1 });
    await server.logged({ msg: 'client disconnected', clientId, reasonCode: '0x8E' });
    // [MQTT-3.1.4-3] and only MQTT 5 can tell the client why
    const told = await first.lost();
    if (version === 5 && tellsWhy) expect(told).toBe(0x8e);
    await clients.publish(live(filter, 'to the second'), version);
    expect(await second.next()).toEqual(live(filter, 'to the second'));
    await second.stop();
  });
}

async function crossVersions(clients: Clients, place: string): Promise<void> {
  const filter = `${place}/cross`;
  for (const from of versions) {
    const subscribers = [];
    for (const version of versions) {
      subscribers.push(await clients.subscribe({ version, filter, qos: 1 }));
    }
    await clients.publish(live(filter, `from ${from}`), from);
    for (const subscriber of subscribers) {
      expect(await subscriber.next()).toEqual(live(filter, `from ${from}`));
      await subscriber.stop();
    }
  }
}

function live(topic: string, payload: string): Message {
  return { topic, payload, qos: 1, retain: false };
}

const versions: readonly Version[] = [3, 4, 5];
const versionNames = { 3: '3.1', 4: '3.1.1', 5: '5.0' } as const;
