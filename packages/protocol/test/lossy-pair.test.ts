import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWire } from './byte-wire.ts';
import { isRefused, Receiver, Sender, Wire } from './lossy-pair.ts';

class Pair {
  readonly sender = new Sender();
  readonly receiver = new Receiver();
  published: { message: number; qos: 1 | 2 }[] = [];
  readonly #newWire: () => Wire;
  toReceiver = new Wire();
  toSender = new Wire();

  constructor(newWire: () => Wire = () => new Wire()) {
    this.#newWire = newWire;
  }

  publish(count: number, qos: (message: number) => 1 | 2): void {
    for (let i = 0; i < count; i++) {
      const message = this.published.length + 1;
      this.published.push({ message, qos: qos(message) });
      this.sender.backlog.push({ message, qos: qos(message) });
    }
    this.sender.pump();
  }

  /** The old connection is gone with all that was under way, a half-written packet included. */
  connect(receiveMaximum: number): void {
    this.toReceiver = this.#newWire();
    this.toSender = this.#newWire();
    this.receiver.connected(this.toSender, receiveMaximum);
    this.sender.connected(this.toReceiver, receiveMaximum);
  }

  /** A connection that lasts until both ends have nothing more to say. */
  settle(): void {
    for (let turn = 0; turn < 100_000; turn++) {
      if (this.toReceiver.length + this.receiver.held.length + this.toSender.length === 0) return;
      this.toReceiver.arrive(Infinity, (packet) => this.receiver.receive(packet));
      this.receiver.acknowledge(Infinity);
      this.toSender.arrive(Infinity, (packet) => this.sender.receive(packet));
    }
    expect.unreachable('the pair never comes to rest');
  }

  checkQuotas(): void {
    const { sender, receiver } = this;
    expect(sender.outstanding.size).toBeLessThanOrEqual(sender.receiveMaximum); // [MQTT-3.3.4-7]
    expect(sender.window.quota).toBe(sender.receiveMaximum - sender.outstanding.size);
    expect(receiver.quota.outstanding).toBeLessThanOrEqual(sender.outstanding.size);
  }

  checkDelivery(): void {
    const times = new Map<number, number>();
    for (const { message } of this.receiver.delivered)
      times.set(message, (times.get(message) ?? 0) + 1);
    const expected = this.published.filter(({ message, qos }) => qos === 1 || !isRefused(message));
    // order of first deliveries, and at least once for all
    expect([...times.keys()]).toEqual(expected.map(({ message }) => message));
    for (const { message, qos } of expected) if (qos === 2) expect(times.get(message)).toBe(1);
  }

  checkDrained(): void {
    const { sender, receiver } = this;
    expect([sender.backlog.length, sender.window.size, sender.window.resending]).toEqual([
      0,
      0,
      false,
    ]);
    expect([sender.window.quota, receiver.qos2.size, receiver.quota.outstanding]).toEqual([
      sender.receiveMaximum,
      0,
      0,
    ]);
  }
}

type Step = (pair: Pair) => void;

const some = fc.integer({ min: 1, max: 40 });
const receiveMaximum = fc.oneof(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 5, max: 80 }),
  fc.constant(65_535),
);
const mixture = fc.constantFrom<(message: number) => 1 | 2>(
  () => 1,
  () => 2,
  (message) => (message % 3 === 0 ? 1 : 2),
);
const publish = fc.tuple(some, mixture).map(
  ([count, qos]): Step =>
    (pair) =>
      pair.publish(count, qos),
);
const toReceiver = some.map(
  (count): Step =>
    ({ toReceiver: wire, receiver }) =>
      wire.arrive(count, (packet) => receiver.receive(packet)),
);
const toSender = some.map(
  (count): Step =>
    ({ toSender: wire, sender }) =>
      wire.arrive(count, (packet) => sender.receive(packet)),
);
const acknowledge = some.map(
  (count): Step =>
    ({ receiver }) =>
      receiver.acknowledge(count),
);
const breaks = fc
  .record({ receiveMaximum, sender: fc.boolean(), receiver: fc.boolean() })
  .map((how): Step => (pair) => {
    if (how.sender) pair.sender.restart();
    if (how.receiver) pair.receiver.restart();
    pair.connect(how.receiveMaximum);
  });
const settle = fc.constant<Step>((pair) => pair.settle());
const ordinary = [
  publish,
  toReceiver,
  toReceiver,
  toSender,
  toSender,
  acknowledge,
  acknowledge,
  breaks,
  settle,
];

const where = fc.tuple(fc.nat(200), fc.nat(200), fc.boolean());
const swap = where.map(
  ([one, other, back]): Step =>
    (pair) =>
      (back ? pair.toSender : pair.toReceiver).swapAcknowledgements(one, other),
);
const duplicate = where.map(
  ([one, at, back]): Step =>
    (pair) =>
      (back ? pair.toSender : pair.toReceiver).duplicateAcknowledgement(one, at),
);

function run(steps: readonly Step[], pair = new Pair()): Pair {
  pair.connect(10);
  for (const step of steps) {
    step(pair);
    pair.checkQuotas();
  }
  pair.settle();
  pair.checkQuotas();
  pair.checkDelivery();
  pair.checkDrained();
  return pair;
}

test('connections that break anywhere: QoS 2 exactly once, QoS 1 at least once, in order, within the quota', () => {
  const steps = fc.array(fc.oneof(...ordinary), { maxLength: 150, size: 'max' });
  fc.assert(
    fc.property(steps, (drives) => {
      // within one connection nothing is lost, so no acknowledgement is ever a surprise
      expect(run(drives).sender.unexpected).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

test('acknowledgements that come twice and in any order do no harm either', () => {
  const steps = fc.array(fc.oneof(...ordinary, swap, swap, duplicate, duplicate), {
    maxLength: 150,
    size: 'max',
  });
  fc.assert(
    fc.property(steps, (drives) => {
      const { unexpected } = run(drives).sender;
      // unknown ones at most, no violation
      expect(unexpected.filter((what) => !what.endsWith(' 0'))).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

test('connections of MQTT 5.0 bytes that break inside of packets', () => {
  const bytes = fc.integer({ min: 1, max: 400 });
  const forth = bytes.map(
    (count): Step =>
      ({ toReceiver: wire, receiver }) =>
        wire.arrive(count, (packet) => receiver.receive(packet)),
  );
  const back = bytes.map(
    (count): Step =>
      ({ toSender: wire, sender }) =>
        wire.arrive(count, (packet) => sender.receive(packet)),
  );
  const steps = fc.array(
    fc.oneof(publish, forth, forth, back, back, acknowledge, acknowledge, breaks, settle),
    {
      maxLength: 150,
      size: 'max',
    },
  );
  fc.assert(
    fc.property(steps, (drives) => {
      expect(run(drives, new Pair(() => new ByteWire())).sender.unexpected).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('a connection that breaks after every single packet still gets everything through', () => {
  const qos = fc.array(fc.constantFrom<1 | 2>(1, 2), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(qos, fc.integer({ min: 1, max: 10 }), (each, maximum) => {
      const pair = new Pair();
      pair.connect(maximum);
      pair.publish(each.length, (message) => each[message - 1] ?? 1);
      for (let i = 0; i < each.length * 4 && pair.sender.window.size > 0; i++) {
        pair.toReceiver.arrive(1, (packet) => pair.receiver.receive(packet));
        pair.receiver.acknowledge(1);
        pair.toSender.arrive(1, (packet) => pair.sender.receive(packet));
        pair.checkQuotas();
        pair.connect(maximum);
      }
      pair.checkDelivery();
      pair.checkDrained();
    }),
  );
});

test('a long life: 150,000 messages over connections that break, past the end of the identifiers', () => {
  const pair = new Pair();
  pair.connect(20);
  for (let i = 1; i <= 3000; i++) {
    pair.publish(50, (message) => (message % 2 === 0 ? 1 : 2));
    pair.toReceiver.arrive(i % 23, (packet) => pair.receiver.receive(packet));
    pair.receiver.acknowledge(i % 19);
    pair.toSender.arrive(i % 17, (packet) => pair.sender.receive(packet));
    pair.connect((i % 40) + 1);
    pair.settle();
  }
  pair.checkDelivery();
  pair.checkDrained();
});
