import type { Duplex } from 'node:stream';
import { ReasonCode } from '@wellhead/codec';
import type { FanOutRecord } from '@wellhead/session-store';
import {
  type Connection,
  type Listener,
  type ListeningAddress,
  type RemoteAddress,
  TransportError,
} from '@wellhead/transport';
import { connectionFromDuplex } from '@wellhead/transport/duplex';
import { ClientConnection } from '../client-connection.ts';
import type { BrokerContext } from '../context.ts';
import type { Counters } from '../counters.ts';
import { DEADLINE_GRANULARITY } from '../deadlines.ts';
import { Deque } from '../deque.ts';
import { BrokerError } from '../errors.ts';
import { guard } from '../guard.ts';
import type { Host } from '../host.ts';
import { LongFanOut, type TurnWork } from '../long-fan-out.ts';
import { Admission } from './admission.ts';
import { type BrokerOptions, makeContext } from './broker-options.ts';
import { drained } from './congestion.ts';
import type { LocalMessage } from './local-message.ts';
import type { LocalSubscription } from './local-subscription.ts';
import { HostProgram, type LocalSubscribeOptions } from './host-program.ts';
import { LoneReads } from './lone-reads.ts';
import { SysTopics } from './sys-topics.ts';
import { systemHost } from './system-host.ts';
import { TurnDriver } from './turn-driver.ts';

/**
 * Makes a broker that serves MQTT 3.1, 3.1.1 and 5.0, and loads what its store holds. It listens
 * nowhere until told to. Throws `TypeError` for options out of range; rejects if the store cannot be read.
 */
export async function createBroker(options: BrokerOptions = {}): Promise<Broker> {
  const broker = new Broker(options);
  await load(broker);
  return broker;
}

/** What is inside a broker, for the tests of this package: `index.ts` does not export it. */
export let inspect: (broker: Broker) => {
  readonly context: BrokerContext;
  readonly connections: ReadonlySet<ClientConnection>;
};

let load: (broker: Broker) => Promise<void>;

/** A broker. Disposing of it closes it. */
export class Broker implements AsyncDisposable {
  readonly #context: BrokerContext;
  readonly #host: Host;
  readonly #driver: TurnDriver;
  readonly #program: HostProgram;
  readonly #admission: Admission;
  readonly #listeners: Listener[] = [];
  readonly #connections = new Set<ClientConnection>();
  readonly #links: Links = {
    received: (connection, chunk) => this.#received(connection, chunk),
    drained: (connection) => this.#drained(connection),
    ended: (connection, error) => this.#ended(connection, error),
  };
  readonly #sys: SysTopics;
  readonly #sysInterval: number;
  readonly #loneReads = new LoneReads();
  /** The last turn whose end a read has asked for: it comes at once. */
  #wokenByRead = 0;
  readonly #endTurn = (): void => {
    this.#loneReads.turnEnded();
    this.#driver.run();
  };
  /** Connections whose transport has gone, and whose end is for a later turn. */
  readonly #ending = new Deque<Ending>();
  /** Deadlines that have passed, and are too many for one turn. */
  readonly #overdue: TurnWork = { step: () => !this.#advance() };
  #cancelTick: (() => void) | undefined;
  #lastSys = 0;
  #closed: Promise<void> | undefined;
  #whenEmpty: (() => void) | undefined;

  static {
    inspect = (broker) => ({ context: broker.#context, connections: broker.#connections });
    load = (broker) => broker.#load();
  }

  /** Use {@link createBroker}. */
  constructor(options: BrokerOptions) {
    const host = options.host ?? systemHost;
    this.#host = host;
    this.#context = makeContext(options, host, () => host.soon(this.#endTurn));
    this.#driver = new TurnDriver(this.#context, host, () => {
      this.#endOthers();
      this.#program.run();
    });
    this.#program = new HostProgram(this.#context, host);
    this.#admission = new Admission(this.#context.limits);
    this.#sysInterval = (options.sysInterval ?? 10) * 1000;
    this.#sys = new SysTopics(this.#context, options.version ?? '0');
  }

  /** Counters since the start, and gauges of now. */
  get counters(): Readonly<Counters> {
    return this.#context.counters;
  }

  /** Takes up what the store holds. */
  async #load(): Promise<void> {
    const context = this.#context;
    const { store, sessions, retained } = context;
    context.lastMessageId = await store.lastMessageId();
    for await (const record of store.loadRetained()) retained.restore(record);
    for await (const record of store.load()) sessions.restore(record);
    const fanOuts: FanOutRecord[] = [];
    for await (const record of store.loadFanOuts()) fanOuts.push(record);
    fanOuts.sort((a, b) => a.message.messageId - b.message.messageId);
    context.now = this.#host.now();
    for (const record of fanOuts) LongFanOut.resume(context, record);
    this.#tick();
  }

  /** Serves the connections of a listener. Rejects with a `TransportError` when it cannot listen. */
  async listen(listener: Listener): Promise<ListeningAddress> {
    if (this.#context.closing) throw new BrokerError('BROKER_CLOSED', 'the broker is closed');
    const address = await listener.listen({
      connection: (connection) => this.handle(connection),
      error: (error) => this.#context.observer.fault?.(error, 'listener'),
      refused: (remote, reason) =>
        this.#context.observer.refused?.(remote, ReasonCode.UnspecifiedError, reason),
    });
    // closing may have begun meanwhile, and closes those that it knows
    if (this.#context.closing) {
      await listener.close();
      throw new BrokerError('BROKER_CLOSED', 'the broker is closed');
    }
    this.#listeners.push(listener);
    return address;
  }

  /**
   * Serves one connection: a transport's, or any duplex stream of Node. `remote` says who is at the
   * other end of a stream: unless it is a socket, nobody is taken for local.
   */
  handle(stream: Connection | Duplex, remote?: Partial<RemoteAddress>): void {
    const link = 'start' in stream ? stream : connectionFromDuplex(stream, remote);
    const context = this.#context;
    context.now = this.#host.now();
    const refusal = context.closing
      ? 'the broker is closing'
      : this.#admission.refusal(link, context.counters.clientsConnected);
    if (refusal !== undefined) {
      context.observer.refused?.(link.remote, ReasonCode.ServerBusy, refusal);
      link.start(DEAF);
      link.destroy();
      return;
    }
    context.counters.connectionsAccepted++;
    context.counters.connections++;
    const connection = new ClientConnection(context, link);
    this.#admission.enter(connection);
    this.#connections.add(connection);
    link.start(new LinkReceiver(this.#links, connection));
  }

  /**
   * Publishes a message to everybody who subscribed. Resolves when it is routed, and stored where it
   * must be. Rejects with a `BrokerError` when the broker is closed, when there is no room for one more
   * retained message (it was delivered all the same), and when the store refuses it: then nobody has
   * got it. Throws `TypeError` for what MQTT forbids.
   */
  publish(local: LocalMessage): Promise<void> {
    return this.#program.publish(local);
  }

  /**
   * Subscribes in process, to what is published from now on (retained messages of before are not
   * brought): iterate over the messages, with `await using` or `close()` to end it. Throws `TypeError`
   * for a filter that MQTT or the limits forbid, or an option out of range, and a `BrokerError` when
   * the broker is closed.
   */
  subscribe(topicFilter: string, options: LocalSubscribeOptions = {}): LocalSubscription {
    return this.#program.subscribe(topicFilter, options);
  }

  /**
   * Ends the broker in order: stops listening, sends MQTT 5 clients DISCONNECT 0x8B, commits, closes
   * the connections and the store. Idempotent; nothing is left open or running.
   */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Bytes have come. */
  #received(connection: ClientConnection, chunk: Uint8Array): void {
    const { turn } = this.#context;
    // all that is read before the end of a turn that a read has asked for came at one time
    const now = this.#wokenByRead === turn.number ? this.#context.now : this.#host.now();
    const wasAwake = turn.isAwake;
    const endsTurn = this.#loneReads.mayEndTurn(chunk.length) && turn.holdOpen();
    this.#receive(connection, chunk, now);
    if (!wasAwake && turn.isAwake) this.#wokenByRead = turn.number;
    if (!endsTurn) return;
    // a commit takes long, so that it is for all who can have part in it
    if (turn.hasUnsettled) turn.letGo();
    else this.#driver.run(now);
  }

  #receive(connection: ClientConnection, chunk: Uint8Array, now: number): void {
    try {
      connection.receive(chunk, now);
    } catch (error) {
      // no closure where nothing goes wrong
      guard(connection, () => {
        throw error;
      });
    }
  }

  #drained(connection: ClientConnection): void {
    this.#context.now = this.#host.now();
    drained(connection);
  }

  #ended(connection: ClientConnection, error: Error | undefined): void {
    const { closing, ends, turn } = this.#context;
    if ((this.#ending.length > 0 || ends.isUsedUp) && !closing) {
      this.#ending.push({ connection, error });
      turn.wake();
    } else this.#end(connection, error);
  }

  #end(connection: ClientConnection, error: Error | undefined): void {
    const context = this.#context;
    if (!this.#connections.delete(connection)) return;
    this.#admission.leave(connection);
    context.underWay.forget(connection);
    context.counters.connections--;
    // what ends before the end of a turn ends at one time
    const now = context.turn.isAwake ? context.now : this.#host.now();
    guard(connection, () => connection.transportClosed(now, reasonOf(error)));
    if (this.#connections.size === 0) this.#whenEmpty?.();
  }

  async #close(): Promise<void> {
    const context = this.#context;
    context.closing = true;
    context.now = this.#host.now();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    await this.#program.unsubscribeAll();
    for (const connection of Array.from(this.#connections)) {
      guard(connection, () =>
        connection.fail(ReasonCode.ServerShuttingDown, 'the server is shutting down'),
      );
    }
    // what takes many turns gets them now, with the store's answer between them where it needs one
    do {
      this.#driver.run();
      if (context.turn.work.length === 0) await this.#storeSettled();
    } while (context.turn.work.length > 0);
    this.#driver.run();
    await this.#allConnectionsGone();
    this.#cancelTick?.();
    this.#driver.run();
    await this.#storeSettled();
    this.#driver.end();
    await context.store[Symbol.asyncDispose]();
  }

  /** A store that never settles must not keep us for ever. */
  async #storeSettled(): Promise<void> {
    let cancel = (): void => undefined;
    const tooLate = new Promise<void>((resolve) => {
      cancel = this.#host.later(resolve, CLOSE_TIMEOUT);
    });
    await Promise.race([this.#driver.settled(), tooLate]);
    cancel();
  }

  /** Who reads is told, and gone, in no time; who does not must not keep the others from the next broker. */
  async #allConnectionsGone(): Promise<void> {
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#host.later(resolve, GOODBYE_TIMEOUT);
      this.#whenEmpty = () => {
        cancel();
        resolve();
      };
    });
    for (const connection of this.#connections) connection.link.destroy();
  }

  #endOthers(): void {
    const { closing, ends, turn } = this.#context;
    if (this.#ending.length === 0) return;
    ends.begin();
    const mayGoOn = (): boolean => closing || !ends.isUsedUp;
    while (mayGoOn()) {
      const next = this.#ending.shift();
      if (next === undefined) return;
      this.#end(next.connection, next.error);
    }
    if (this.#ending.length > 0) turn.wake();
  }

  /** What is due happens, in this turn and in as many more as it takes. */
  #advance(): boolean {
    const { deadlines, ends, turn } = this.#context;
    const isOver = deadlines.advance(this.#host.now(), () => !ends.isUsedUp);
    if (!isOver && !turn.work.includes(this.#overdue)) turn.workOn(this.#overdue);
    return isOver;
  }

  #tick(): void {
    this.#cancelTick = this.#host.later(() => {
      if (this.#context.closing) return;
      this.#tick();
      const context = this.#context;
      context.now = this.#host.now();
      this.#advance();
      context.retained.sweep();
      if (this.#sysInterval > 0 && context.now - this.#lastSys >= this.#sysInterval) {
        this.#lastSys = context.now;
        this.#program.soon(() => this.#sys.publish());
      }
    }, DEADLINE_GRANULARITY);
  }
}

/** What a broker does with what its connections' transports say. */
interface Links {
  received(connection: ClientConnection, chunk: Uint8Array): void;
  drained(connection: ClientConnection): void;
  ended(connection: ClientConnection, error: Error | undefined): void;
}

/** A connection whose transport has gone. */
interface Ending {
  readonly connection: ClientConnection;
  readonly error: Error | undefined;
}

/** What a transport calls, for one connection: an object with shared methods, not three closures. */
class LinkReceiver {
  readonly #links: Links;
  readonly #connection: ClientConnection;

  constructor(links: Links, connection: ClientConnection) {
    this.#links = links;
    this.#connection = connection;
  }

  data(chunk: Uint8Array): void {
    this.#links.received(this.#connection, chunk);
  }

  drain(): void {
    this.#links.drained(this.#connection);
  }

  closed(error: Error | undefined): void {
    this.#links.ended(this.#connection, error);
  }
}

/** What a transport has refused is a mistake of the other end, which somebody has to find; the rest is the network's. */
function reasonOf(error: Error | undefined): string {
  const isRefused = error instanceof TransportError && error.code === 'TRANSPORT_FRAME_REFUSED';
  return isRefused ? error.message : 'connection lost';
}

const DEAF = { data(): void {}, drain(): void {}, closed(): void {} };
/** Milliseconds that a store may take to settle. */
const CLOSE_TIMEOUT = 5_000;
/** Milliseconds that clients have to read what they are told at the end. */
const GOODBYE_TIMEOUT = 1_500;
