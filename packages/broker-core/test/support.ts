import {
  Decoder,
  type Connect,
  type Packet,
  type ProtocolVersion,
  type Publish,
  type SubscriptionRequest,
  encode,
} from '@wellhead/codec';
import type { RemoteAddress } from '@wellhead/transport';
import {
  type MemoryConnection,
  MemoryNetwork,
  type MemoryWireOptions,
  memoryListener,
  type MemoryListener,
} from '@wellhead/transport/memory';
import { type Broker, type BrokerOptions, createBroker } from '../src/index.ts';
import type { Host } from '../src/host.ts';

/** Time that goes only where a test sends it. */
export class SimulatedHost implements Host {
  #now = 1_800_000_000_000;
  #soon: (() => void)[] = [];
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  soon(run: () => void): void {
    this.#soon.push(run);
  }

  later(run: () => void, milliseconds: number): () => void {
    const timer = { at: this.#now + milliseconds, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** Runs what is to run soon; false when there was nothing. */
  turn(): boolean {
    const runs = this.#soon;
    this.#soon = [];
    for (const run of runs) run();
    return runs.length > 0;
  }

  /** The clock jumps, as when a machine has slept: timers are late. */
  jump(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** Moves to the next timer at or before `until`; false when there is none. */
  step(until: number): boolean {
    const next = this.#timers.reduce<{ at: number; run: () => void } | undefined>(
      (best, timer) =>
        timer.at <= until && (best === undefined || timer.at < best.at) ? timer : best,
      undefined,
    );
    if (next === undefined) {
      this.#now = until;
      return false;
    }
    this.#timers = this.#timers.filter((timer) => timer !== next);
    this.#now = Math.max(this.#now, next.at);
    next.run();
    return true;
  }
}

/** A broker in memory with a clock of its own, and clients that speak packets to it. */
export class World implements AsyncDisposable {
  readonly host: SimulatedHost;
  readonly network: MemoryNetwork;
  readonly broker: Broker;
  readonly listener: MemoryListener;

  private constructor(
    host: SimulatedHost,
    network: MemoryNetwork,
    broker: Broker,
    listener: MemoryListener,
  ) {
    this.host = host;
    this.network = network;
    this.broker = broker;
    this.listener = listener;
  }

  static async create(options: BrokerOptions = {}): Promise<World> {
    const host = options.host instanceof SimulatedHost ? options.host : new SimulatedHost();
    const network = new MemoryNetwork();
    const broker = await createBroker({ sysInterval: 0, ...options, host });
    const listener = memoryListener({ network });
    await broker.listen(listener);
    return new World(host, network, broker, listener);
  }

  /** Lets everything happen that can happen without time; false when there was nothing. */
  settle(): boolean {
    for (let hasMoved = false; ; hasMoved = true) {
      const moved = this.network.pump();
      if (!this.host.turn() && moved === 0) return hasMoved;
    }
  }

  /** Also lets promises settle. */
  async settleAsync(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet++) {
      if (this.settle()) quiet = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.settle();
  }

  advance(milliseconds: number): void {
    const until = this.host.now() + milliseconds;
    this.settle();
    while (this.host.step(until)) this.settle();
    this.settle();
  }

  /** A long time passes while the machine sleeps; what was due happens then. */
  sleep(milliseconds: number): void {
    this.settle();
    this.host.jump(milliseconds);
    this.advance(200);
  }

  /** A connection that has said nothing yet. */
  dial(options: DialOptions = {}): Client {
    const { remote = {}, wire = {}, protocolVersion = 5 } = options;
    const connection = this.listener.connect({ ...wire, network: this.network, remote });
    return new Client(this, connection, protocolVersion);
  }

  /** A connected client; CONNACK has been taken from its inbox and is `client.connack`. */
  connect(options: ConnectOptions = {}): Client {
    const client = this.dial(options);
    client.connect(options);
    return client;
  }

  /** A connected client whose session outlives its connection by `sessionExpiryInterval` seconds. */
  resume(clientId: string, sessionExpiryInterval = 100, options: ConnectOptions = {}): Client {
    const { properties, ...fields } = options;
    return this.connect({
      clientId,
      cleanStart: false,
      properties: { sessionExpiryInterval, ...properties },
      ...fields,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.broker.close();
    await this.settleAsync();
    this.advance(10_000);
    await this.settleAsync();
    await closed;
  }
}

/** A test in a world of its own, which is closed afterwards. */
export function inWorld(
  run: (world: World) => void | Promise<void>,
  options: BrokerOptions = {},
): () => Promise<void> {
  return async () => {
    await using world = await World.create(options);
    await run(world);
  };
}

export interface DialOptions {
  /** How the broker sees the other end. */
  readonly remote?: Partial<RemoteAddress>;
  readonly wire?: MemoryWireOptions;
  /** What the client speaks. */
  readonly protocolVersion?: ProtocolVersion;
}

export type ConnectOptions = Partial<Omit<Connect, 'type'>> & DialOptions;

/** A client that sends what it is told and keeps what it gets, without any machine in between. */
export class Client {
  readonly world: World;
  readonly connection: MemoryConnection;
  readonly version: ProtocolVersion;
  inbox: Packet[] = [];
  isClosed = false;
  connack: Extract<Packet, { type: 2 }> | undefined;
  #decoder: Decoder | undefined;

  constructor(world: World, connection: MemoryConnection, version: ProtocolVersion) {
    this.world = world;
    this.connection = connection;
    this.version = version;
    connection.start({
      data: (chunk) => this.#receive(chunk.slice()),
      drain: () => undefined,
      closed: () => {
        this.isClosed = true;
      },
    });
  }

  connect(options: ConnectOptions = {}): this {
    const { remote: _remote, wire: _wire, ...fields } = options;
    this.send({
      type: 1,
      protocolVersion: this.version,
      clientId: 'client',
      cleanStart: true,
      keepAlive: 0,
      ...fields,
    });
    const [first] = this.inbox;
    if (first?.type === 2) {
      this.connack = first;
      this.inbox.shift();
    }
    return this;
  }

  /** Sends packets in one piece and lets everything happen. */
  send(...packets: Packet[]): this {
    for (const packet of packets) this.connection.write(encode(packet, this.version));
    this.world.settle();
    return this;
  }

  sendBytes(...bytes: number[]): this {
    this.connection.write(Uint8Array.from(bytes));
    this.world.settle();
    return this;
  }

  publish(topicName: string, payload: string, fields: Partial<Publish> = {}): this {
    return this.send(publishPacket(topicName, payload, fields));
  }

  puback(packetId: number, reasonCode = 0): this {
    return this.send({ type: 4, packetId, reasonCode });
  }

  pubrec(packetId: number, reasonCode = 0): this {
    return this.send({ type: 5, packetId, reasonCode });
  }

  pubrel(packetId: number, reasonCode = 0): this {
    return this.send({ type: 6, packetId, reasonCode });
  }

  pubcomp(packetId: number, reasonCode = 0): this {
    return this.send({ type: 7, packetId, reasonCode });
  }

  /** Unsubscribes and takes UNSUBACK, whose codes it returns. */
  unsubscribe(...topicFilters: string[]): readonly number[] {
    this.send({ type: 10, packetId: 998, topicFilters });
    const at = this.inbox.findIndex((packet) => packet.type === 11);
    const [unsuback] = at === -1 ? [] : this.inbox.splice(at, 1);
    return unsuback?.type === 11 ? unsuback.reasonCodes : [];
  }

  /** Subscribes and takes SUBACK, whose codes it returns; other packets stay in the inbox. */
  subscribe(
    topicFilter: string,
    options: Partial<SubscriptionRequest> & { id?: number; packetId?: number } = {},
  ): readonly number[] {
    const { id, packetId = 999, ...request } = options;
    this.send({
      type: 8,
      packetId,
      subscriptions: [
        {
          topicFilter,
          qos: 2,
          noLocal: false,
          retainAsPublished: false,
          retainHandling: 0,
          ...request,
        },
      ],
      ...(id === undefined ? {} : { properties: { subscriptionIdentifiers: [id] } }),
    });
    const at = this.inbox.findIndex((packet) => packet.type === 9);
    const [suback] = at === -1 ? [] : this.inbox.splice(at, 1);
    return suback?.type === 9 ? suback.reasonCodes : [];
  }

  /** Takes what has come. */
  take(): Packet[] {
    const taken = this.inbox;
    this.inbox = [];
    return taken;
  }

  /** Takes what has come and tells it shortly: a PUBLISH as `topic=payload` with QoS, flags and Packet Identifier. */
  messages(): string[] {
    return this.take().map(describe);
  }

  /** The PUBLISH packets that have come; takes everything. */
  publishes(): Publish[] {
    return this.take().filter((packet) => packet.type === 3);
  }

  /** Takes what has come and tells how the connection stands: `open`, `closed`, `DISCONNECT 82 closed`. */
  outcome(): string {
    const said = [this.connack, ...this.take()].flatMap((packet) => {
      if (packet?.type === 2 && packet.reasonCode > 0) return [`CONNACK ${hex(packet.reasonCode)}`];
      return packet?.type === 14 ? [`DISCONNECT ${hex(packet.reasonCode)}`] : [];
    });
    return [...said, this.isClosed ? 'closed' : 'open'].join(' ');
  }

  disconnect(reasonCode = 0, properties?: { sessionExpiryInterval?: number }): this {
    return this.send({ type: 14, reasonCode, ...(properties === undefined ? {} : { properties }) });
  }

  /** The network goes away. */
  vanish(): this {
    this.connection.destroy();
    this.world.settle();
    return this;
  }

  #receive(chunk: Uint8Array): void {
    this.#decoder ??= new Decoder({ role: 'client', protocolVersion: this.version });
    for (const packet of this.#decoder.decode(chunk)) this.inbox.push(packet);
    // a broker that sends what the specification forbids fails whatever test is running
    if (this.#decoder.error !== undefined) throw this.#decoder.error;
  }
}

/** A PUBLISH as a client sends it. */
export function publishPacket(
  topicName: string,
  payload: string,
  fields: Partial<Publish> = {},
): Publish {
  return {
    type: 3,
    topicName,
    payload: new TextEncoder().encode(payload),
    qos: 0,
    dup: false,
    retain: false,
    ...fields,
  };
}

export function textOf(packet: Pick<Publish, 'payload'>): string {
  return new TextDecoder().decode(packet.payload);
}

function describe(packet: Packet): string {
  if (packet.type === 3) {
    const flags = `${packet.dup ? ' dup' : ''}${packet.retain ? ' retain' : ''}`;
    const id = packet.packetId === undefined ? '' : ` #${packet.packetId}`;
    return `${packet.topicName}=${textOf(packet)} q${packet.qos}${flags}${id}`;
  }
  const id = 'packetId' in packet ? ` #${packet.packetId}` : '';
  const reasonCode =
    'reasonCode' in packet && packet.reasonCode > 0 ? ` ${hex(packet.reasonCode)}` : '';
  return `${NAMES[packet.type]}${id}${reasonCode}`;
}

function hex(reasonCode: number): string {
  return reasonCode.toString(16).padStart(2, '0');
}

const NAMES: Record<number, string> = {
  2: 'CONNACK',
  4: 'PUBACK',
  5: 'PUBREC',
  6: 'PUBREL',
  7: 'PUBCOMP',
  9: 'SUBACK',
  11: 'UNSUBACK',
  13: 'PINGRESP',
  14: 'DISCONNECT',
  15: 'AUTH',
};
