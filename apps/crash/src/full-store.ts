import { Chronicle } from './chronicle.ts';
import { Client } from './client.ts';
import { Findings } from './findings.ts';
import { Ledger } from './ledger.ts';
import { Publisher } from './publisher.ts';
import { Random } from './random.ts';
import { RetainedLedger } from './retained-ledger.ts';
import { readRetained } from './retained-reader.ts';
import { ServerProcess } from './server-process.ts';
import { complaintsOf, sizesOf } from './store-commands.ts';
import { Subscriber } from './subscriber.ts';
import { type World, sleep, until } from './world.ts';

export interface FullStoreOptions {
  readonly seed: number;
  /** An empty one. */
  readonly directory: string;
  /** Flags of `wellhead start`, such as `--max-data-size`. */
  readonly flags?: readonly string[];
  /** From here on there is no room. Without it, the store fills by what is published. */
  readonly takeRoom?: (pid: number) => Promise<void>;
  /** There is room again. Without it, it is made by the subscriber who comes back for its queue. */
  readonly giveRoom?: () => Promise<void>;
  /** Kills the broker while its store is full. */
  readonly isKilled: boolean;
}

/**
 * Fills the store of a broker under load until nothing more fits, and makes room again. Meanwhile nothing
 * may be acknowledged that is not stored, and nobody else may notice.
 */
export class FullStore {
  readonly findings: Findings = new Findings();
  readonly ledger: Ledger;
  readonly #options: FullStoreOptions;
  readonly #world: World;
  readonly #retained = new RetainedLedger(this.findings);
  readonly #publishers: readonly Publisher[];
  readonly #away: Subscriber;
  readonly #present: Subscriber;
  #server: ServerProcess;
  /** Never fulfilled: rejected when the broker ends by itself. */
  readonly #fallen: Promise<never>;
  #fall: (error: Error) => void = () => undefined;

  constructor(options: FullStoreOptions) {
    this.#fallen = new Promise((_resolve, reject) => (this.#fall = reject));
    this.#options = options;
    const { directory, flags = [], seed } = options;
    const chronicle = new Chronicle();
    const { findings } = this;
    this.ledger = new Ledger(chronicle, findings);
    this.ledger.isOrderOfRepeatsFree = true;
    this.#world = { chronicle, findings, ledger: this.ledger, port: 0, isDown: true };
    const random = new Random(seed);
    const world = this.#world;
    const subscriber = (name: string, version: 4 | 5, qos: 1 | 2) => {
      const filters = [['m/#', qos]] as const;
      return new Subscriber(world, random.fork(), { name, version, filters });
    };
    this.#away = subscriber('away', 5, 2);
    // at QoS 1, where it may come again: one who is there may be sent what its publisher must repeat
    this.#present = subscriber('present', 4, 1);
    this.#publishers = publishersOf(world, random, this.#retained);
    this.#server = new ServerProcess({ directory, flags });
  }

  /** Throws if the broker ends by itself. */
  async run(): Promise<void> {
    await Promise.race([this.#play(), this.#fallen]);
  }

  async #play(): Promise<void> {
    const { takeRoom, giveRoom, isKilled } = this.#options;
    await this.#listening();
    await this.#away.connect();
    await this.#present.connect();
    this.#away.client.vanish();
    for (const { client } of this.#publishers) await client.connect();
    for (const publisher of this.#publishers) publisher.start();
    await until(() => this.ledger.totals.acknowledged > 200, PATIENCE);
    await takeRoom?.(this.#server.pid);
    await this.#runFull();
    if (isKilled) await this.#killAndRestart();
    await giveRoom?.();
    await this.#recover();
    await this.#end();
  }

  async #listening(): Promise<void> {
    const server = this.#server;
    void server.ended.then(() => {
      if (this.#world.isDown) return;
      this.#fall(new Error(`The broker ended by itself:\n${server.log.slice(-20).join('\n')}`));
    });
    const port = await server.ready;
    if (port === undefined) {
      throw new Error(`The broker does not start: ${this.#server.log.at(-1) ?? ''}`);
    }
    this.#world.port = port;
    this.#world.isDown = false;
  }

  /** Refusals come, and all the rest goes on. */
  async #runFull(): Promise<void> {
    const { totals } = this.ledger;
    const isFull = await until(
      () => totals.refused > 20,
      PATIENCE,
      () => totals.acknowledged,
    );
    if (!isFull) this.findings.add('not said', 'no MQTT 5 publisher was refused with 0x97');
    const legacy = this.#publishers.filter(({ client }) => client.version === 4);
    const isHeldBack = await until(() => legacy.every(({ isIdle }) => !isIdle), PATIENCE);
    if (!isHeldBack) this.findings.add('not said', 'an MQTT 3.1.1 publisher waits for nothing');
    await this.#expectService();
    await this.#expectComplaint();
    for (const publisher of legacy) {
      publisher.stop();
      publisher.client.vanish();
      await publisher.client.connect();
    }
  }

  /** A message of QoS 0 from a clean session to another, while the store is full. */
  async #expectService(): Promise<void> {
    const listener = new Client(this.#world, { clientId: 'listener', version: 4, expiry: 0 });
    const speaker = new Client(this.#world, { clientId: 'speaker', version: 5, expiry: 0 });
    let heard = 0;
    listener.onMessage = () => void heard++;
    await listener.connect(undefined, true);
    await speaker.connect(undefined, true);
    await listener.subscribe('live', 0);
    speaker.speak('live');
    if (!(await until(() => heard > 0, PATIENCE))) {
      this.findings.add('not said', 'a subscriber is not served while the store is full');
    }
    listener.disconnect();
    speaker.disconnect();
  }

  /** The log, and `$SYS/broker/store/failures`. */
  async #expectComplaint(): Promise<void> {
    const isLogged = await until(
      () => this.#server.log.some((line) => /"level":"error".*"where":"store"/.test(line)),
      PATIENCE,
    );
    if (!isLogged) this.findings.add('not said', 'the log does not mention the store');
    let failures = 0;
    for (let tries = 0; tries < 50 && failures === 0; tries++) {
      const said = await readRetained(this.#world, 'operator', '$SYS/broker/store/failures');
      for (const payload of said?.values() ?? [])
        failures = Number(new TextDecoder().decode(payload));
      if (failures === 0) await sleep(100);
    }
    if (failures === 0) this.findings.add('not said', '$SYS/broker/store/failures is 0');
  }

  async #killAndRestart(): Promise<void> {
    this.#world.isDown = true;
    await this.#server.kill();
    this.#world.chronicle.kills++;
    const clients = [...this.#publishers, this.#present, this.#away].map(({ client }) => client);
    await Promise.all(clients.map(({ closed }) => closed));
    const { directory, flags = [] } = this.#options;
    this.#server = new ServerProcess({ directory, flags });
    await this.#listening();
    await this.#present.connect();
    for (const { client } of this.#publishers) await client.connect();
  }

  /** Everybody goes on by himself; MQTT 3.1.1 knows no refusal, so those come again. */
  async #recover(): Promise<void> {
    const { totals } = this.ledger;
    const before = totals.acknowledged;
    await this.#away.connect();
    const publishers = this.#publishers;
    const deadline = performance.now() + PATIENCE;
    for (const publisher of publishers) publisher.start();
    while (totals.acknowledged < before + 200 && performance.now() < deadline) await sleep(20);
    if (totals.acknowledged < before + 200) {
      this.findings.add('not said', `the store does not recover: ${this.#server.log.at(-1)}`);
    }
    for (const publisher of publishers) publisher.stop();
    for (let tries = 0; tries < 20 && publishers.some(({ isIdle }) => !isIdle); tries++) {
      for (const { client, isIdle } of publishers) {
        if (isIdle || client.version !== 4) continue;
        client.vanish();
        await client.connect();
      }
      await until(() => publishers.every(({ isIdle }) => isIdle), 1000);
    }
    if (publishers.some(({ isIdle }) => !isIdle)) {
      this.findings.add('not said', 'there is room again, and a publisher still waits');
    }
  }

  async #end(): Promise<void> {
    const { totals } = this.ledger;
    const hasCome = (): boolean => this.ledger.missing().length === 0;
    await until(hasCome, PATIENCE, () => totals.delivered);
    this.ledger.settle();
    const retained = await readRetained(this.#world, 'reader', 'r/#');
    if (retained !== undefined) this.#retained.judge(retained);
    this.#world.isDown = true;
    await sleep(200);
    await this.#server.stop();
    const { directory } = this.#options;
    for (const complaint of await complaintsOf(directory)) {
      this.findings.add('inconsistent store', complaint);
    }
    const sizes = await sizesOf(directory);
    if (sizes.deliveries === 0 && sizes.messages === sizes.retained) return;
    this.findings.add('left behind', JSON.stringify(sizes));
  }
}

function publishersOf(
  world: World,
  random: Random,
  retained: RetainedLedger,
): readonly Publisher[] {
  const publisher = (name: string, version: 4 | 5, qos: 1 | 2) => {
    const rest = { window: 10, qos: [qos], topicNames: [`m/${name}`], pause: 10 };
    return new Publisher(world, random.fork(), { name, version, ...rest });
  };
  const topicNames = ['r/r5/1', 'r/r5/2', 'r/r5/3'];
  const how = { name: 'r5', version: 5, window: 2, qos: [1, 2], topicNames, retained } as const;
  return [
    publisher('a4', 4, 1),
    publisher('b4', 4, 2),
    publisher('a5', 5, 1),
    publisher('b5', 5, 2),
    new Publisher(world, random.fork(), how),
  ];
}

/** Milliseconds without progress. */
const PATIENCE = 20_000;
