import { Duplex } from 'node:stream';
import { Decoder, type Packet, encode } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { type Broker, createBroker } from '../src/index.ts';
import { publishPacket, textOf } from './support.ts';

/** One end of a pair of streams that hand over at once what is written to them. */
class End extends Duplex {
  other: End | undefined;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.other?.push(Buffer.from(chunk));
    done();
  }
}

/** A client in this process, which hears of a message while the broker is still writing to others. */
class Client {
  readonly received: string[] = [];
  onPublish: () => void = () => undefined;
  readonly #end = new End();

  constructor(broker: Broker, clientId: string) {
    const others = new End();
    [this.#end.other, others.other] = [others, this.#end];
    const decoder = new Decoder({ role: 'client', protocolVersion: 5 });
    this.#end.on('data', (chunk: Buffer) => {
      for (const packet of decoder.decode(chunk.slice())) this.#hear(packet);
    });
    broker.handle(others, { loopback: true, address: '127.0.0.1' });
    this.say({ type: 1, protocolVersion: 5, clientId, cleanStart: true, keepAlive: 0 });
  }

  say(packet: Packet): void {
    this.#end.write(encode(packet, 5));
  }

  subscribe(topicFilter: string): this {
    const options = {
      qos: 0,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
    } as const;
    this.say({ type: 8, packetId: 1, subscriptions: [{ topicFilter, ...options }] });
    return this;
  }

  #hear(packet: Packet): void {
    if (packet.type !== 3) return;
    this.received.push(textOf(packet));
    this.onPublish();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test.each([100, 3_000, 40_000])(
  'what comes while others are written to stays as it is: %i bytes',
  async (size) => {
    await using broker = await createBroker({ sysInterval: 0 });
    const subscriber = new Client(broker, 'subscriber').subscribe('out');
    const echo = new Client(broker, 'echo').subscribe('in');
    const [one, two, three] = ['one', 'two', 'three'].map((id) => new Client(broker, id));
    for (let i = 0; i < 5; i++) await turn();
    echo.onPublish = () => {
      one?.say(publishPacket('out', 'A'.repeat(size)));
      queueMicrotask(() => two?.say(publishPacket('out', 'B'.repeat(size))));
      process.nextTick(() => three?.say(publishPacket('out', 'C'.repeat(size))));
    };
    for (let i = 0; i < 20; i++) {
      three?.say(publishPacket('in', 'go'));
      for (let turns = 0; turns < 5; turns++) await turn();
    }
    const expected = ['A', 'B', 'C'].flatMap((letter) =>
      Array.from({ length: 20 }, () => letter.repeat(size)),
    );
    expect(subscriber.received.toSorted()).toEqual(expected);
  },
);
