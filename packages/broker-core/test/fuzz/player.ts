import {
  type Connect,
  type Packet,
  type ProtocolVersion,
  type Publish,
  PacketType,
} from '@wellhead/codec';
import { StoreError } from '@wellhead/session-store';
import { MemoryNetwork, memoryPair, randomSplit } from '@wellhead/transport/memory';
import { type Broker, type Observer, createBroker } from '../../src/index.ts';
import type { BrokerContext } from '../../src/context.ts';
import { inspect } from '../../src/driver/broker.ts';
import type { ClientConnection } from '../../src/client-connection.ts';
import { SimulatedHost } from '../support.ts';
import { ClientSession, Ledger, type Sent, name } from './ledger.ts';
import { checkInside, checkNothingLeft } from './invariants.ts';
import { payloadOf, serialOf } from './payload.ts';
import { Peer } from './peer.ts';
import { ReluctantHooks } from './reluctant-hooks.ts';
import { ReluctantStore } from './reluctant-store.ts';
import type { ConnectStep, FilterStep, FuzzCase, PublishStep, Step } from './step.ts';
import { Tap } from './tap.ts';
import { InjectedError, Violation, demand } from './violation.ts';

/** Changes something in a broker that has just been made, to see whether the fuzzer finds out. */
export type Sabotage = (context: BrokerContext) => void;

/** Plays a case to its end, and then lets everybody go. Throws a {@link Violation}, with the number of the step in `cause`. */
export async function play(given: FuzzCase, sabotage?: Sabotage): Promise<void> {
  const player = new Player(given, sabotage);
  let at = 0;
  try {
    await player.begin();
    for (const step of given.steps) {
      await player.step(step);
      at++;
    }
    await player.end();
  } catch (error) {
    const violation =
      error instanceof Violation
        ? error
        : new Violation('throw', String(error instanceof Error ? error.stack : error));
    violation.message += ` [after step ${at} of ${given.steps.length}]`;
    throw violation;
  } finally {
    player.abandon();
  }
}

/** A broker in memory, and all that happens to it. */
export class Player {
  readonly case: FuzzCase;
  readonly #sabotage: Sabotage | undefined;
  readonly network = new MemoryNetwork();
  readonly ledger = new Ledger();
  readonly hooks = new ReluctantHooks();
  host = new SimulatedHost();
  store: ReluctantStore;
  peers: Peer[] = [];
  readonly #slots = new Map<number, Peer>();
  readonly #byPort = new Map<number, Peer>();
  readonly #publications: Promise<void>[] = [];
  /** Packet Identifiers of each client, over all its sessions. */
  readonly #packetIds = new Map<string, number>();
  /** Clients whose CONNACK may have been too large for them: their sessions may be there. */
  readonly #mayExist = new Set<string>();
  readonly #saidSubacks = new Map<string, number>();
  #failure: Violation | undefined;
  #generated = 0;
  #dialled = 0;
  #broker: Broker | undefined;
  #isGoingOn = false;
  isEnding = false;
  /** The clock has not moved since the broker started. */
  isFresh = false;

  constructor(given: FuzzCase, sabotage?: Sabotage) {
    this.case = given;
    this.#sabotage = sabotage;
    this.store = new ReluctantStore(given.store);
    this.#watchRefusals();
    this.ledger.isSlow = (given.limits.deliveriesPerTurn ?? 1_000) < 1_000;
    this.ledger.hasStoreFailed = () => this.store.hasFailed;
  }

  #watchRefusals(): void {
    this.store.refused = (message, deliveries) => {
      for (const { clientId } of deliveries)
        this.ledger.oweWill(clientId, serialOf(message.payload));
    };
  }

  get broker(): Broker {
    if (this.#broker === undefined) throw new TypeError('begin first');
    return this.#broker;
  }

  get context(): BrokerContext {
    return inspect(this.broker).context;
  }

  get connections(): ReadonlySet<ClientConnection> {
    return inspect(this.broker).connections;
  }

  /** Promises that the broker waits for. */
  get isWaiting(): boolean {
    return this.store.waiting > 0 || this.hooks.waiting > 0;
  }

  async begin(): Promise<void> {
    this.#broker = await createBroker({
      host: this.host,
      store: this.store,
      authenticator: this.hooks.authenticator,
      authorizer: this.hooks.authorizer,
      enhancedAuthenticators: [this.hooks.enhanced],
      observer: this.#observer(),
      sysInterval: 0,
      limits: { ...this.case.limits, ...EXPIRY },
    });
    this.context.generateClientId = () => `auto-${++this.#generated}`;
    this.#sabotage?.(this.context);
  }

  /** Everybody has gone and time has passed: nothing is left. */
  async end(): Promise<void> {
    this.isEnding = true;
    this.#isGoingOn = false;
    this.hooks.mode = 'at-once';
    this.store.failing = 0;
    this.store.isWilling = true;
    await this.#giveEverything();
    await this.#collectWhatIsDue();
    for (const peer of this.peers) peer.connection.sever();
    await this.#giveEverything();
    await this.#pass(400_000);
    checkNothingLeft(this);
    const closed = this.broker.close();
    await this.#giveEverything();
    await closed;
    demand(this.host.timers === 0, 'timer', () => `${this.host.timers} timers after close`);
  }

  abandon(): void {
    this.store.settle(Infinity);
  }

  async step(step: Step): Promise<void> {
    await this.#act(step);
    if (step.do === 'pump') {
      this.network.pump();
      this.#throwFailures();
    }
    if (step.do === 'turn') await this.#oneTurn(step.settle === true);
    this.#isGoingOn = step.and === true || step.do === 'pump' || step.do === 'turn';
    if (!this.#isGoingOn) await this.settle();
  }

  async #oneTurn(settles: boolean): Promise<void> {
    this.network.pump();
    this.host.turn();
    if (settles) this.store.settle(1);
    await new Promise((resolve) => setImmediate(resolve));
    this.#throwFailures();
  }

  /** Lets everything happen that can happen without time and without answers, then looks. */
  async settle(): Promise<void> {
    for (let rounds = 0; ; rounds++) {
      const hasMoved = this.#move();
      await new Promise((resolve) => setImmediate(resolve));
      if (!hasMoved && rounds > 0) break;
      demand(rounds < 1_000, 'livelock', () => 'promises move the broker without end');
    }
    this.#throwFailures();
    checkInside(this);
  }

  #throwFailures(): void {
    if (this.#failure !== undefined) throw this.#failure;
    for (const peer of this.peers) {
      const failure = peer.takeFailure();
      if (failure !== undefined) throw failure;
      if (peer.tap.error !== undefined)
        throw new Violation('unreadable', `to ${peer.clientId}: ${peer.tap.error.message}`);
    }
    if (this.#byPort.size > 64) this.peers = this.peers.filter((peer) => !this.#forget(peer));
  }

  #forget(peer: Peer): boolean {
    if (!peer.isClosed || this.#slots.get(peer.slot) === peer) return false;
    return this.#byPort.delete(peer.number);
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure =
      error instanceof Violation
        ? error
        : new Violation('throw', String(error instanceof Error ? error.stack : error));
  }

  #observer(): Observer {
    const fenced = <A extends unknown[]>(run: (...values: A) => void) => {
      const { host } = this;
      return (...values: A): void => {
        if (host !== this.host) return; // the one that crashed
        try {
          run(...values);
        } catch (error) {
          this.#fail(error);
        }
      };
    };
    return {
      connected: fenced((client, { sessionPresent }) => {
        const peer = this.#byPort.get(client.remote.port ?? 0);
        if (peer !== undefined) this.#admitted(peer, client.clientId, sessionPresent);
      }),
      disconnected: fenced((client, reasonCode, reason) => {
        const peer = this.#byPort.get(client.remote.port ?? 0);
        const session = peer?.session;
        if (session === undefined || this.ledger.sessions.get(client.clientId) !== session) return;
        if (session.will !== peer?.will) return;
        session.isConnected = false;
        session.offlineSince = this.host.now();
        if (reasonCode === 0 && reason === 'the client disconnected' && session.will !== undefined)
          session.will.isForbidden = true;
      }),
      dropped: fenced((clientId, topicName) => {
        this.ledger.sessions.get(clientId)?.gaveUp(topicName, this.ledger);
      }),
      fault: (error, where) => {
        if (isInjected(error)) return;
        // changes that were on their way already when the session they belong to was refused
        if (isOfRefusedSession(error) && this.store.hasFailed) return;
        this.#fail(
          new Violation(
            'fault',
            `${where}: ${error instanceof Error ? error.stack : String(error)}`,
          ),
        );
      },
    };
  }

  /** The broker has let a client in. */
  #admitted(peer: Peer, clientId: string, sessionPresent: boolean): void {
    const before = this.ledger.sessions.get(clientId);
    peer.clientId = clientId;
    this.#expectPresent(peer, before, sessionPresent);
    const session = sessionPresent && before !== undefined ? before : new ClientSession(clientId);
    session.isBlurred ||= session === before && peer.connect?.clean === true;
    const { connect } = peer;
    const limit = this.context.limits;
    session.expiry =
      connect?.version === 5
        ? Math.min(connect.expiry ?? 0, limit.maximumSessionExpiryInterval)
        : connect?.clean === true
          ? 0
          : limit.legacySessionExpiryInterval;
    session.isDurable ||= session.expiry > 0;
    session.isConnected = true;
    session.owner = peer.number;
    session.isUnsure = this.ledger.isWild || this.store.hasFailed;
    session.will = peer.will;
    session.mayLose = connect?.maximumPacketSize !== undefined;
    if (session.mayLose) session.due.clear();
    peer.session = session;
    this.ledger.sessions.set(clientId, session);
    // what was asked before CONNACK
    for (const asked of peer.awaited.values())
      for (const text of asked) session.changing(filterOf(text), this.ledger);
  }

  #expectPresent(peer: Peer, before: ClientSession | undefined, isPresent: boolean): void {
    if (this.ledger.isWild || this.store.hasFailed || before?.isUnsure === true) return;
    if (this.#mayExist.has(peer.clientId)) return;
    if (before === undefined || peer.connect?.clean === true) {
      demand(!isPresent, 'session present', () => `${peer.clientId} has no session yet`);
      return;
    }
    const offline = before.isConnected ? 0 : this.host.now() - before.offlineSince;
    if (before.expiry > 0 && offline < before.expiry * 1000)
      demand(isPresent, 'session present', () => `${peer.clientId} lost its session`);
    if (before.expiry === 0 || offline > before.expiry * 1000 + 500)
      demand(!isPresent, 'session present', () => `${peer.clientId} found a session that is over`);
  }

  async #act(step: Step): Promise<void> {
    switch (step.do) {
      case 'advance':
        return this.#pass(step.ms);
      case 'jump':
        this.host.jump(step.ms);
        return this.#pass(200);
      case 'settle':
        this.store.settle(step.count);
        return;
      case 'fail':
        this.store.failing += step.count;
        return;
      case 'hooks':
        this.hooks.mode = step.mode;
        return;
      case 'decide':
        this.hooks.decide(step.which, step.value);
        return;
      case 'local':
        this.#publishLocally(step.topic, step.qos, step.retain ?? false);
        return;
      case 'crash':
        return this.#crash();
      case 'pump':
      case 'turn':
        return;
      case 'dial':
        this.#dial(step.slot, {});
        return;
      case 'connect':
        this.#connect(step);
        return;
      default: {
        const peer = this.#slots.get(step.slot);
        if (peer !== undefined && !peer.isClosed) this.#say(peer, step);
      }
    }
  }

  #dial(
    slot: number,
    wire: { split?: number | undefined; highWaterMark?: number | undefined },
  ): Peer | undefined {
    const present = this.#slots.get(slot);
    if (present !== undefined && !present.isClosed) return undefined;
    const number = ++this.#dialled;
    const { split, highWaterMark } = wire;
    const [client, server] = memoryPair({
      network: this.network,
      remote: { port: number },
      ...(split === undefined ? {} : { split: randomSplit(split) }),
      ...(highWaterMark === undefined ? {} : { highWaterMark }),
    });
    const tap: Tap = new Tap(
      server,
      () => this.#versionOf(tap),
      (packet, size) => this.#said(peer, packet, size),
    );
    const peer: Peer = new Peer(number, slot, this.ledger, this.hooks, client, tap);
    peer.serverReceiveMaximum = this.context.limits.receiveMaximum;
    this.peers.push(peer);
    this.#slots.set(slot, peer);
    this.#byPort.set(number, peer);
    this.broker.handle(tap);
    return peer;
  }

  /** As the broker understands it: a client may have said anything. */
  #versionOf(tap: Tap): ProtocolVersion {
    for (const connection of this.connections)
      if (connection.link === tap) return connection.protocolVersion;
    return 4;
  }

  #connect(step: ConnectStep): void {
    const present = this.#slots.get(step.slot);
    const hasOnlyDialled =
      present !== undefined && !present.isClosed && present.connect === undefined;
    const peer = hasOnlyDialled ? present : this.#dial(step.slot, step);
    if (peer === undefined) {
      // a second CONNECT
      if (present === undefined) return;
      present.isHonest = false;
      present.sendBytes(Uint8Array.from([0x10, 13, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 1, 0x7a]));
      return;
    }
    peer.connect = step;
    peer.version = step.version;
    peer.clientId = step.id;
    if (step.maximumPacketSize !== undefined) this.#mayNotFit(step.id);
    if (step.auth === true) peer.isHonest = false;
    const { will } = step;
    if (will !== undefined) {
      const { topic, qos, retain = false } = will;
      peer.will = this.ledger.publish({
        publisher: step.id,
        stream: peer.number,
        topic,
        qos,
        retain,
        size: 1,
        isWill: true,
      });
    }
    peer.send(connectPacket(step, peer.will));
  }

  /** CONNACK may be too large for a client: then it has a session, or one less, and nobody says so. */
  #mayNotFit(clientId: string): void {
    this.#mayExist.add(clientId);
    const session = this.ledger.sessions.get(clientId);
    if (session === undefined) return;
    session.mayLose = true;
    session.isBlurred = true;
    session.due.clear();
  }

  /** What the broker writes, at the moment that it writes it. */
  #said(peer: Peer, packet: Packet, size: number): void {
    try {
      const maximum = peer.connect?.maximumPacketSize ?? Infinity;
      demand(
        size <= maximum,
        'packet size',
        () => `${peer.clientId} allows ${maximum}, got ${size}`,
      );
      if (packet.type === PacketType.Connack && packet.reasonCode === 0) {
        if (peer.session !== undefined) peer.session.isConfirmed = true;
        for (const other of this.peers)
          if (other !== peer && other.clientId === peer.clientId) other.isStale = true;
      }
      if (!this.ledger.isWild) this.#checkPromise(peer, packet);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** No acknowledgement precedes the commit of what it promises. */
  #checkPromise(peer: Peer, packet: Packet): void {
    const { session, clientId } = peer;
    const isAllSettled = (change: string): void => {
      const status = this.store.status(change);
      demand(status !== 'pending' && status !== 'failed', 'promise', () => {
        return `${clientId} is told of "${change}", which is ${status}: ${JSON.stringify(packet)}`;
      });
    };
    if (packet.type === 3 && packet.qos > 0 && session?.isDurable === true) {
      const serial = serialOf(packet.payload);
      const isOnce = serial > 0 && !packet.retain && !packet.topicName.startsWith('shared/');
      if (isOnce) isAllSettled(`sent ${clientId} ${serial} false`);
    }
    if (!('reasonCode' in packet) && packet.type !== 9) return;
    if ('reasonCode' in packet && packet.reasonCode >= (packet.type === 2 ? 1 : 0x80)) return;
    if (packet.type === 4 || packet.type === 5) {
      const sent = session?.outgoing.get(packet.packetId)?.sent;
      // what a group had back is stored once more
      const isOnce = sent?.isRepeated === false && !sent.topic.startsWith('shared/');
      if (isOnce) isAllSettled(`message ${sent.serial}`);
      if (sent?.retain === true && !sent.isRepeated) isAllSettled(`retained ${sent.serial}`);
    }
    if (session?.isDurable !== true) return;
    // what was refused is acknowledged as well, where the client cannot be told
    const mayBeRefused = this.hooks.hasRefused && peer.version < 5;
    if (packet.type === 5 && !mayBeRefused) isAllSettled(`received ${clientId} ${packet.packetId}`);
    if (packet.type === 7) isAllSettled(`receipt-released ${clientId} ${packet.packetId}`);
    if (packet.type === 2) this.#countPromise(`opened ${clientId}`);
    if (packet.type !== 9) return;
    const asked = peer.awaited.get(`9 ${packet.packetId}`) ?? [];
    for (const [index, code] of packet.reasonCodes.entries()) {
      const text = asked[index];
      if (text !== undefined && code <= 2)
        this.#countPromise(`subscribed ${clientId} ${filterOf(text)}`);
    }
  }

  #countPromise(change: string): void {
    const said = (this.#saidSubacks.get(change) ?? 0) + 1;
    this.#saidSubacks.set(change, said);
    // a session that a later connection has opened was opened, whatever became of the first commit
    if (change.startsWith('opened') && this.store.hasFailed) return;
    demand(said <= this.store.settledTimes(change), 'promise', () => {
      return `"${change}" was said ${said} times and settled ${this.store.settledTimes(change)} times`;
    });
  }

  #say(peer: Peer, step: Step): void {
    if (peer.connect === undefined && step.do !== 'vanish' && step.do !== 'cut')
      peer.isHonest = false;
    switch (step.do) {
      case 'publish':
        return this.#publish(peer, step);
      case 'burst':
        for (let i = 0; i < step.count; i++)
          this.#publish(peer, { do: 'publish', slot: step.slot, topic: step.topic, qos: step.qos });
        return;
      case 'repeat':
        return this.#repeat(peer, step.which);
      case 'answer': {
        const due = peer.due[step.which % Math.max(1, peer.due.length)];
        if (due !== undefined) this.#acknowledge(peer, due.type, due.packetId, step.code ?? 0);
        return;
      }
      case 'answer-all':
        for (const { type, packetId } of [...peer.due]) peer.acknowledge(type, packetId, 0);
        return;
      case 'acknowledge':
        return this.#acknowledge(peer, step.type, step.packetId, step.code ?? 0);
      case 'subscribe':
        return this.#subscribe(peer, step);
      case 'unsubscribe':
        return this.#unsubscribe(peer, step.filters);
      case 'ping':
        peer.pings++;
        return peer.send({ type: 12 });
      case 'auth':
        peer.isHonest = false;
        return peer.version === 5
          ? peer.send({
              type: 15,
              reasonCode: step.code,
              properties: { authenticationMethod: 'M' },
            })
          : undefined;
      case 'disconnect':
        return this.#disconnect(peer, step.code, step.expiry);
      case 'vanish':
        return peer.connection.destroy();
      case 'cut':
        peer.isHonest = false;
        peer.isStale = true;
        return peer.connection.vanish();
      case 'pause':
        peer.isPaused = true;
        return peer.connection.pause();
      case 'resume':
        peer.isPaused = false;
        return peer.connection.resume();
      case 'bytes':
        peer.isHonest = false;
        this.ledger.isWild = true;
        return peer.sendBytes(Uint8Array.from(Buffer.from(step.hex, 'hex')));
      default:
    }
  }

  #acknowledge(peer: Peer, type: 4 | 5 | 6 | 7, packetId: number, code: number): void {
    const isLate = type === 6 || type === 7;
    peer.acknowledge(type, packetId, code === 0 ? 0 : isLate ? 0x92 : code);
  }

  #publish(peer: Peer, step: PublishStep): void {
    const { topic, qos, retain = false, alias, aliased, size = 12 } = step;
    const known = alias === undefined ? undefined : peer.aliases.get(alias);
    if (peer.version === 5 && alias !== undefined) {
      if (alias > peer.serverAliasMaximum || (aliased === true && known === undefined))
        peer.isHonest = false;
      if (aliased !== true) peer.aliases.set(alias, topic);
    }
    const isByAlias = aliased === true && peer.version === 5 && alias !== undefined;
    const effective = isByAlias ? (known ?? topic) : topic;
    const sent = this.ledger.publish({
      publisher: peer.clientId,
      stream: peer.number,
      topic: effective,
      qos,
      retain,
      size,
      isWill: false,
    });
    const { session } = peer;
    const packetId = step.packetId ?? this.#nextPacketId(peer);
    if (step.packetId !== undefined) {
      peer.isHonest = false;
      this.ledger.isWild = true;
    }
    const packet = publishPacket(sent, packetId);
    if (peer.version === 5) {
      packet.properties = { messageExpiryInterval: step.expiry, topicAlias: alias };
      if (isByAlias) packet.topicName = '';
    }
    if (qos > 0) {
      this.#occupies(peer, packetId);
      peer.awaited.set(`${qos === 1 ? 4 : 5} ${packetId}`, []);
      session?.outgoing.set(packetId, { sent, isReleased: false });
    }
    if (step.expiry === undefined && !this.ledger.isWild && size > 0) this.ledger.owe(sent);
    peer.send(packet);
  }

  #occupies(peer: Peer, packetId: number): void {
    peer.outstanding.add(packetId);
    if (peer.version === 5 && peer.outstanding.size > peer.serverReceiveMaximum)
      peer.isHonest = false;
  }

  #nextPacketId({ connect, number }: Peer): number {
    const client = connect === undefined || connect.id === '' ? `#${number}` : connect.id;
    const packetId = ((this.#packetIds.get(client) ?? 0) % 65_000) + 1;
    this.#packetIds.set(client, packetId);
    return packetId;
  }

  #repeat(peer: Peer, which: number): void {
    const outgoing = [...(peer.session?.outgoing ?? [])];
    const one = outgoing[which % Math.max(1, outgoing.length)];
    if (one === undefined) return;
    const [packetId, { sent, isReleased }] = one;
    if (isReleased) {
      // its answer ends the exchange; a second one would be for nothing
      if (!peer.due.some((due) => due.type === 6 && due.packetId === packetId)) return;
      this.#acknowledge(peer, 6, packetId, 0);
      return;
    }
    if (peer.awaited.has(`${sent.qos === 1 ? 4 : 5} ${packetId}`)) return; // sent on this connection
    sent.isRepeated = true;
    peer.awaited.set(`${sent.qos === 1 ? 4 : 5} ${packetId}`, []);
    this.#occupies(peer, packetId);
    peer.send({ ...publishPacket(sent, packetId), dup: true });
  }

  #subscribe(peer: Peer, step: Extract<Step, { do: 'subscribe' }>): void {
    const packetId = this.#nextPacketId(peer);
    for (const { filter } of step.filters) peer.session?.changing(filter, this.ledger);
    peer.awaited.set(
      `9 ${packetId}`,
      step.filters.map((filter) => JSON.stringify(filter)),
    );
    const isV5 = peer.version === 5;
    peer.send({
      type: 8,
      packetId,
      subscriptions: step.filters.map(({ filter, qos, noLocal, asPublished, handling }) => ({
        topicFilter: filter,
        qos,
        noLocal: isV5 && !filter.startsWith('$share/') && noLocal === true,
        retainAsPublished: isV5 && asPublished === true,
        retainHandling: isV5 ? (handling ?? 0) : 0,
      })),
      ...(isV5 && step.id !== undefined
        ? { properties: { subscriptionIdentifiers: [step.id] } }
        : {}),
    });
  }

  #unsubscribe(peer: Peer, filters: readonly string[]): void {
    const packetId = this.#nextPacketId(peer);
    for (const filter of filters) peer.session?.changing(filter, this.ledger);
    peer.awaited.set(
      `11 ${packetId}`,
      filters.map((filter) => JSON.stringify({ filter })),
    );
    peer.send({ type: 10, packetId, topicFilters: filters });
  }

  #disconnect(peer: Peer, code: number, expiry: number | undefined): void {
    const { session } = peer;
    const isV5 = peer.version === 5;
    if (session !== undefined) session.isUnsure ||= expiry !== undefined && isV5;
    else this.#mayExist.add(peer.clientId);
    peer.isHonest = false;
    peer.send({
      type: 14,
      reasonCode: isV5 ? code : 0,
      ...(isV5 && expiry !== undefined ? { properties: { sessionExpiryInterval: expiry } } : {}),
    });
  }

  #publishLocally(topic: string, qos: 0 | 1 | 2, retain: boolean): void {
    const sent = this.ledger.publish({
      publisher: 'host',
      stream: 0,
      topic,
      qos,
      retain,
      size: 1,
      isWill: false,
    });
    if (!this.ledger.isWild) this.ledger.owe(sent);
    const { broker } = this;
    const published = broker
      .publish({ topicName: topic, payload: payloadOf(sent.serial, 1), qos, retain })
      .then(
        () => {
          if (broker === this.broker) sent.isAccepted = !this.store.hasFailed;
        },
        () => undefined,
      );
    this.#publications.push(published);
  }

  async #pass(milliseconds: number): Promise<void> {
    const until = this.host.now() + milliseconds;
    if (milliseconds > 200) this.isFresh = false;
    for (;;) {
      await this.#quickly();
      if (!this.host.step(until)) break;
    }
    await this.#quickly();
  }

  /** What comes of a timer, without a look at everything. */
  async #quickly(): Promise<void> {
    if (!this.#move()) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#move();
  }

  /** Whatever is due at once; false when nothing was. */
  #move(): boolean {
    let rounds = 0;
    while (this.network.pump() + Number(this.host.turn()) > 0)
      demand(++rounds < 20_000, 'livelock', () => 'the broker does not come to rest');
    return rounds > 0;
  }

  async #giveEverything(): Promise<void> {
    await this.settle();
    for (let rounds = 0; this.isWaiting; rounds++) {
      demand(rounds < 1_000, 'livelock', () => 'the broker asks without end');
      this.store.settle(Infinity);
      while (this.hooks.waiting > 0) this.hooks.decide(0, true);
      await this.settle();
    }
  }

  /** Every client comes back, reads and acknowledges all that there is. */
  async #collectWhatIsDue(): Promise<void> {
    if (this.ledger.isWild) return;
    await this.#pass(2_000); // what the store refused is tried again
    for (const peer of this.peers) peer.connection.sever();
    await this.#giveEverything();
    let slot = 1_000;
    for (const session of [...this.ledger.sessions.values()]) {
      if (!session.isDurable || session.due.size === 0) continue;
      const { clientId } = session;
      if (this.context.sessions.get(clientId) === undefined) continue;
      const connect: ConnectStep = { do: 'connect', slot, id: clientId, version: 5, expiry: 1 };
      await this.step({ ...connect, ...this.#userOf(clientId) });
      for (let rounds = 0; rounds < 10_000; rounds++) {
        await this.#giveEverything();
        const peer = this.#slots.get(slot);
        if (peer === undefined || peer.due.length === 0) break;
        await this.step({ do: 'answer-all', slot });
      }
      slot++;
      if (this.ledger.sessions.get(clientId) !== session) continue;
      const missing = this.ledger.missing(session);
      demand(missing.length === 0, 'lost', () => {
        return `${clientId} never got ${missing.slice(0, 3).map(name).join(', ')}`;
      });
    }
  }

  #userOf(clientId: string): { user?: string } {
    const user = this.context.sessions.get(clientId)?.userName;
    return user === undefined ? {} : { user };
  }

  async #crash(): Promise<void> {
    if (this.case.store === 'at-once') return;
    this.isFresh = true;
    const now = this.host.now();
    this.host = new SimulatedHost();
    this.host.jump(now - this.host.now());
    for (const peer of this.peers) {
      peer.isStale = true;
      peer.connection.sever();
    }
    for (const session of this.ledger.sessions.values()) {
      session.isUnsure = true;
      // it may have ended, or its predecessor may not have
      if (!session.isConfirmed || this.store.hasFailed) session.isBlurred = true;
      session.isConnected = false;
      if (!session.isDurable) session.due.clear();
    }
    this.hooks.forget();
    this.ledger.forgive();
    this.ledger.forgiveWills();
    this.network.pump();
    const { failing, hasFailed, inner, mode } = this.store;
    this.store = new ReluctantStore(mode, inner);
    this.store.failing = failing;
    this.store.hasFailed = hasFailed;
    this.#watchRefusals();
    this.#saidSubacks.clear();
    await this.begin();
  }
}

function filterOf(asked: string): string {
  const { filter } = JSON.parse(asked) as FilterStep; // written by `#subscribe` and `#unsubscribe`
  return filter;
}

/** Every session expires before the end. */
const EXPIRY = { maximumSessionExpiryInterval: 100, legacySessionExpiryInterval: 60 };

function isInjected(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause)
    if (one instanceof InjectedError) return true;
  return false;
}

function isOfRefusedSession(error: unknown): boolean {
  if (!(error instanceof StoreError)) return false;
  return error.code === 'STORE_STALE_EPOCH' || isOfRefusedSession(error.cause);
}

function publishPacket(sent: Sent, packetId: number): Publish {
  const { serial, topic, qos, retain, size } = sent;
  return {
    type: 3,
    topicName: topic,
    payload: size === 0 ? new Uint8Array(0) : payloadOf(serial, size),
    qos,
    dup: false,
    retain,
    ...(qos > 0 ? { packetId } : {}),
  };
}

function connectPacket(step: ConnectStep, sent: Sent | undefined): Connect {
  const { version, will } = step;
  const isV5 = version === 5;
  return {
    type: 1,
    protocolVersion: version,
    clientId: step.id,
    cleanStart: step.clean === true,
    keepAlive: step.keepAlive ?? 0,
    ...(step.user === undefined ? {} : { userName: step.user }),
    ...(will === undefined || sent === undefined
      ? {}
      : {
          will: {
            topicName: will.topic,
            payload: payloadOf(sent.serial, 1),
            qos: will.qos,
            retain: will.retain ?? false,
            properties: isV5 ? { willDelayInterval: will.delay } : undefined,
          },
        }),
    ...(isV5
      ? {
          properties: {
            sessionExpiryInterval: step.expiry,
            receiveMaximum: step.receiveMaximum,
            maximumPacketSize: step.maximumPacketSize,
            topicAliasMaximum: step.aliases,
            authenticationMethod: step.auth === true ? 'M' : undefined,
          },
        }
      : {}),
  };
}
