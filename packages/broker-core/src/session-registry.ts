import { ReasonCode } from '@wellhead/codec';
import { SteadyMap, type SessionRecord, type SubscriptionRecord } from '@wellhead/session-store';
import { absentClient } from './absent-client.ts';
import type { ClientConnection } from './client-connection.ts';
import type { BrokerContext } from './context.ts';
import { givenBackBy, leavesToGroups, leftInMemoryBy } from './give-back.ts';
import { HandOver, handOverNow } from './hand-over.ts';
import type { ClientInfo } from './hooks.ts';
import { NEVER_EXPIRES } from './options.ts';
import { publishWill } from './publish-will.ts';
import { unload } from './queue.ts';
import { Session } from './session.ts';
import { StoredShare } from './stored-share.ts';
import { Subscription } from './subscription.ts';
import { Unrouting } from './unrouting.ts';
import { Will } from './will.ts';
import { workCost } from './work-cost.ts';

export interface OpenRequest {
  readonly client: ClientInfo;
  readonly cleanStart: boolean;
  /** Seconds. */
  readonly expiryInterval: number;
  readonly will: Will | undefined;
  /** The session of this client that has ended to make room for this one. */
  readonly replaced?: Session | undefined;
}

/** All sessions: who is taken over, what is resumed, when a session ends and what its end entails. */
export class SessionRegistry {
  readonly #context: () => BrokerContext;
  readonly #sessions = new SteadyMap<Session>();
  /** What sessions leave to their groups goes this way. */
  readonly handOver: HandOver;
  readonly #unrouting: Unrouting;
  readonly #onTimeout = (session: Session, now: number): void => this.#timeout(session, now);

  constructor(context: () => BrokerContext) {
    this.#context = context;
    this.handOver = new HandOver(context);
    this.#unrouting = new Unrouting(context, (one) => this.#unroute(one));
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  [Symbol.iterator](): Iterator<Session> {
    return this.#sessions.values();
  }

  /** Take-over and Clean Start processing (MQTT 5.0 section 3.1.4), then the session of this connection. */
  open(
    connection: ClientConnection,
    request: OpenRequest,
  ): { session: Session; sessionPresent: boolean } {
    const context = this.#context();
    const { clientId } = request.client;
    let session = this.#sessions.get(clientId);
    const previous = session ?? request.replaced;
    const previousEpoch = previous?.epoch ?? 0;
    if (session !== undefined) {
      if (session.connection !== undefined) this.#takeOver(session, request.cleanStart);
      else if (session.expiresAt <= context.now) this.end(session); // [MQTT-4.1.0-2], ahead of the wheel
      else if (!request.cleanStart) this.#settleWill(session);
      // [MQTT-3.1.2-4]; a session without expiry has ended with its connection
      if (!session.ended && (request.cleanStart || session.expiryInterval === 0)) this.end(session);
      if (session.ended) session = undefined;
    }
    const sessionPresent = session !== undefined;
    session ??= this.#create(clientId);
    session.epoch = previousEpoch + 1;
    session.takeOvers = previous?.takeOvers ?? 0;
    session.takeOversSince = previous?.takeOversSince ?? context.now;
    session.connection = connection;
    session.receiver?.connected();
    session.protocolVersion = request.client.protocolVersion;
    session.userName = request.client.userName;
    session.client = request.client;
    session.expiryInterval = request.expiryInterval;
    session.expiresAt = Infinity;
    session.durable ||= request.expiryInterval > 0;
    session.will = request.will;
    this.#reschedule(session);
    // [MQTT-3.1.2-8] also when this process is killed: of such a session, nothing but the Will is stored
    session.isStoredForWill =
      !session.durable && session.will !== undefined && context.store.supports.durable;
    if (isStored(session)) this.#recordOpened(context, session);
    return { session, sessionPresent };
  }

  /** A connection has ended: its session is kept for a while or ends, its Will is due now, later or never. */
  connectionEnded(session: Session, keepsWill: boolean): void {
    const context = this.#context();
    session.connection = undefined;
    if (!keepsWill) this.#discardWill(session);
    const leaves = session.backlog > 0 && leavesToGroups(session);
    if (session.expiryInterval === 0 && !leaves) {
      this.end(session); // publishes the Will, whatever its delay
      return;
    }
    this.#unload(session);
    this.#close(session, context.now);
    if (session.expiryInterval === 0) {
      this.#leave(session, () => this.end(session)).begin();
      return;
    }
    this.#publishWillIfDue(session, context.now);
    this.#reschedule(session);
  }

  /** Leaves to the store what is in memory, once what the client has unsubscribed from is its groups'. */
  #unload(session: Session): void {
    if (session.givingBack !== undefined)
      handOverNow(this.#context(), givenBackBy(this.#context(), session));
    unload(session);
  }

  /** Ends a session and all that hangs on it; a Will that is still there is published [MQTT-3.1.2-8]. */
  end(session: Session): void {
    const context = this.#context();
    if (session.ended) return;
    session.ended = true;
    this.#sessions.delete(session.clientId);
    context.counters.sessions = this.#sessions.size;
    context.deadlines.cancel(session);
    context.ends.spend(workCost.end);
    this.#unrouteAll(session);
    const { durable, will } = session;
    const left = session.inMemory === 0 ? undefined : leftInMemoryBy(session);
    session.will = undefined;
    if (isStored(session)) {
      context.turn.record({
        type: 'session-removed',
        clientId: session.clientId,
        epoch: session.epoch,
      });
      session.durable = false;
      session.isStoredForWill = false;
    }
    unload(session);
    if (left === undefined) session.queuedBytes = 0;
    // what the store has of it leaves it in the commit that gives it to others: a page, and what is in flight
    else if (durable) handOverNow(context, left);
    else this.handOver.add(left);
    if (will !== undefined) publishWill(context, session, will);
  }

  /** Adds a subscription, or gives an existing one new options. */
  putSubscription(session: Session, record: SubscriptionRecord): Subscription {
    const existing = session.subscriptions?.get(record.topicFilter);
    if (existing === undefined) return this.addSubscription(session, record);
    existing.replace(record);
    this.#context().router.changed(existing);
    return existing;
  }

  /** Adds a subscription under a filter that the session does not have. */
  addSubscription(session: Session, record: SubscriptionRecord): Subscription {
    const context = this.#context();
    const subscription = new Subscription(session, record);
    (session.subscriptions ??= new Map()).set(record.topicFilter, subscription);
    context.router.add(subscription);
    this.#countSubscriptions(context);
    return subscription;
  }

  removeSubscription(session: Session, subscription: Subscription): void {
    session.subscriptions?.delete(subscription.topicFilter);
    this.#unroute(subscription);
  }

  /** A session of the host program: nothing of it is stored. */
  openLocal(clientId: string, deliver: NonNullable<Session['local']>): Session {
    const session = new Session(clientId, this.#onTimeout, this.#context().counters);
    session.local = deliver;
    return session;
  }

  endLocal(session: Session): void {
    session.ended = true;
    for (const subscription of session.subscriptions?.values() ?? []) this.#unroute(subscription);
    session.subscriptions = undefined;
  }

  /**
   * Takes up a session as a store has it, at start. Nothing is published or ended here, for those who
   * are to receive it may not have been taken up yet: deadlines that have passed take effect with the
   * next look at the wheel.
   */
  restore(record: SessionRecord): void {
    const { clientId, protocolVersion, userName } = record;
    const session = this.#create(clientId);
    session.epoch = record.epoch;
    session.durable = true;
    session.protocolVersion = protocolVersion;
    session.userName = userName;
    session.client = absentClient(record);
    session.expiryInterval = record.sessionExpiryInterval;
    session.queuedMessages = record.queuedMessages;
    session.queuedBytes = record.queuedBytes;
    for (const subscription of record.subscriptions) this.putSubscription(session, subscription);
    if (record.receivedPacketIds.length > 0)
      session.openReceiver().restore(record.receivedPacketIds);
    if (record.will !== undefined) session.will = new Will(record.will);
    session.expiresAt = record.expiresAt;
    // the broker ended, not the client: for the session that is the end of its connection
    if (record.connected) this.#close(session, this.#context().now);
    this.#reschedule(session);
  }

  #create(clientId: string): Session {
    const { counters, lastMessageId } = this.#context();
    const session = new Session(clientId, this.#onTimeout, counters);
    this.#sessions.set(clientId, session);
    session.begunBehind = lastMessageId;
    counters.sessions = this.#sessions.size;
    return session;
  }

  /** [MQTT-3.1.4-3], and what becomes of the Will then (section 3.1.3.2.2 and its comments). */
  #takeOver(session: Session, cleanStart: boolean): void {
    const { connection, will } = session;
    session.connection = undefined;
    this.#context().counters.clientsConnected--;
    connection?.fail(ReasonCode.SessionTakenOver, 'another connection uses this Client Identifier');
    const isWillDue =
      will !== undefined &&
      (cleanStart || session.expiryInterval === 0 || will.delayInterval === 0);
    if (!isWillDue) {
      this.#discardWill(session);
    } else if (!cleanStart && session.expiryInterval !== 0) {
      session.will = undefined;
      this.#recordWillCleared(session);
      publishWill(this.#context(), session, will);
    }
    if (session.durable) this.#unload(session);
  }

  #timeout(session: Session, now: number): void {
    if (session.ended || session.connection !== undefined || session.leaving !== undefined) return;
    if (session.expiresAt <= now) {
      this.#expire(session);
      return;
    }
    this.#publishWillIfDue(session, now);
    this.#reschedule(session);
  }

  /** The end of a session whose client has not come back [MQTT-4.1.0-2]; its groups have what waited for it. */
  #expire(session: Session): void {
    const context = this.#context();
    const finish = (): void => {
      if (session.ended) return;
      context.counters.sessionsExpired++;
      this.end(session);
    };
    if (leavesToGroups(session)) this.#leave(session, finish).begin();
    else finish();
  }

  /** Nothing more comes to it, and its groups have what is there. */
  #leave(session: Session, finish: () => void): StoredShare {
    this.#unrouteAll(session);
    session.leaving = new StoredShare(this.#context(), session, finish);
    return session.leaving;
  }

  /**
   * Its time is over, and its groups have not got yet what waited for it: until then nobody may have its
   * Client Identifier, under which the store has the messages.
   */
  isGivenAway(session: Session): boolean {
    const hasExpired = session.connection === undefined && session.expiresAt <= this.#context().now;
    if (session.leaving === undefined && hasExpired && leavesToGroups(session))
      this.#expire(session);
    return session.leaving !== undefined && !session.ended;
  }

  /**
   * What the store has of a session that a CONNECT ends, for its groups: they get it first, and the
   * session ends behind it. `undefined` when that is nothing.
   */
  leftTo(
    { cleanStart }: { readonly cleanStart: boolean },
    session: Session,
  ): StoredShare | undefined {
    if (session.leaving !== undefined) return session.leaving;
    const ends = cleanStart || (session.connection !== undefined && session.expiryInterval === 0);
    if (!ends || !session.durable || !leavesToGroups(session)) return undefined;
    if (session.connection !== undefined) this.#takeOver(session, cleanStart);
    const share = this.#leave(session, () => this.end(session));
    share.begin();
    return share;
  }

  #unrouteAll(session: Session): void {
    const { subscriptions } = session;
    if (subscriptions === undefined) return;
    session.subscriptions = undefined;
    session.isUnrouted = true;
    this.#unrouting.add(subscriptions.values());
  }

  #reschedule(session: Session): void {
    session.deadline = Math.min(session.expiresAt, session.will?.publishAt ?? Infinity);
    this.#context().deadlines.schedule(session);
  }

  /** The countdowns begin: of the session, and of its Will, which is due with the end of the session at the latest. */
  #close(session: Session, now: number): void {
    const { clientId, epoch, expiryInterval, will } = session;
    const expiresAt = expiryInterval === NEVER_EXPIRES ? Infinity : now + expiryInterval * 1000;
    session.expiresAt = expiresAt;
    this.#context().turn.record({
      type: 'session-closed',
      clientId,
      epoch,
      expiresAt,
      sessionExpiryInterval: expiryInterval,
    });
    if (will === undefined) return;
    will.publishAt = Math.min(now + will.delayInterval * 1000, expiresAt);
    this.#recordWill(session, will);
  }

  #publishWillIfDue(session: Session, now: number): void {
    const { will } = session;
    if (will === undefined || will.publishAt > now) return;
    session.will = undefined;
    this.#recordWillCleared(session);
    publishWill(this.#context(), session, will);
  }

  /** Of a client that is back: published if it was due before the wheel came to it, else in time [MQTT-3.1.3-9]. */
  #settleWill(session: Session): void {
    this.#publishWillIfDue(session, this.#context().now);
    this.#discardWill(session);
  }

  #discardWill(session: Session): void {
    if (session.will === undefined) return;
    session.will = undefined; // [MQTT-3.1.2-10]
    this.#recordWillCleared(session);
  }

  #unroute(subscription: Subscription): void {
    const context = this.#context();
    context.router.remove(subscription);
    this.#countSubscriptions(context);
  }

  #countSubscriptions(context: BrokerContext): void {
    context.counters.subscriptions = context.router.size + context.router.sharedSize;
    context.counters.sharedSubscriptions = context.router.sharedSize;
    context.counters.subscriptionBytes = context.router.subscriptionBytes;
  }

  #recordOpened(context: BrokerContext, session: Session): void {
    const { clientId, epoch, expiryInterval, protocolVersion, userName } = session;
    context.turn.record({
      type: 'session-opened',
      clientId,
      epoch,
      sessionExpiryInterval: expiryInterval,
      protocolVersion,
      userName,
    });
    if (session.will === undefined) this.#recordWillCleared(session);
    else this.#recordWill(session, session.will);
  }

  #recordWill(session: Session, will: Will): void {
    if (!isStored(session)) return;
    const { clientId, epoch, userName } = session;
    this.#context().turn.record({
      type: 'will-set',
      clientId,
      epoch,
      will: will.toRecord(clientId, userName),
    });
  }

  #recordWillCleared(session: Session): void {
    if (!session.durable) return;
    this.#context().turn.record({
      type: 'will-cleared',
      clientId: session.clientId,
      epoch: session.epoch,
    });
  }
}

function isStored(session: Session): boolean {
  return session.durable || session.isStoredForWill;
}
