import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Client, World, textOf } from './support.ts';

type Step =
  | {
      readonly do: 'connect';
      readonly who: number;
      readonly cleanStart: boolean;
      readonly expiry: number;
      readonly will: number;
    }
  | { readonly do: 'subscribe' | 'unsubscribe'; readonly who: number; readonly filter: string }
  | {
      readonly do: 'publish';
      readonly who: number;
      readonly qos: 0 | 1 | 2;
      readonly retain: boolean;
    }
  | {
      readonly do: 'acknowledge' | 'vanish' | 'disconnect' | 'disconnect-with-will' | 'malformed';
      readonly who: number;
    }
  | { readonly do: 'wait'; readonly seconds: number };

const who = fc.integer({ min: 0, max: 1 });
const filter = fc.constantFrom('a', '#', '+', '$share/g/a', 'will/#');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('connect' as const),
      who,
      cleanStart: fc.boolean(),
      expiry: fc.constantFrom(0, 5, 50),
      will: fc.constantFrom(-1, 0, 3, 30),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('subscribe' as const, 'unsubscribe' as const),
      who,
      filter,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      who,
      qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
      retain: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'acknowledge' as const,
        'vanish' as const,
        'disconnect' as const,
        'disconnect-with-will' as const,
        'malformed' as const,
      ),
      who,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      seconds: fc.constantFrom(1, 4, 6, 60),
    }),
  },
);

/** Two connections that use one Client Identifier, and an observer with another. */
class Run {
  readonly world: World;
  readonly clients: (Client | undefined)[] = [undefined, undefined];
  readonly observer: Client;
  #packetId = 0;
  sent = 0;

  constructor(world: World) {
    this.world = world;
    this.observer = world.connect({ clientId: 'observer' });
    this.observer.subscribe('a', { qos: 1 });
  }

  take(one: Step): void {
    if (one.do === 'wait') {
      this.world.advance(one.seconds * 1000);
      return;
    }
    if (one.do === 'connect') {
      this.clients[one.who] = this.world.connect({
        clientId: 'shared',
        cleanStart: one.cleanStart,
        properties: { sessionExpiryInterval: one.expiry, receiveMaximum: 3 },
        ...(one.will < 0
          ? {}
          : {
              will: {
                topicName: 'will/x',
                payload: new Uint8Array(),
                qos: 1,
                retain: false,
                properties: { willDelayInterval: one.will },
              },
            }),
      });
      return;
    }
    const client = this.clients[one.who];
    if (client === undefined || client.isClosed) return;
    this.#act(client, one);
  }

  #act(client: Client, one: Exclude<Step, { do: 'wait' | 'connect' }>): void {
    switch (one.do) {
      case 'subscribe':
        client.subscribe(one.filter);
        return;
      case 'unsubscribe':
        client.unsubscribe(one.filter);
        return;
      case 'publish': {
        const packetId = (this.#packetId++ % 1000) + 1;
        client.publish('a', String(this.sent++), {
          qos: one.qos,
          retain: one.retain,
          ...(one.qos > 0 ? { packetId } : {}),
        });
        if (one.qos === 2) client.pubrel(packetId);
        return;
      }
      case 'acknowledge':
        acknowledgeAll(client);
        return;
      case 'vanish':
        client.vanish();
        return;
      case 'malformed':
        client.sendBytes(0xff, 0xff);
        return;
      default:
        client.disconnect(one.do === 'disconnect' ? 0 : 4);
    }
  }

  check(): void {
    const { counters } = this.world.broker;
    const open = this.clients.filter((client) => client?.isClosed === false).length;
    expect(open).toBeLessThanOrEqual(1); // one owner of a Client Identifier
    expect(counters.clientsConnected).toBe(open + 1);
    expect(counters.connections).toBe(open + 1);
    expect(counters.sessions).toBeLessThanOrEqual(2);
    expect(counters.subscriptions).toBeLessThanOrEqual(6);
  }
}

function acknowledgeAll(client: Client): void {
  for (const packet of client.take()) {
    if (packet.type === 6) client.pubcomp(packet.packetId);
    if (packet.type !== 3 || packet.packetId === undefined) continue;
    if (packet.qos === 1) client.puback(packet.packetId);
    else client.pubrec(packet.packetId);
  }
}

test('S8: whatever two connections with one Client Identifier do, there is one owner, no orphan and no fault', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const faults: unknown[] = [];
      await using world = await World.create({
        observer: { fault: (error) => void faults.push(error) },
      });
      const run = new Run(world);
      for (const one of steps) {
        run.take(one);
        run.check();
      }
      // everything ends by itself: sessions, Wills, subscriptions, deadlines
      for (const client of run.clients) if (client?.isClosed === false) client.vanish();
      world.sleep(100_000);
      expect(world.broker.counters).toMatchObject({
        sessions: 1,
        subscriptions: 1,
        sharedSubscriptions: 0,
        connections: 1,
      });
      expect(world.host.timers).toBe(1);
      expect(faults).toEqual([]);
      // and the other client was served throughout, in order, each once
      const seen = run.observer.publishes().map((packet) => Number(textOf(packet)));
      expect(seen).toEqual(Array.from({ length: run.sent }, (_, i) => i));
    }),
    { numRuns: 150 },
  );
});

test('a QoS 2 subscriber that comes and goes gets each message once, in order, whatever it acknowledges when', async () => {
  const move = fc.constantFrom(
    'publish',
    'acknowledge one',
    'acknowledge all',
    'vanish',
    'clean up',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(move, { minLength: 5, maxLength: 80 }),
      fc.constantFrom(1, 2, 5, 100),
      async (moves, receiveMaximum) => {
        await using world = await World.create();
        const publisher = world.connect({ clientId: 'p' });
        const connect = (): Client => world.resume('s', 1000, { properties: { receiveMaximum } });
        let client = connect();
        client.subscribe('a');
        const reader = new Qos2Reader();
        let sent = 0;
        for (const one of moves) {
          if (one === 'publish')
            publisher.publish('a', String(sent++), { qos: 2, packetId: sent }).pubrel(sent);
          else if (one === 'acknowledge one') reader.read(client, 1);
          else if (one === 'acknowledge all') reader.read(client, Infinity);
          else {
            client.vanish();
            client.take();
            client = connect();
          }
        }
        for (let round = 0; round < sent * 3 + 3; round++) reader.read(client, Infinity);
        expect(reader.delivered).toEqual(Array.from({ length: sent }, (_, i) => i));
      },
    ),
    { numRuns: 200 },
  );
});

/** The client's end of QoS 2, section 4.3.3: delivers at PUBLISH, forgets the identifier at PUBREL. */
class Qos2Reader {
  readonly delivered: number[] = [];
  readonly #held = new Set<number>();

  read(client: Client, limit: number): void {
    const packets = client.inbox.splice(0, limit === Infinity ? client.inbox.length : limit);
    for (const packet of packets) {
      if (packet.type === 6) {
        this.#held.delete(packet.packetId);
        client.pubcomp(packet.packetId);
      }
      if (packet.type !== 3 || packet.packetId === undefined) continue;
      if (!this.#held.has(packet.packetId)) {
        this.#held.add(packet.packetId);
        this.delivered.push(Number(textOf(packet)));
      }
      client.pubrec(packet.packetId);
    }
  }
}
