import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AckOutcome } from '../src/ack-outcome.ts';
import { OutboundWindow } from '../src/outbound-window.ts';

/** The window as one array in sending order: obvious and slow. */
class NaiveWindow {
  exchanges: Exchange[] = [];
  reserved: number[] = [];
  receiveMaximum = 0;

  get quota(): number {
    return this.receiveMaximum - this.exchanges.filter((exchange) => exchange.counted).length;
  }

  get resending(): boolean {
    return this.exchanges.some((exchange) => exchange.pending);
  }

  get maySend(): boolean {
    const free = this.exchanges.length + this.reserved.length < 65_535;
    return this.quota > 0 && !this.resending && free;
  }

  find(packetId: number): Exchange | undefined {
    return this.exchanges.find((exchange) => exchange.packetId === packetId);
  }

  inUse(packetId: number): boolean {
    return this.find(packetId) !== undefined || this.reserved.includes(packetId);
  }

  remove(exchange: Exchange): void {
    this.exchanges.splice(this.exchanges.indexOf(exchange), 1);
  }

  connected(receiveMaximum: number): void {
    this.receiveMaximum = receiveMaximum;
    for (const exchange of this.exchanges)
      Object.assign(exchange, { counted: false, pending: true });
  }

  acknowledge(
    kind: 'puback' | 'pubrec' | 'pubcomp',
    packetId: number,
    reasonCode: number,
  ): AckOutcome {
    const exchange = this.find(packetId);
    if (exchange === undefined) return AckOutcome.Unknown;
    if ((kind === 'puback') !== (exchange.qos === 1)) return AckOutcome.Violation;
    if (kind === 'pubcomp' && !exchange.released) return AckOutcome.Violation;
    if (kind === 'pubrec' && (exchange.released || reasonCode < 0x80)) {
      const again = exchange.released;
      Object.assign(exchange, { released: true, pending: false });
      return again ? AckOutcome.ReleaseAgain : AckOutcome.Release;
    }
    this.remove(exchange);
    return AckOutcome.Completed;
  }

  resendNext(): Exchange | undefined {
    const next = this.exchanges.find(
      ({ pending, released }) => pending && (released || this.quota > 0),
    );
    if (next !== undefined) Object.assign(next, { pending: false, counted: !next.released });
    return next;
  }
}

interface Exchange {
  packetId: number;
  qos: 1 | 2;
  message: number;
  released: boolean;
  counted: boolean;
  pending: boolean;
}

interface World {
  readonly model: NaiveWindow;
  readonly window: OutboundWindow<number>;
  messages: number;
}

type Step = (world: World) => void;

const qos = fc.constantFrom<1 | 2>(1, 2);
/** Either one that is in flight, by its place, or any number. */
const target = fc.record({ place: fc.nat(400), stray: fc.option(fc.nat(65_600), { freq: 10 }) });

function pick({ model }: World, { place, stray }: { place: number; stray: number | null }): number {
  if (stray !== null) return stray;
  return model.exchanges[place % Math.max(1, model.exchanges.length)]?.packetId ?? 1;
}

function send(world: World, quality: 1 | 2): void {
  const { model, window } = world;
  const maySend = model.maySend;
  const packetId = window.send(quality, ++world.messages);
  expect(packetId !== 0).toBe(maySend);
  if (packetId === 0) return;
  expect(packetId).toBeGreaterThan(0);
  expect(packetId).toBeLessThan(65_536);
  expect(model.inUse(packetId)).toBe(false);
  model.exchanges.push({
    packetId,
    qos: quality,
    message: world.messages,
    released: false,
    counted: true,
    pending: false,
  });
}

function acknowledge(
  world: World,
  kind: 'puback' | 'pubrec' | 'pubcomp',
  packetId: number,
  reasonCode: number,
): void {
  const { model, window } = world;
  const exchange = model.find(packetId);
  const expected = model.acknowledge(kind, packetId, reasonCode);
  expect(kind === 'pubrec' ? window.pubrec(packetId, reasonCode) : window[kind](packetId)).toBe(
    expected,
  );
  expect([window.lastMessage, window.lastQoS]).toEqual([exchange?.message, exchange?.qos ?? 0]);
}

const sendMany = fc
  .tuple(fc.integer({ min: 1, max: 300 }), qos)
  .map(([count, quality]): Step => (world) => {
    for (let i = 0; i < count; i++) send(world, quality);
  });
const acknowledgeOne = fc
  .tuple(
    fc.constantFrom('puback' as const, 'pubrec' as const, 'pubcomp' as const),
    target,
    fc.constantFrom(0, 0x10, 0x80, 0x97),
  )
  .map(
    ([kind, at, reasonCode]): Step =>
      (world) =>
        acknowledge(world, kind, pick(world, at), reasonCode),
  );
/** Ends what is in flight from one end or the other, so that windows drain as well as fill. */
const acknowledgeMany = fc
  .tuple(fc.integer({ min: 1, max: 400 }), fc.boolean())
  .map(([count, newest]): Step => (world) => {
    for (let i = 0; i < count; i++) {
      const exchange = world.model.exchanges.at(newest ? -1 : 0);
      if (exchange === undefined) return;
      if (exchange.qos === 2) acknowledge(world, 'pubrec', exchange.packetId, 0);
      acknowledge(world, exchange.qos === 2 ? 'pubcomp' : 'puback', exchange.packetId, 0);
    }
  });
/** Moves the identifiers on, past the end of their range sooner or later. */
const cycle = fc.integer({ min: 1, max: 40_000 }).map((count): Step => ({ model, window }) => {
  if (!model.maySend) return;
  for (let i = 0; i < count; i++) window.puback(window.send(1, undefined));
});
const connect = fc
  .oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 500 }), fc.constant(65_535))
  .map((receiveMaximum): Step => ({ model, window }) => {
    model.connected(receiveMaximum);
    window.connected(receiveMaximum);
  });
const resend = fc.integer({ min: 1, max: 500 }).map((count): Step => ({ model, window }) => {
  for (let i = 0; i < count; i++) {
    const next = model.resendNext();
    expect(window.resendNext()).toBe(next !== undefined);
    if (next === undefined) return;
    expect([
      window.resendPacketId,
      window.resendQoS,
      window.resendReleased,
      window.resendMessage,
    ]).toEqual([next.packetId, next.qos, next.released, next.message]);
  }
});
const restore = fc
  .tuple(fc.integer({ min: 1, max: 65_535 }), qos, fc.boolean())
  .map(([packetId, quality, past]): Step => (world) => {
    const { model, window } = world;
    const released = past && quality === 2;
    const call = (): void => window.restore(packetId, quality, released, world.messages);
    if (model.inUse(packetId)) return expect(call).toThrow(TypeError);
    call();
    model.exchanges.push({
      packetId,
      qos: quality,
      message: world.messages++,
      released,
      counted: false,
      pending: true,
    });
  });
/** What a restart does: everything in flight goes through a store into a new window. */
const restart = fc.integer({ min: 1, max: 100 }).map((receiveMaximum): Step => (world) => {
  const window = new OutboundWindow<number>();
  world.window.forEach((packetId, quality, released, message) =>
    window.restore(packetId, quality, released, message),
  );
  world.model.reserved = [];
  Object.assign(world, { window });
  world.model.connected(receiveMaximum);
  window.connected(receiveMaximum);
});
const dropOne = target.map((at): Step => (world) => {
  const packetId = pick(world, at);
  const exchange = world.model.find(packetId);
  if (exchange !== undefined) world.model.remove(exchange);
  expect(world.window.drop(packetId)).toBe(exchange?.message);
});
const reserve = fc.constant<Step>(({ model, window }) => {
  const packetId = window.reserve();
  expect(packetId !== 0 && !model.inUse(packetId)).toBe(true);
  model.reserved.push(packetId);
});
const unreserve = target.map((at): Step => (world) => {
  const { reserved } = world.model;
  const packetId = at.stray ?? reserved[at.place % Math.max(1, reserved.length)] ?? 1;
  const place = reserved.indexOf(packetId);
  if (place >= 0) reserved.splice(place, 1);
  expect(world.window.unreserve(packetId)).toBe(place >= 0);
});
const trim = fc.constant<Step>(({ window }) => window.trim());
const clear = fc.constant<Step>(({ model, window }) => {
  window.clear();
  model.exchanges = [];
  model.reserved = [];
});

function agree({ model, window }: World): void {
  expect([window.size, window.quota, window.resending]).toEqual([
    model.exchanges.length,
    model.quota,
    model.resending,
  ]);
}

function agreeOnOrder({ model, window }: World): void {
  const seen: unknown[] = [];
  window.forEach((packetId, quality, released, message) =>
    seen.push([packetId, quality, released, message]),
  );
  expect(seen).toEqual(
    model.exchanges.map((exchange) => [
      exchange.packetId,
      exchange.qos,
      exchange.released,
      exchange.message,
    ]),
  );
  for (const { packetId } of model.exchanges) expect(window.has(packetId)).toBe(true);
}

test('the window behaves like an array in sending order', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: sendMany },
    { weight: 8, arbitrary: acknowledgeOne },
    { weight: 4, arbitrary: acknowledgeMany },
    { weight: 1, arbitrary: cycle },
    { weight: 3, arbitrary: connect },
    { weight: 4, arbitrary: resend },
    { weight: 2, arbitrary: restore },
    { weight: 1, arbitrary: restart },
    { weight: 2, arbitrary: dropOne },
    { weight: 1, arbitrary: reserve },
    { weight: 1, arbitrary: unreserve },
    { weight: 1, arbitrary: trim },
    { weight: 1, arbitrary: clear },
  );
  const steps = fc.array(step, { maxLength: 120, size: 'max' });
  fc.assert(
    fc.property(steps, (drives) => {
      const world: World = {
        model: new NaiveWindow(),
        window: new OutboundWindow<number>(),
        messages: 0,
      };
      for (const drive of drives) {
        drive(world);
        agree(world);
      }
      agreeOnOrder(world);
    }),
    { numRuns: 150 },
  );
});
