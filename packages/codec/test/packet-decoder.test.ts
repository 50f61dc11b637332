import { describe, expect, test } from 'vitest';
import {
  encode,
  type Packet,
  PacketDecoder,
  type PacketMemory,
  type PacketSink,
  TopicTable,
} from '../src/index.ts';
import { decodeChunks, recorder } from './drive.ts';
import { connect, hex, integer, join, packet, publish, text } from './wire.ts';

const server = { role: 'server', protocolVersion: 4 } as const;
const pingreq = hex('c0 00');
const topics = (packets: Packet[]): unknown[] =>
  packets.map((each) => (each.type === 3 ? each.topicName : each.type));

describe('limits', () => {
  const sized = (size: number): Uint8Array => {
    const body = size - 2 - (size > 129 ? 1 : 0);
    return join(0x30, integer(body), text('t'), new Uint8Array(body - 3));
  };

  test.each([20, 129, 131, 1000])(
    'a packet of exactly the Maximum Packet Size passes: %i',
    (size) => {
      const wire = sized(size);
      expect(wire).toHaveLength(size);
      const exact = { ...server, maximumPacketSize: size };
      expect(decodeChunks([wire.slice()], exact)).toMatchObject({
        packets: [{ type: 3 }],
        error: undefined,
      });
      const less = { ...server, maximumPacketSize: size - 1 };
      for (const chunks of [
        [wire.slice()],
        [wire.slice(0, 3)],
        Array.from(wire.slice(0, 3), (b) => hex(b.toString(16).padStart(2, '0'))),
      ]) {
        // the fixed header is enough
        expect(decodeChunks(chunks, less).error).toMatchObject({ reasonCode: 0x95, packetType: 3 });
      }
    },
  );

  test('a smaller one holds for the first packet of a server', () => {
    const limits = { role: 'server', maximumPacketSize: 1000, maximumConnectSize: 50 } as const;
    const long = connect({ level: 4, clientId: text('c'.repeat(40)) });
    expect(decodeChunks([long.slice(0, 2)], limits).error).toMatchObject({
      reasonCode: 0x95,
      packetType: 1,
    });
    const short = connect({ level: 4 });
    expect(decodeChunks([join(short, sized(900))], limits)).toMatchObject({ error: undefined });
  });

  test('may change between packets', () => {
    const sink = recorder();
    const decoder = new PacketDecoder(sink, { role: 'client', protocolVersion: 4 });
    sink.packet = () => void (decoder.maximumPacketSize = 10);
    decoder.receive(join(hex('20 02 00 00'), publish(4), sized(11)));
    expect(topics(sink.packets)).toEqual(['a/b']);
    expect(sink.error?.reasonCode).toBe(0x95);
  });

  test('an idle decoder holds nothing, and a claimed length reserves nothing', () => {
    const decoder = new PacketDecoder(recorder(), server);
    decoder.receive(join(0x30, integer(268_435_455), text('t')));
    expect(decoder.midPacket).toBe(true);
    expect(decoder.bufferedBytes).toBe(8);
    const before = process.memoryUsage().arrayBuffers;
    const many = Array.from({ length: 200 }, () => {
      const each = new PacketDecoder(recorder(), server);
      each.receive(join(0x30, integer(268_435_455), text('t'), new Uint8Array(1000)));
      return each;
    });
    // four times what was sent, and no more
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 1008 * 6);
    expect(many.every((each) => each.bufferedBytes === 1008)).toBe(true);
    decoder.close();
    expect(decoder.bufferedBytes).toBe(0);
    expect(decoder.midPacket).toBe(false);
  });
});

describe('large packets', () => {
  test.each([16_384, 70_000, 1_048_576, 3_000_000])('%i bytes in chunks of any size', (length) => {
    const payload = Uint8Array.from({ length }, (_, at) => at * 31);
    const wire = join(
      pingreq,
      encode({ type: 3, topicName: 't', payload, qos: 0, dup: false, retain: false }, 4),
      pingreq,
    );
    for (const size of [1000, 16_000]) {
      const sink = recorder();
      let owned: boolean[] = [];
      const publishes = sink.publish.bind(sink);
      sink.publish = (view) => {
        owned = [
          view.owned,
          view.bytes.byteLength === view.bytes.buffer.byteLength,
          view.start === 0,
        ];
        publishes(view);
      };
      const decoder = new PacketDecoder(sink, server);
      for (let at = 0; at < wire.length; at += size) decoder.receive(wire.subarray(at, at + size));
      expect(topics(sink.packets)).toEqual([12, 't', 12]);
      const received = sink.packets[1];
      expect(received?.type === 3 && Buffer.compare(received.payload, payload)).toBe(0);
      expect(owned).toEqual([true, true, true]);
      expect(decoder.midPacket).toBe(false);
    }
  });
});

describe('memory for packets in pieces', () => {
  /** Gives blocks that are larger than needed, and spoils those that come back. */
  function lending(): { lent: Set<Uint8Array>; memory: PacketMemory } {
    const lent = new Set<Uint8Array>();
    const memory: PacketMemory = {
      acquire(size) {
        const block = new Uint8Array(size + 100).fill(0xee);
        lent.add(block);
        return block;
      },
      release(block) {
        lent.delete(block);
        block.fill(0xee);
      },
    };
    return { lent, memory };
  }

  const wire = join(
    publish(4, { payload: new Uint8Array(5_000).fill(1) }),
    pingreq,
    publish(4, { topic: text('c'), payload: new Uint8Array(70_000).fill(2) }),
    publish(4),
  );

  test.each([1, 3, 1_000, 60_000])(
    'is given back when its packet was shown: chunks of %i',
    (size) => {
      const { lent, memory } = lending();
      const sink = recorder();
      const decoder = new PacketDecoder(sink, { ...server, memory });
      for (let at = 0; at < wire.length; at += size) decoder.receive(wire.slice(at, at + size));
      expect(sink.packets).toEqual(decodeChunks([wire.slice()], server).packets);
      expect(lent.size).toBe(0);
    },
  );

  test('stays with whoever keeps it', () => {
    const { lent, memory } = lending();
    const sink = recorder();
    const kept: [Uint8Array, number, number][] = [];
    sink.publish = (view) => {
      if (kept.length > 0 || !view.owned) return;
      view.keep();
      kept.push([view.bytes, view.payloadStart, view.end]);
    };
    const decoder = new PacketDecoder(sink, { ...server, memory });
    for (let at = 0; at < wire.length; at += 1_000) decoder.receive(wire.slice(at, at + 1_000));
    const [[bytes, from, to] = [hex(''), 0, 0]] = kept;
    expect(Array.from(lent)).toEqual([bytes]);
    expect(bytes.slice(from, to)).toEqual(new Uint8Array(5_000).fill(1));
  });

  test('is given back by a decoder that is closed in between', () => {
    const { lent, memory } = lending();
    const decoder = new PacketDecoder(recorder(), { ...server, memory });
    decoder.receive(wire.subarray(0, 4_000));
    expect(lent.size).toBe(1);
    decoder.close();
    expect(lent.size).toBe(0);
  });
});

describe('pause and resume', () => {
  const wire = join(publish(4), pingreq, publish(4, { topic: text('c') }), pingreq);

  test.each([1, 2, 3, 7, 100])('nothing is lost, doubled or reordered: chunks of %i', (size) => {
    const sink = recorder();
    const decoder = new PacketDecoder(
      pausing(sink, () => decoder.pause()),
      server,
    );
    for (let at = 0; at < wire.length; at += size) {
      const chunk = wire.slice(at, at + size);
      decoder.receive(chunk);
      chunk.fill(0xee);
    }
    for (let turns = 0; decoder.paused; turns++) {
      expect(sink.packets).toHaveLength(turns + 1);
      decoder.resume();
    }
    expect(topics(sink.packets)).toEqual(['a/b', 12, 'c', 12]);
    expect(decoder.bufferedBytes).toBe(0);
  });

  test('a stable chunk is kept as it is', () => {
    const sink = recorder();
    const decoder = new PacketDecoder(
      pausing(sink, () => decoder.pause()),
      server,
    );
    const chunk = join(publish(4), pingreq);
    decoder.receive(chunk, true);
    expect(decoder.bufferedBytes).toBe(2);
    // what nobody should do: it shows that no copy was made
    chunk.set(hex('e0 00'), chunk.length - 2);
    decoder.resume();
    expect(topics(sink.packets)).toEqual(['a/b', 14]);
  });

  test('pausing and resuming inside one call goes on', () => {
    const sink = recorder();
    const toggled = pausing(sink, () => {
      decoder.pause();
      decoder.resume();
    });
    const decoder = new PacketDecoder(toggled, server);
    decoder.receive(wire);
    expect(topics(sink.packets)).toEqual(['a/b', 12, 'c', 12]);
  });

  test('paused before anything came', () => {
    const sink = recorder();
    const decoder = new PacketDecoder(sink, server);
    decoder.pause();
    decoder.receive(wire.slice(0, 5));
    decoder.receive(wire.slice(5));
    expect(sink.packets).toEqual([]);
    expect(decoder.bufferedBytes).toBe(wire.length);
    decoder.resume();
    expect(topics(sink.packets)).toEqual(['a/b', 12, 'c', 12]);
  });

  test('receive from inside a sink call waits its turn', () => {
    const sink = recorder();
    let again = true;
    const decoder = new PacketDecoder(
      pausing(sink, () => {
        if (again) decoder.receive(join(hex('e0 00')));
        again = false;
      }),
      server,
    );
    decoder.receive(join(publish(4), pingreq));
    expect(topics(sink.packets)).toEqual(['a/b', 12, 14]);
  });
});

describe('close', () => {
  test('inside a sink call ends all', () => {
    const sink = recorder();
    const decoder = new PacketDecoder(
      pausing(sink, () => decoder.close()),
      server,
    );
    decoder.receive(join(publish(4), pingreq, hex('ff')));
    decoder.receive(pingreq);
    decoder.resume();
    expect(topics(sink.packets)).toEqual(['a/b']);
    expect(sink.error).toBeUndefined();
  });

  test('after an error nothing comes', () => {
    const sink = recorder();
    const decoder = new PacketDecoder(sink, server);
    decoder.receive(hex('00 00'));
    decoder.receive(pingreq);
    expect(sink.packets).toEqual([]);
    expect(sink.error?.reasonCode).toBe(0x81);
  });

  test('a sink that throws finishes the decoder, and its error comes out', () => {
    const sink = recorder();
    const broken = new Error('broken sink');
    sink.packet = () => {
      throw broken;
    };
    const decoder = new PacketDecoder(sink, server);
    expect(() => decoder.receive(join(pingreq, publish(4)))).toThrow(broken);
    decoder.receive(publish(4));
    expect(sink.packets).toEqual([]);
  });
});

test('a client needs to know its version', () => {
  expect(() => new PacketDecoder(recorder(), { role: 'client' })).toThrow(TypeError);
});

test('the version comes from the CONNECT', () => {
  const decoder = new PacketDecoder(recorder(), { role: 'server' });
  expect(decoder.protocolVersion).toBe(0);
  decoder.receive(connect({ level: 5 }));
  expect(decoder.protocolVersion).toBe(5);
});

test('packetSize is that of the packet at hand', () => {
  const sink = recorder();
  const sizes: number[] = [];
  const decoder = new PacketDecoder(
    pausing(sink, () => sizes.push(decoder.packetSize)),
    server,
  );
  decoder.receive(join(publish(4), pingreq, packet(0x40, 0, 1)));
  expect(sizes).toEqual([publish(4).length, 2, 4]);
});

test('decoders may share a table of topics', () => {
  const table = new TopicTable<string>();
  const entries = [0, 1].map(() => {
    const sink = recorder();
    const seen: unknown[] = [];
    sink.publish = (view) => void seen.push(view.topic);
    new PacketDecoder(sink, { ...server, topics: table }).receive(publish(4));
    return seen[0];
  });
  expect(entries[0]).toBe(entries[1]);
  expect(table.size).toBe(1);
});

/** Does something after each packet. */
function pausing(sink: PacketSink, then: () => unknown): PacketSink {
  return {
    publish: (view) => (sink.publish(view), void then()),
    acknowledge: (...all) => (sink.acknowledge(...all), void then()),
    packet: (each) => (sink.packet(each), void then()),
    malformed: (error) => sink.malformed(error),
  };
}
