import { Chronicle } from './chronicle.ts';
import { Findings } from './findings.ts';
import { Ledger } from './ledger.ts';
import { type Population, makePopulation } from './population.ts';
import { Random } from './random.ts';
import { RetainedLedger } from './retained-ledger.ts';
import { readRetained } from './retained-reader.ts';
import { ServerProcess } from './server-process.ts';
import { complaintsOf, sizesOf } from './store-commands.ts';
import { type World, sleep, until } from './world.ts';

export interface CampaignOptions {
  readonly kills: number;
  readonly seed: number;
  /** An empty one; it is left as it is. */
  readonly directory: string;
  /** Further flags of `wellhead start`. */
  readonly flags?: readonly string[];
  /** Milliseconds without any progress after which what has not come is lost. @default 15_000 */
  readonly patience?: number;
  /** Ends it early. */
  readonly isOver?: () => boolean;
  /** Told of each kill. */
  readonly onKill?: (kills: number, campaign: Campaign) => void;
  /** Done to the directory while the broker is dead: tests plant faults with it, which must be found. */
  readonly onDead?: (directory: string) => void;
}

/** Kills a broker under load again and again, lets everybody resume, and compares what came with what was promised. */
export class Campaign {
  readonly findings: Findings = new Findings();
  readonly chronicle: Chronicle = new Chronicle();
  readonly ledger: Ledger = new Ledger(this.chronicle, this.findings);
  /** Kills before the broker listened. */
  early = 0;
  readonly #options: CampaignOptions;
  readonly #random: Random;
  readonly #patience: number;
  readonly #retained = new RetainedLedger(this.findings);
  readonly #world: World;
  readonly #population: Population;
  #server: ServerProcess;
  /** How long the last start took, in milliseconds. */
  #startTime = 400;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#patience = options.patience ?? 15_000;
    const { chronicle, findings, ledger } = this;
    this.#world = { chronicle, findings, ledger, port: 0, isDown: true };
    this.#population = makePopulation(this.#world, this.#random, this.#retained);
    this.#server = this.#spawn();
  }

  async run(): Promise<void> {
    await this.#listening();
    await this.#everybodyConnects();
    const { kills, isOver = () => false } = this.#options;
    while (this.chronicle.kills < kills && !isOver()) {
      await this.#load();
      await this.#kill();
      await this.#restart();
      if (this.#random.chance(0.5)) await this.#checkRetained();
      await this.#resume();
      if (this.#random.chance(0.2)) await this.#settle();
    }
    await this.#settle();
    await this.#end();
  }

  #spawn(): ServerProcess {
    const { directory, flags = [] } = this.#options;
    return new ServerProcess({ directory, flags });
  }

  /** Waits for the broker, and starts it again should it die by itself. */
  async #listening(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const port = await this.#server.ready;
      if (port !== undefined) {
        this.#world.port = port;
        this.#world.isDown = false;
        this.#startTime = performance.now() - this.#server.startedAt;
        return;
      }
      const last = this.#server.log.at(-1) ?? 'it said nothing';
      this.findings.add('ended by itself', `at start: ${last}`, this.#server.log.slice(-10));
      if (tries === 3) throw new Error(`The broker does not start: ${last}`);
      this.#server = this.#spawn();
    }
  }

  /** A while of everything at once. */
  async #load(): Promise<void> {
    const { subscribers, willClients } = this.#population;
    for (const publisher of this.#publishers()) publisher.start();
    const end = performance.now() + this.#random.between(20, 400);
    while (performance.now() < end && !this.#server.hasEnded) {
      await sleep(this.#random.between(1, 30));
      const kind = this.#random.next();
      if (kind < 0.3) void this.#random.pick(subscribers).change();
      else if (kind < 0.6) void this.#random.pick(willClients).act();
      else if (kind < 0.75) void this.#comeOrGo();
      else if (kind < 0.8) this.#random.pick(this.#publishers()).client.vanish();
      else if (kind < 0.95) void this.#reconnectPublisher();
    }
    if (!this.#server.hasEnded) return;
    const { log } = this.#server;
    this.findings.add('ended by itself', log.at(-1) ?? 'it said nothing', log.slice(-10));
  }

  async #comeOrGo(): Promise<void> {
    const subscriber = this.#random.pick(this.#population.subscribers);
    if (!subscriber.client.isConnected) await subscriber.connect();
    else if (this.#random.chance(0.5)) subscriber.client.vanish();
    else subscriber.client.disconnect();
  }

  async #reconnectPublisher(): Promise<void> {
    const away = this.#publishers().find(({ client }) => !client.isConnected);
    if (away === undefined) return;
    await away.client.connect();
    away.start();
  }

  async #kill(): Promise<void> {
    this.#world.isDown = true;
    for (const publisher of this.#publishers()) publisher.stop();
    await this.#server.kill();
    this.chronicle.kills++;
    await Promise.all(this.#clients().map(({ closed }) => closed));
    this.#options.onDead?.(this.#options.directory);
    this.#options.onKill?.(this.chronicle.kills, this);
    if (this.#random.chance(0.1)) await this.#checkStore();
  }

  /** Starts the broker; often it is killed before it listens, at any moment of its start. */
  async #restart(): Promise<void> {
    this.#server = this.#spawn();
    while (this.chronicle.kills < this.#options.kills && this.#random.chance(0.25)) {
      await sleep(this.#random.between(0, Math.ceil(this.#startTime * 1.2)));
      await this.#server.kill();
      this.chronicle.kills++;
      this.early++;
      this.#options.onKill?.(this.chronicle.kills, this);
      this.#server = this.#spawn();
    }
    await this.#listening();
  }

  async #everybodyConnects(): Promise<void> {
    const { subscribers, willClients } = this.#population;
    await Promise.all(
      subscribers.map(async (each) => each.client.isConnected || (await each.connect())),
    );
    await Promise.all(
      this.#publishers().map(async ({ client }) => client.isConnected || (await client.connect())),
    );
    await Promise.all(willClients.map(async (each) => each.come()));
  }

  /** Most come back at once, some not before they are needed. */
  async #resume(): Promise<void> {
    const { subscribers, willClients } = this.#population;
    const comings: Promise<unknown>[] = [];
    for (const subscriber of subscribers) {
      if (this.#random.chance(0.85)) comings.push(subscriber.connect());
    }
    for (const { client } of this.#publishers()) {
      if (this.#random.chance(0.9)) comings.push(client.connect());
    }
    for (const client of willClients) if (this.#random.chance(0.7)) comings.push(client.come());
    // often the next kill comes while they are still at it
    if (this.#random.chance(0.5)) await Promise.all(comings);
  }

  /** Lets everything come to rest, and finds what is lost. */
  async #settle(): Promise<void> {
    const { prober, subscribers, willClients } = this.#population;
    for (const publisher of this.#publishers()) publisher.stop();
    await until(() => this.#clients().every((client) => !client.isConnecting), this.#patience);
    await this.#everybodyConnects();
    for (const subscriber of subscribers) subscriber.hurry();
    prober.publishToAll();
    const { totals } = this.ledger;
    const progress = (): number => totals.delivered + totals.acknowledged;
    const publishers = this.#publishers();
    if (!(await until(() => publishers.every(({ isIdle }) => isIdle), this.#patience, progress))) {
      this.findings.add('not said', 'messages were not acknowledged');
    }
    await until(
      () => !willClients.some(({ isWaiting }) => isWaiting) && this.ledger.missing().length === 0,
      this.#patience,
      progress,
    );
    await this.#checkRetained();
    this.ledger.settle();
    for (const subscriber of subscribers) subscriber.slowDown();
  }

  async #checkRetained(): Promise<void> {
    const isRight = (retained: ReadonlyMap<string, Uint8Array>): boolean =>
      this.#retained.wrong(retained).size === 0;
    let retained = await readRetained(this.#world, 'reader', 'r/#');
    for (let tries = 1; tries < 3 && retained !== undefined && !isRight(retained); tries++) {
      await sleep(100);
      retained = await readRetained(this.#world, 'reader', 'r/#');
    }
    if (retained === undefined) this.findings.add('not said', 'what is retained');
    else this.#retained.judge(retained);
  }

  async #checkStore(): Promise<void> {
    const complaints = await complaintsOf(this.#options.directory);
    for (const complaint of complaints) this.findings.add('inconsistent store', complaint);
  }

  /** Nothing is owed to anybody: nothing may be left but the sessions and what is retained. */
  async #end(): Promise<void> {
    this.#world.isDown = true;
    for (const { client } of this.#population.willClients) client.disconnect();
    await sleep(100);
    for (const client of this.#clients()) client.disconnect();
    await this.#server.stop();
    await this.#checkStore();
    const { deliveries, messages, retained } = await sizesOf(this.#options.directory);
    if (deliveries === 0 && messages === retained) return;
    const text = `${deliveries} deliveries, and ${messages} messages of which ${retained} are retained`;
    this.findings.add('left behind', text);
  }

  #publishers(): readonly Population['prober'][] {
    return [...this.#population.publishers, this.#population.prober];
  }

  #clients(): readonly Population['prober']['client'][] {
    const { subscribers, willClients } = this.#population;
    return [...this.#publishers(), ...subscribers, ...willClients].map(({ client }) => client);
  }
}
