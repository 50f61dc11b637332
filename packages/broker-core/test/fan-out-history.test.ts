import { type Packet, PacketType } from '@wellhead/codec';
import { StoreError } from '@wellhead/session-store';
import { expect, test } from 'vitest';
import { Random } from './fuzz/random.ts';
import { KeptStore, LaterStore } from './later-store.ts';
import { type Client, SimulatedHost, World, textOf } from './support.ts';

// A client publishes one QoS 2 message after the other to more sessions than a turn serves, with Wills
// in between, and everything goes wrong: commits fail, connections and processes end. Each session gets
// each message once, and in order.

const FULL = new StoreError('STORE_FULL', 'the disk is full');
const ALONE = ['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6'];
const MEMBERS = ['g0', 'g1'];
const STEPS = 150;
const HISTORIES = Array.from({ length: 200 }, (_, index) => index + 1);

test.each(HISTORIES)('[MQTT-4.3.3-2] [MQTT-4.3.3-10] history %i', async (seed) => {
  const history = new History(seed);
  await history.begin();
  for (let step = 0; step < STEPS; step++) await history.step();
  await history.recover();
  await history.check();
});

/** One client, and the broker that it publishes to, over several processes. */
class History {
  readonly #random: Random;
  readonly #kept = new KeptStore();
  readonly #limits: { readonly deliveriesPerTurn: number };
  readonly #retain: boolean;
  #host = new SimulatedHost();
  #store = new LaterStore(this.#kept);
  #world: World | undefined;
  #publisher: Client | undefined;
  /** It has its CONNACK. */
  #isConnected = false;
  /** How far the exchange of the message has come; between two, it is over. */
  #state: 'over' | 'published' | 'released' = 'over';
  #number = 0;
  #wills = 0;
  readonly #taken: string[] = [];
  readonly #refused: string[] = [];

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#limits = { deliveriesPerTurn: 1 + this.#random.below(4) };
    this.#retain = this.#random.oneIn(2);
  }

  async begin(): Promise<void> {
    await this.#start();
    for (const clientId of [...ALONE, ...MEMBERS]) {
      const client = await this.#resume(clientId);
      client.subscribe(MEMBERS.includes(clientId) ? '$share/g/news' : 'news');
      client.vanish();
      await this.#settle();
    }
    this.#store.isHeld = true;
  }

  async step(): Promise<void> {
    const { pending } = this.#store;
    const act = this.#random.weighted<() => unknown>([
      [9, () => pending.length > 0 && this.#store.settle()],
      [3, () => this.#store.fail(FULL)],
      [1, () => this.#world?.advance(600)],
      [2, () => this.#publisher?.vanish()],
      [1, () => this.#kill()],
      [4, () => this.#connectOrPublish()],
    ]);
    await act?.();
    await this.#talk();
  }

  /** The store works again, and the client comes back until it knows what has become of its message. */
  async recover(): Promise<void> {
    this.#store.release();
    for (let i = 0; i < 12; i++) {
      this.#world?.advance(700);
      await this.#talk();
      if (this.#publisher === undefined || this.#number === 0) this.#connectOrPublish();
    }
    expect(this.#state).toBe('over');
    expect(this.#number).toBeGreaterThan(0);
    const left: unknown[] = [];
    for await (const fanOut of this.#store.loadFanOuts()) left.push(fanOut);
    expect(left).toEqual([]);
  }

  async check(): Promise<void> {
    for (const clientId of ALONE) {
      const got = await this.#receivedBy(clientId);
      const numbers = got.filter((text) => !text.startsWith('will')).map(Number);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      this.#checkOnce(got);
    }
    this.#checkOnce((await Promise.all(MEMBERS.map((id) => this.#receivedBy(id)))).flat());
    await this.#world?.[Symbol.asyncDispose]();
  }

  #checkOnce(got: readonly string[]): void {
    expect(got).toEqual([...new Set(got)]);
    expect(got).toEqual(expect.arrayContaining(this.#taken));
    for (const refused of this.#refused) expect(got).not.toContain(refused);
  }

  async #receivedBy(clientId: string): Promise<string[]> {
    const client = await this.#resume(clientId);
    return client.publishes().map((packet) => textOf(packet));
  }

  /** The process commits nothing more, and another begins on what it has left. */
  async #kill(): Promise<void> {
    const next = new SimulatedHost();
    next.jump(this.#host.now() - next.now() + 1);
    this.#host = next;
    this.#store = new LaterStore(this.#kept);
    this.#publisher = undefined;
    await this.#start();
    this.#store.isHeld = true;
  }

  async #start(): Promise<void> {
    const [store, host, limits] = [this.#store, this.#host, this.#limits];
    this.#world = await World.create({ store, host, limits });
  }

  async #resume(clientId: string): Promise<Client> {
    if (this.#world === undefined) throw new Error('there is no broker');
    const client = this.#world.resume(clientId, 100_000);
    await this.#settle();
    return client;
  }

  #connectOrPublish(): void {
    if (this.#publisher === undefined) this.#connect();
    else if (this.#state === 'over' && this.#isConnected) {
      this.#number++;
      this.#state = 'published';
      this.#say(false);
    }
  }

  #connect(): void {
    const payload = new TextEncoder().encode(`will ${++this.#wills}`);
    const will = { topicName: 'news', payload, qos: 2, retain: false } as const;
    const options = this.#random.oneIn(3) ? { will } : {};
    this.#publisher = this.#world?.resume('p', 100_000, options);
    this.#isConnected = this.#publisher?.connack !== undefined;
    if (this.#isConnected) this.#say(true);
  }

  #say(dup: boolean): void {
    const how = { qos: 2, packetId: this.#number, dup, retain: this.#retain } as const;
    if (this.#state === 'published') this.#publisher?.publish('news', `${this.#number}`, how);
    else if (this.#state === 'released') this.#publisher?.pubrel(this.#number);
  }

  async #talk(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      await this.#settle();
      for (const packet of this.#publisher?.take() ?? []) this.#hear(packet);
      if (this.#publisher?.isClosed === true) this.#publisher = undefined;
    }
  }

  #hear(packet: Packet): void {
    if (packet.type === PacketType.Connack && packet.reasonCode === 0) {
      this.#isConnected = true;
      this.#say(true);
    } else if (packet.type === PacketType.Pubrec && this.#state === 'published') {
      const isTaken = (packet.reasonCode ?? 0) < 0x80;
      (isTaken ? this.#taken : this.#refused).push(`${this.#number}`);
      this.#state = isTaken ? 'released' : 'over';
      this.#say(false);
    } else if (packet.type === PacketType.Pubcomp) this.#state = 'over';
  }

  async #settle(): Promise<void> {
    await this.#world?.settleAsync();
  }
}
