import { type Packet, type ProtocolVersion, type QoS, encode } from '@wellhead/codec';
import type { BrokerLimits } from '../../src/index.ts';
import { TOPICS } from './invariants.ts';
import { Random } from './random.ts';
import type { ConnectStep, FilterStep, FuzzCase, PublishStep, Step, StoreMode } from './step.ts';

/** A case that depends on the seed alone. */
export function generateCase(seed: number, length: number): FuzzCase {
  const random = new Random(seed * 7_919 + 1);
  const store: StoreMode = random.pick(['at-once', 'at-once', 'later', 'in-order']);
  const generator = new Generator(random, {
    store,
    isWild: random.oneIn(4),
    asksHooks: random.oneIn(3),
    failsCommits: random.oneIn(4),
    crashes: store !== 'at-once' && random.oneIn(2),
    isBatched: !random.oneIn(3),
  });
  const steps: Step[] = [];
  while (steps.length < length) steps.push(...generator.next());
  return { store, limits: limitsOf(random), steps };
}

interface Kind {
  readonly store: StoreMode;
  /** Sends bytes that are no packets. */
  readonly isWild: boolean;
  readonly asksHooks: boolean;
  readonly failsCommits: boolean;
  readonly crashes: boolean;
  /** Several things happen in one turn. */
  readonly isBatched: boolean;
}

/** Small ones, so that they are met. */
function limitsOf(random: Random): Partial<BrokerLimits> {
  const maximumQueuedMessages = random.pick([2_000, 2_000, 6]);
  return {
    receiveMaximum: random.pick([1_024, 4, 1]),
    maximumInflight: random.pick([1_024, 3]),
    topicAliasMaximum: 3,
    takeOversPerMinute: 1_000_000,
    maximumPacketSize: 4_096,
    maximumQueuedMessages,
    maximumPendingBytes: random.pick([16_777_216, 2_000]),
    maximumRetainedMessages: random.pick([100, 3]),
    maximumSessions: random.pick([100, 3]),
    maximumSubscriptionsPerSession: random.pick([100, 3]),
    deliveriesPerTurn: random.pick([20_000, 20_000, 1, 2]),
  };
}

/** Makes steps that mostly mean something: it keeps in mind which slots are likely to be in use. */
class Generator {
  readonly #random: Random;
  readonly #kind: Kind;
  readonly #versions = new Map<number, ProtocolVersion>();

  constructor(random: Random, kind: Kind) {
    this.#random = random;
    this.#kind = kind;
  }

  next(): Step[] {
    const random = this.#random;
    const slot = random.below(SLOTS);
    const made = this.#versions.has(slot) ? this.#live(slot) : this.#start(slot);
    if (!this.#kind.isBatched) return made;
    return made.map((step) => (random.oneIn(3) ? { ...step, and: true } : step));
  }

  #start(slot: number): Step[] {
    const random = this.#random;
    if (random.oneIn(20)) {
      this.#versions.set(slot, 5);
      return [{ do: 'dial', slot }];
    }
    const connect = this.#connect(slot);
    this.#versions.set(slot, connect.version);
    return random.oneIn(3) ? [connect] : [connect, this.#subscribe(slot)];
  }

  #connect(slot: number): ConnectStep {
    const random = this.#random;
    const version = random.pick<ProtocolVersion>([5, 5, 5, 4, 4, 3]);
    const isV5 = version === 5;
    const topic = random.pick(TOPICS);
    return {
      do: 'connect',
      slot,
      id: random.oneIn(30) && isV5 ? '' : random.pick(['x', 'y', 'z']),
      version,
      ...(random.oneIn(4) ? { clean: true as const } : {}),
      ...(!isV5 || random.oneIn(4) ? {} : { expiry: random.pick([0, 1, 5, 60, 60, 1_000]) }),
      ...(random.oneIn(4) ? { keepAlive: random.pick([1, 5, 60]) } : {}),
      ...(isV5 && random.oneIn(3) ? { receiveMaximum: random.pick([1, 2, 5]) } : {}),
      ...(isV5 && random.oneIn(10) ? { maximumPacketSize: random.pick([20, 30, 60, 200]) } : {}),
      ...(isV5 && random.oneIn(3) ? { aliases: random.pick([1, 2, 10]) } : {}),
      ...(random.oneIn(3)
        ? {
            will: {
              topic: topic === '$x' ? 'a' : topic,
              qos: this.#qos(),
              ...(random.oneIn(3) ? { retain: true as const } : {}),
              ...(random.oneIn(2) ? { delay: random.pick([0, 1, 10, 1_000]) } : {}),
            },
          }
        : {}),
      ...(random.oneIn(40) ? { user: random.pick(['somebody', 'stranger']) } : {}),
      ...(isV5 && random.oneIn(20) ? { auth: true as const } : {}),
      ...(random.oneIn(5) ? { split: random.below(1_000) } : {}),
      ...(random.oneIn(4) ? { highWaterMark: random.pick([1, 64, 512]) } : {}),
    };
  }

  #live(slot: number): Step[] {
    const random = this.#random;
    const kind = this.#kind;
    const make = random.weighted<() => Step[]>([
      [24, () => [this.#publish(slot)]],
      [12, () => [{ do: 'answer', slot, which: random.oneIn(3) ? random.below(5) : 0 }]],
      [6, () => [{ do: 'answer-all', slot }]],
      [2, () => [{ do: 'answer', slot, which: random.below(5), code: random.pick([0x80, 0x97]) }]],
      [2, () => [{ do: 'repeat', slot, which: random.below(4) }]],
      [8, () => [this.#subscribe(slot)]],
      [4, () => [{ do: 'unsubscribe', slot, filters: [random.pick(FILTERS)] }]],
      [2, () => [{ do: 'ping', slot }]],
      [1, () => this.#wrong(slot)],
      [3, () => this.#leave(slot)],
      [3, () => [{ do: 'pause', slot }]],
      [4, () => [{ do: 'resume', slot }]],
      [4, () => [{ do: 'advance', ms: random.pick([100, 1_000, 1_000, 5_000, 20_000]) }]],
      [1, () => [{ do: 'jump', ms: random.pick([1_000, 30_000, 200_000]) }]],
      [2, () => [this.#local()]],
      [
        0.15,
        () => [
          { do: 'burst', slot, topic: 'a', qos: this.#qos(), count: random.pick([30, 300, 1_200]) },
        ],
      ],
      [
        kind.store === 'at-once' ? 0 : 18,
        () => [{ do: 'settle', count: random.pick([1, 1, 2, 100]) }],
      ],
      [kind.failsCommits ? 1.5 : 0, () => [{ do: 'fail', count: random.pick([1, 2, 4, 10]) }]],
      [
        kind.asksHooks ? 3 : 0,
        () => [{ do: 'hooks', mode: random.pick(['at-once', 'later', 'later', 'throw']) }],
      ],
      [kind.asksHooks ? 12 : 0, () => [this.#decide()]],
      [kind.crashes ? 0.7 : 0, () => this.#crash()],
      [kind.isBatched ? 3 : 0, () => [{ do: 'pump' }]],
      [
        kind.isBatched ? 4 : 0,
        () => [{ do: 'turn', ...(random.oneIn(2) ? { settle: true } : {}) }],
      ],
      [kind.isWild ? 6 : 0, () => [this.#bytes(slot)]],
    ]);
    return make?.() ?? [];
  }

  #publish(slot: number): PublishStep {
    const random = this.#random;
    const qos = this.#qos();
    const usesAlias = this.#versions.get(slot) === 5 && random.oneIn(6);
    return {
      do: 'publish',
      slot,
      topic: random.pick(TOPICS),
      qos,
      ...(random.oneIn(6) ? { retain: true as const } : {}),
      ...(random.oneIn(4) ? { size: random.pick([0, 40, 200, 3_000]) } : {}),
      ...(random.oneIn(12) ? { expiry: random.pick([0, 1, 10]) } : {}),
      ...(usesAlias ? { alias: random.oneIn(10) ? 4 : 1 + random.below(3) } : {}),
      ...(usesAlias && random.oneIn(2) ? { aliased: true as const } : {}),
      ...(this.#kind.isWild && qos > 0 && random.oneIn(4) ? { packetId: 1 + random.below(4) } : {}),
    };
  }

  #subscribe(slot: number): Step {
    const random = this.#random;
    const filters: FilterStep[] = [];
    do {
      filters.push({
        filter: random.pick(FILTERS),
        qos: random.pick<QoS>([0, 1, 1, 2, 2]),
        ...(random.oneIn(8) ? { noLocal: true as const } : {}),
        ...(random.oneIn(8) ? { asPublished: true as const } : {}),
        ...(random.oneIn(4) ? { handling: random.pick<1 | 2>([1, 2]) } : {}),
      });
    } while (random.oneIn(4));
    return {
      do: 'subscribe',
      slot,
      filters,
      ...(random.oneIn(4) ? { id: 1 + random.below(3) } : {}),
    };
  }

  /** Handshakes in the wrong order, and what no client should say now. */
  #wrong(slot: number): Step[] {
    const random = this.#random;
    if (random.oneIn(5)) return [this.#connect(slot)];
    if (random.oneIn(6)) return [{ do: 'auth', slot, code: random.pick([0x18, 0x19]) }];
    const type = random.pick<4 | 5 | 6 | 7>([4, 5, 6, 7]);
    const code = random.pick([0, 0, 0x80]);
    return [{ do: 'acknowledge', slot, type, packetId: 1 + random.below(4), code }];
  }

  #leave(slot: number): Step[] {
    const random = this.#random;
    this.#versions.delete(slot);
    const how = random.below(4);
    if (how === 0) return [{ do: 'vanish', slot }];
    if (how === 1 && random.oneIn(2)) return [{ do: 'cut', slot }];
    const expiry = random.oneIn(4) ? { expiry: random.pick([0, 2, 60]) } : {};
    return [{ do: 'disconnect', slot, code: random.pick([0, 0, 4]), ...expiry }];
  }

  #local(): Step {
    const random = this.#random;
    const retain = random.oneIn(5) ? { retain: true as const } : {};
    return { do: 'local', topic: random.pick(TOPICS), qos: this.#qos(), ...retain };
  }

  #decide(): Step {
    const random = this.#random;
    const value = random.pick<boolean | 'reject'>([true, true, true, true, false, 'reject']);
    return { do: 'decide', which: random.below(3), value };
  }

  #crash(): Step[] {
    this.#versions.clear();
    return [{ do: 'crash' }];
  }

  #qos(): QoS {
    return this.#random.pick<QoS>([0, 1, 1, 2, 2]);
  }

  /** A packet, or two, that something has happened to. */
  #bytes(slot: number): Step {
    const random = this.#random;
    const version = random.oneIn(8)
      ? random.pick<ProtocolVersion>([3, 4, 5])
      : (this.#versions.get(slot) ?? 5);
    let bytes = encode(this.#packet(version), version);
    if (random.oneIn(4)) bytes = joined(bytes, encode(this.#packet(version), version));
    for (let changes = random.below(4); changes > 0; changes--)
      bytes = this.#mutate(bytes, version);
    return { do: 'bytes', slot, hex: Buffer.from(bytes).toString('hex') };
  }

  #mutate(bytes: Uint8Array, version: ProtocolVersion): Uint8Array {
    const random = this.#random;
    const at = random.below(bytes.length + 1);
    const changed = bytes.slice();
    switch (random.below(7)) {
      case 0:
        return bytes.slice(0, at);
      case 1:
        changed[at % Math.max(1, changed.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff]);
        return changed;
      case 2:
        changed[at % Math.max(1, changed.length)] =
          (changed[at % Math.max(1, changed.length)] ?? 0) ^ (1 << random.below(8));
        return changed;
      case 3:
        return joined(
          joined(bytes.slice(0, at), Uint8Array.of(random.below(256))),
          bytes.slice(at),
        );
      case 4:
        return joined(
          bytes.slice(0, at),
          encode(this.#packet(version), version).slice(random.below(6)),
        );
      case 5:
        return joined(bytes.slice(0, at), bytes.slice(Math.min(bytes.length, at + 1)));
      default:
        // the length in the header is told anew
        if (changed.length > 1)
          changed[1] = random.oneIn(2) ? changed.length - 2 : random.below(128);
        return changed;
    }
  }

  #packet(version: ProtocolVersion): Packet {
    const random = this.#random;
    const packetId = 1 + random.below(4);
    const qos = this.#qos();
    const isV5 = version === 5;
    switch (random.below(9)) {
      case 0:
        return {
          type: 1,
          protocolVersion: version,
          clientId: random.pick(['x', 'y', 'z']),
          cleanStart: random.oneIn(2),
          keepAlive: 0,
          ...(isV5 ? { properties: { sessionExpiryInterval: 60, receiveMaximum: 2 } } : {}),
        };
      case 1:
      case 2:
        return {
          type: 3,
          topicName: random.pick(TOPICS),
          payload: Uint8Array.of(0x78, 0x78),
          qos,
          dup: false,
          retain: random.oneIn(4),
          ...(qos > 0 ? { packetId } : {}),
          ...(isV5
            ? {
                properties: {
                  contentType: 't',
                  userProperties: [['k', 'v']],
                  messageExpiryInterval: random.oneIn(3) ? 3 : undefined,
                  topicAlias: random.oneIn(3) ? 1 : undefined,
                },
              }
            : {}),
        };
      case 3:
        return { type: random.pick([4, 5, 6, 7] as const), packetId, reasonCode: 0 };
      case 4:
        return {
          type: 8,
          packetId,
          subscriptions: [
            {
              topicFilter: random.pick(FILTERS),
              qos,
              noLocal: false,
              retainAsPublished: isV5 && random.oneIn(2),
              retainHandling: 0,
            },
          ],
        };
      case 5:
        return { type: 10, packetId, topicFilters: [random.pick(FILTERS)] };
      case 6:
        return { type: 12 };
      case 7:
        return { type: 14, reasonCode: isV5 ? random.pick([0, 4]) : 0 };
      default:
        return isV5
          ? { type: 15, reasonCode: 0x18, properties: { authenticationMethod: 'M' } }
          : { type: 12 };
    }
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(one.length + other.length);
  bytes.set(one);
  bytes.set(other, one.length);
  return bytes;
}

const SLOTS = 4;
const FILTERS: readonly [string, ...string[]] = [
  'a',
  'a',
  'a/+',
  'a/b',
  '#',
  '+/b',
  'a/#',
  '$share/g/shared/+',
  '$share/g/shared/a',
  '$share/h/shared/a',
  'shared/a',
  'denied/a',
  '$x',
  'a/#b',
];
