import { type Packet, encode } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { type Client, type World, inWorld } from './support.ts';

// A client that comes back may acknowledge what it has got on its earlier connection in one write with CONNECT, or as
// soon as it has CONNACK: that is as good as when the broker has looked up what it was.

type Version = 4 | 5;

/** Resumes the session with these packets right behind CONNECT, and lets everything happen. */
async function resumeWith(
  world: World,
  protocolVersion: Version,
  packets: readonly Packet[],
): Promise<Client> {
  const client = world.dial({ protocolVersion });
  const properties = protocolVersion === 5 ? { sessionExpiryInterval: 100 } : undefined;
  const connect: Packet = {
    type: 1,
    protocolVersion,
    clientId: 's',
    cleanStart: false,
    keepAlive: 0,
    ...(properties && { properties }),
  };
  const bytes = [connect, ...packets].map((packet) => encode(packet, protocolVersion));
  client.connection.write(Buffer.concat(bytes));
  await world.settleAsync();
  return client;
}

/** A session with messages 1 to 3 in flight, which its client has got, and without a connection. */
async function inFlight(world: World, protocolVersion: Version, qos: 1 | 2): Promise<void> {
  const first = world.connect({
    clientId: 's',
    protocolVersion,
    cleanStart: false,
    ...(protocolVersion === 5 && { properties: { sessionExpiryInterval: 100 } }),
  });
  first.subscribe('a', { qos });
  const publisher = world.connect({ clientId: 'p' });
  for (let packetId = 1; packetId <= 3; packetId++)
    publisher.publish('a', String(packetId), { qos, packetId }).pubrel(packetId);
  expect(first.publishes().map(({ packetId }) => packetId)).toEqual([1, 2, 3]);
  first.vanish();
  await world.settleAsync();
}

const acknowledgement = (type: 4 | 5 | 7, packetId: number, reasonCode = 0): Packet => ({
  type,
  packetId,
  reasonCode,
});

test.each([4, 5] as const)(
  '[MQTT-4.3.3-4] PUBREC right behind CONNECT brings PUBREL, and the message no second time: version %i',
  async (version) =>
    inWorld(async (world) => {
      await inFlight(world, version, 2);
      const packets = [1, 2].map((id) => acknowledgement(5, id));
      const client = await resumeWith(world, version, packets);
      const [connack, ...rest] = client.messages();
      expect(connack).toMatch(/^CONNACK/);
      expect(rest).toEqual(['PUBREL #1', 'PUBREL #2', 'a=3 q2 dup #3']);
      client.pubcomp(1).pubcomp(2).pubrec(3);
      expect([client.messages(), client.isClosed]).toEqual([['PUBREL #3'], false]);
    })(),
);

test.each([4, 5] as const)(
  '[MQTT-4.3.2-4] PUBACK right behind CONNECT is the end of its message: version %i',
  async (version) =>
    inWorld(async (world) => {
      await inFlight(world, version, 1);
      const client = await resumeWith(world, version, [
        acknowledgement(4, 1),
        acknowledgement(4, 3),
      ]);
      expect(client.messages().slice(1)).toEqual(['a=2 q1 dup #2']);
      client.puback(2).vanish();
      const again = await resumeWith(world, version, []);
      expect(again.publishes()).toEqual([]);
    })(),
);

test(
  'PUBREC with an error right behind CONNECT is the end of its message',
  inWorld(async (world) => {
    await inFlight(world, 5, 2);
    const client = await resumeWith(world, 5, [
      acknowledgement(5, 1, 0x80),
      acknowledgement(5, 2, 0x97),
    ]);
    expect(client.messages().slice(1)).toEqual(['a=3 q2 dup #3']);
  }),
);

test(
  'PUBREC and PUBCOMP that come one after the other, before what they are for is known, are one whole exchange',
  inWorld(async (world) => {
    await inFlight(world, 5, 2);
    const client = await resumeWith(world, 5, [acknowledgement(5, 1), acknowledgement(7, 1)]);
    expect(client.messages().slice(1)).toEqual(['PUBREL #1', 'a=2 q2 dup #2', 'a=3 q2 dup #3']);
    client.vanish();
    const again = await resumeWith(world, 5, []);
    expect(again.publishes().map(({ packetId }) => packetId)).toEqual([2, 3]);
  }),
);

test(
  'what is for nothing is answered as ever: PUBREC of an unknown identifier, and a PUBACK for QoS 2',
  inWorld(async (world) => {
    await inFlight(world, 5, 2);
    const client = await resumeWith(world, 5, [acknowledgement(5, 9)]);
    expect(client.messages().slice(1, 2)).toEqual(['PUBREL #9 92']);
    client.vanish();
    const wrong = await resumeWith(world, 5, [acknowledgement(4, 1)]);
    expect(wrong.messages().at(-1)).toBe('DISCONNECT 82');
  }),
);
