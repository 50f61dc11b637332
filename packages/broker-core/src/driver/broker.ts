import type { Duplex } from 'node:stream';
import { type QoS, ReasonCode } from '@wellhead/codec';
import type { FanOutRecord } from '@wellhead/session-store';
import { validateTopicFilter } from '@wellhead/topic-matcher';
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
import { BrokerError } from '../errors.ts';
import { guard } from '../guard.ts';
import type { Host } from '../host.ts';
import { LongFanOut } from '../long-fan-out.ts';
import { copyOf } from '../message.ts';
import { publishMessage } from '../publish.ts';
import { Admission } from './admission.ts';
import { type BrokerOptions, makeContext } from './broker-options.ts';
import { type LocalMessage, toMessage } from './local-message.ts';
import { type LocalSubscription, MessageStream, receivedMessage } from './local-subscription.ts';
import { LoneReads } from './lone-reads.ts';
import { SysTopics } from './sys-topics.ts';
import { systemHost } from './system-host.ts';
import { TurnDriver } from './turn-driver.ts';

export interface LocalSubscribeOptions {
  /** @default 2 */
  readonly qos?: QoS | undefined;
  /** Messages that wait for the loop; beyond them messages are dropped and counted. @default 1024 */
  readonly highWaterMark?: number | undefined;
  /** Ends the subscription. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a broker that serves MQTT 3.1, 3.1.1 and 5.0, and loads what its store holds. It listens
 * nowhere until told to. Throws `TypeError` for options out of range; rejects if the store cannot be read.
 */
export async function createBroker(options: BrokerOptions = {}): Promise<Broker> {
  const broker = new Broker(options);
  await broker.load();
  return broker;
}

/** What is inside a broker, for the tests of this package: `index.ts` does not export it. */
export let inspect: (broker: Broker) => {
  readonly context: BrokerContext;
  readonly connections: ReadonlySet<ClientConnection>;
};

/** A broker. Disposing of it closes it. */
export class Broker implements AsyncDisposable {
  readonly #context: BrokerContext;
  readonly #host: Host;
  readonly #driver: TurnDriver;
  readonly #admission: Admission;
  readonly #listeners: Listener[] = [];
  readonly #connections = new Set<ClientConnection>();
  readonly #sys: SysTopics;
  readonly #sysInterval: number;
  readonly #localSessions = new Set<MessageStream>();
  #localWork: (() => void)[] = [];
  readonly #loneReads = new LoneReads();
  /** The last turn whose end a read has asked for: it comes at once. */
  #wokenByRead = 0;
  readonly #endTurn = (): void => {
    this.#loneReads.turnEnded();
    this.#driver.run();
  };
  /** Connections whose transport has gone, and whose end is for a later turn. */
  #ending: ClientConnection[] = [];
  #cancelTick: (() => void) | undefined;
  #lastSys = 0;
  #closed: Promise<void> | undefined;
  #whenEmpty: (() => void) | undefined;

  static {
    inspect = (broker) => ({ context: broker.#context, connections: broker.#connections });
  }

  /** Use {@link createBroker}. */
  constructor(options: BrokerOptions) {
    const host = options.host ?? systemHost;
    this.#host = host;
    this.#context = makeContext(options, host, () => host.soon(this.#endTurn));
    this.#driver = new TurnDriver(this.#context, host, () => {
      this.#endOthers();
      this.#runLocalWork();
    });
    this.#admission = new Admission(this.#context.limits);
    this.#sysInterval = (options.sysInterval ?? 10) * 1000;
    this.#sys = new SysTopics(this.#context, options.version ?? '0');
    this.#tick();
  }

  /** Counters since the start, and gauges of now. */
  get counters(): Readonly<Counters> {
    return this.#context.counters;
  }

  /** Takes up what the store holds. Called by {@link createBroker}. */
  async load(): Promise<void> {
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
      context.observer.refused?.(link.remote, SERVER_BUSY, refusal);
      link.start(DEAF);
      link.destroy();
      return;
    }
    context.counters.connectionsAccepted++;
    context.counters.connections++;
    const connection = new ClientConnection(context, link);
    this.#admission.enter(connection);
    this.#connections.add(connection);
    link.start(new LinkReceiver(this, connection));
  }

  /** Publishes a message to everybody who subscribed. Resolves when it is routed, and stored where it must be; one for very many may still be on its way, and is stored as that. Throws `TypeError` for what MQTT forbids. */
  publish(local: LocalMessage): Promise<void> {
    const message = toMessage(local, this.#context.limits, this.#host.now());
    return new Promise((resolve, reject) => {
      if (this.#context.closing) {
        reject(new BrokerError('BROKER_CLOSED', 'the broker is closed'));
        return;
      }
      this.#doLocally(() => {
        // identifiers follow the order of acceptance, which is now
        const record = copyOf(message, this.#context.nextMessageId());
        if (!publishMessage(this.#context, record, undefined)) {
          reject(new BrokerError('BROKER_QUOTA', 'there is no room for one more retained message'));
          return;
        }
        // the turn's commit is behind us when its settling is awaited
        this.#host.soon(() => void this.#driver.settled().then(resolve));
      });
    });
  }

  /** Subscribes in process: iterate over the messages, with `await using` or `close()` to end it. Throws `TypeError` for a filter that MQTT forbids. */
  subscribe(topicFilter: string, options: LocalSubscribeOptions = {}): LocalSubscription {
    const invalid = validateTopicFilter(topicFilter);
    if (invalid !== undefined)
      throw new TypeError(`${JSON.stringify(topicFilter)}: ${invalid.message}`);
    if (this.#context.closing) throw new BrokerError('BROKER_CLOSED', 'the broker is closed');
    options.signal?.throwIfAborted();
    const { sessions } = this.#context;
    const stream: MessageStream = new MessageStream(
      topicFilter,
      options.highWaterMark ?? 1024,
      () => {
        this.#localSessions.delete(stream);
        this.#doLocally(() => sessions.endLocal(session));
      },
    );
    const session = sessions.openLocal('', (record) => stream.push(receivedMessage(record)));
    this.#localSessions.add(stream);
    options.signal?.addEventListener('abort', () => void stream.close(), { once: true });
    this.#doLocally(() => {
      if (session.ended) return;
      sessions.putSubscription(session, {
        topicFilter,
        qos: options.qos ?? 2,
        noLocal: false,
        retainAsPublished: true,
        retainHandling: 2,
        subscriptionIdentifier: 0,
      });
    });
    return stream;
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
  received(connection: ClientConnection, chunk: Uint8Array): void {
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

  drained(connection: ClientConnection): void {
    this.#context.now = this.#host.now();
    this.#driver.drained(connection);
  }

  ended(connection: ClientConnection, error?: Error): void {
    const context = this.#context;
    if (connection.mustEndLater) {
      this.#ending.push(connection);
      context.turn.wake();
      return;
    }
    if (!this.#connections.delete(connection)) return;
    this.#admission.leave(connection);
    context.underWay.forget(connection);
    context.counters.connections--;
    guard(connection, () => connection.transportClosed(this.#host.now(), reasonOf(error)));
    if (this.#connections.size === 0) this.#whenEmpty?.();
  }

  async #close(): Promise<void> {
    const context = this.#context;
    context.closing = true;
    context.now = this.#host.now();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    for (const stream of Array.from(this.#localSessions)) await stream.close();
    for (const connection of Array.from(this.#connections)) {
      guard(connection, () => connection.fail(SERVER_SHUTTING_DOWN, 'the server is shutting down'));
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
    const ending = this.#ending;
    if (ending.length === 0) return;
    this.#ending = [];
    for (const connection of ending) this.ended(connection);
  }

  #doLocally(work: () => void): void {
    this.#localWork.push(work);
    this.#context.turn.wake();
  }

  #runLocalWork(): void {
    const work = this.#localWork;
    if (work.length === 0) return;
    this.#localWork = [];
    for (const one of work) {
      try {
        one();
      } catch (error) {
        this.#context.observer.fault?.(error, 'host program');
      }
    }
  }

  #tick(): void {
    this.#cancelTick = this.#host.later(() => {
      if (this.#context.closing) return;
      this.#tick();
      const context = this.#context;
      context.now = this.#host.now();
      context.deadlines.advance(context.now);
      if (this.#sysInterval > 0 && context.now - this.#lastSys >= this.#sysInterval) {
        this.#lastSys = context.now;
        this.#doLocally(() => this.#sys.publish());
      }
    }, DEADLINE_GRANULARITY);
  }
}

/** What a transport calls, for one connection: an object with shared methods, not three closures. */
class LinkReceiver {
  readonly #broker: Broker;
  readonly #connection: ClientConnection;

  constructor(broker: Broker, connection: ClientConnection) {
    this.#broker = broker;
    this.#connection = connection;
  }

  data(chunk: Uint8Array): void {
    this.#broker.received(this.#connection, chunk);
  }

  drain(): void {
    this.#broker.drained(this.#connection);
  }

  closed(error: Error | undefined): void {
    this.#broker.ended(this.#connection, error);
  }
}

/** What a transport has refused is a mistake of the other end, which somebody has to find; the rest is the network's. */
function reasonOf(error: Error | undefined): string {
  const isRefused = error instanceof TransportError && error.code === 'TRANSPORT_FRAME_REFUSED';
  return isRefused ? error.message : 'connection lost';
}

const DEAF = { data(): void {}, drain(): void {}, closed(): void {} };
const SERVER_BUSY = 0x89;
const SERVER_SHUTTING_DOWN = 0x8b;
/** Milliseconds that a store may take to settle. */
const CLOSE_TIMEOUT = 5_000;
/** Milliseconds that clients have to read what they are told at the end. */
const GOODBYE_TIMEOUT = 1_500;
