import { describe, expect, test } from 'vitest';
import { TransportError } from '@wellhead/transport';
import {
  memoryListener,
  MemoryNetwork,
  memoryPair,
  type MemoryPairOptions,
  randomSplit,
} from '@wellhead/transport/memory';
import { Log } from './log.ts';

function startedPair(options?: MemoryPairOptions): {
  network: MemoryNetwork;
  client: ReturnType<typeof memoryPair>[0];
  server: ReturnType<typeof memoryPair>[1];
  atClient: Log;
  atServer: Log;
} {
  const network = new MemoryNetwork();
  const [client, server] = memoryPair({ network, ...options });
  const [atClient, atServer] = [new Log(), new Log()];
  client.start(atClient);
  server.start(atServer);
  return { network, client, server, atClient, atServer };
}

describe('a network with a clock', () => {
  test('nothing moves until it is pumped', () => {
    const { network, client, atServer } = startedPair();
    client.write(Uint8Array.of(1));
    expect(atServer.calls).toEqual([]);
    expect(client.pendingBytes).toBe(1);
    expect(network.pump()).toBe(1);
    expect(atServer.calls).toEqual(['data 1']);
    expect(client.pendingBytes).toBe(0);
    expect(network.pump()).toBe(0);
  });

  test('what a receiver writes moves in the same pump', () => {
    const { network, client, server, atClient, atServer } = startedPair();
    atServer.onData = (bytes) => server.write(Uint8Array.from(bytes, (byte) => byte + 1));
    client.write(Uint8Array.of(1, 2));
    network.pump();
    expect(atClient.calls).toEqual(['data 2,3']);
  });

  test('bytes take their latency, also on the way back', () => {
    const { network, client, server, atClient, atServer } = startedPair({ latency: 3 });
    atServer.onData = (bytes) => server.write(bytes.slice());
    client.write(Uint8Array.of(7));
    network.advance(2);
    expect(atServer.calls).toEqual([]);
    network.advance(1);
    expect(atServer.calls).toEqual(['data 7']);
    network.advance(2);
    expect(atClient.calls).toEqual([]);
    network.advance(1);
    expect([atClient.calls, network.now]).toEqual([['data 7'], 6]);
  });

  test('an end arrives behind the bytes before it', () => {
    const { network, client, atClient, atServer } = startedPair({ latency: 2 });
    client.write(Uint8Array.of(7));
    network.advance(1);
    client.close();
    network.advance(1);
    expect(atServer.calls).toEqual(['data 7']);
    network.advance(1);
    expect(atServer.calls).toEqual(['data 7', 'closed']);
    expect(atClient.calls).toEqual(['closed']);
  });
});

describe('a wire', () => {
  test('splits writes into pieces of a size', () => {
    const { network, client, atServer } = startedPair({ split: 2 });
    client.write(Uint8Array.of(1, 2, 3, 4, 5));
    client.write(Uint8Array.of(6));
    network.pump();
    expect(atServer.calls).toEqual(['data 1,2', 'data 3,4', 'data 5', 'data 6']);
  });

  test('splits the same way for the same seed', () => {
    const sizes = (seed: number): number[] => {
      const { network, client, atServer } = startedPair({ split: randomSplit(seed) });
      client.write(new Uint8Array(500));
      network.pump();
      return atServer.sizes;
    };
    expect(sizes(1)).toEqual(sizes(1));
    expect(sizes(1)).not.toEqual(sizes(2));
    expect(sizes(1).reduce((sum, size) => sum + size)).toBe(500);
    expect(sizes(1).length).toBeGreaterThan(1);
  });

  test('breaks after so many bytes, and both ends hear of it', () => {
    const { network, client, atClient, atServer } = startedPair({ loseAfter: 4 });
    client.write(Uint8Array.of(1, 2, 3));
    client.write(Uint8Array.of(4, 5, 6));
    network.pump();
    expect(atServer.calls).toEqual(['data 1,2,3', 'data 4', 'closed TRANSPORT_CONNECTION_LOST']);
    expect(atClient.calls).toEqual(['closed TRANSPORT_CONNECTION_LOST']);
  });

  test('that is severed loses what was on its way', () => {
    const { network, client, server, atClient, atServer } = startedPair();
    client.write(Uint8Array.of(1));
    server.sever();
    network.pump();
    expect(atServer.calls).toEqual(['closed TRANSPORT_CONNECTION_LOST']);
    expect(atClient.calls).toEqual(['closed TRANSPORT_CONNECTION_LOST']);
  });

  test('that vanishes tells nobody', () => {
    const { network, client, server, atClient, atServer } = startedPair();
    client.write(Uint8Array.of(1));
    client.vanish();
    client.write(Uint8Array.of(2));
    server.write(Uint8Array.of(3));
    client.close();
    network.pump();
    expect(atServer.calls).toEqual([]);
    expect(atClient.calls).toEqual(['closed']);
    expect(client.pendingBytes + server.pendingBytes).toBe(0);
  });

  test('has the mark that it is given', () => {
    const { network, client, server, atClient } = startedPair({ highWaterMark: 10 });
    server.pause();
    expect(client.write(new Uint8Array(9))).toBe(true);
    expect(client.write(new Uint8Array(1))).toBe(false);
    network.pump();
    expect(atClient.calls).toEqual([]);
    server.resume();
    network.pump();
    expect(atClient.calls).toEqual(['drain']);
  });

  test('overwrites each chunk afterwards, unless chunks are stable', () => {
    const kept = (stableChunks: boolean): number[] => {
      const { network, client, atServer } = startedPair({ stableChunks });
      let chunk: Uint8Array = new Uint8Array(0);
      atServer.onData = (bytes) => (chunk = bytes);
      client.write(Uint8Array.of(1, 2));
      network.pump();
      return [...chunk];
    };
    expect(kept(true)).toEqual([1, 2]);
    expect(kept(false)).toEqual([0xdd, 0xdd]);
  });

  test.each<[string, MemoryPairOptions]>([
    ['latency without a clock', { latency: 1 }],
    ['a loss before the first byte', { loseAfter: 0 }],
  ])('is not made with %s', (_name, options) => {
    expect(() => memoryPair(options)).toThrow(TypeError);
  });
});

describe('a listener', () => {
  test('hands over a connection for each that connects, as it describes itself', async () => {
    const network = new MemoryNetwork();
    const listener = memoryListener({ network });
    const remotes: unknown[] = [];
    const address = await listener.listen({
      connection: (connection) => remotes.push(connection.remote),
      error: () => {},
    });
    listener.connect();
    listener.connect({ remote: { address: '10.1.2.3', loopback: false } });
    expect(address.url).toBe('memory:');
    expect(remotes).toMatchObject([
      { address: 'memory', loopback: true, transport: 'memory' },
      { address: '10.1.2.3', loopback: false, transport: 'memory' },
    ]);
  });

  test('accepts nobody before it listens and after it closed', async () => {
    const listener = memoryListener();
    expect(() => listener.connect()).toThrow(TransportError);
    await listener.listen({ connection: () => {}, error: () => {} });
    listener.connect();
    await listener.close();
    await listener.close();
    expect(() => listener.connect()).toThrow(TransportError);
  });
});
