import type { QoS } from '@wellhead/codec';
import type { FanOutRecord, MessageRecord, SessionChange } from '@wellhead/session-store';
import { Audience, type AudiencePart } from './audience.ts';
import type { BrokerContext } from './context.ts';
import { doAnew } from './deliver-anew.ts';
import { recordDeliveries } from './delivery.ts';
import { type Fate, KEPT, type Refused } from './fate.ts';
import { copyOf } from './message.ts';
import type { Publication } from './publication.ts';
import { deliverToGroups, deliverToRange } from './route.ts';
import type { Route } from './router.ts';
import type { Session } from './session.ts';
import { remainder } from './subscription.ts';

/** Work of many turns: each call does a turn's share; false when nothing is left. */
export interface TurnWork {
  step(): boolean;
  /** A step has thrown, and none follows. */
  abandoned?(): void;
}

/** True when a message of that QoS has more receivers than one turn may serve. */
export function isLong(context: BrokerContext, { groups, targets }: Route, qos: QoS): boolean {
  return targets.length + groups.length > receiversPerTurn(context, qos);
}

/** A delivery at QoS 1 or 2 takes longer: the first one to a client makes its window, and a store may have to keep it in the same turn. */
function receiversPerTurn({ limits, store }: BrokerContext, qos: QoS): number {
  if (qos === 0) return limits.deliveriesPerTurn;
  return Math.ceil(limits.deliveriesPerTurn / (store.supports.durable ? AT_MOST_STORED : AT_QOS_1));
}

/** Who waits to hear what has become of a message for very many. */
export interface Waiting {
  /** What the store is to keep together with the first part: the receipt of QoS 2. */
  receipt(): SessionChange | undefined;
  /** The store has everything of it, for so many receivers; undefined when it refuses the message. */
  done(receivers: number | undefined): void;
}

/**
 * A message for more receivers than one turn may serve, or behind such a one of its publisher: they get
 * it in parts, and its publisher, who is held back meanwhile, its acknowledgement at the end. Other
 * publishers are not held back: order is kept per publisher (`fan-outs.ts`).
 *
 * The store gets one part after the other, and with each but the last one how far the message has
 * come: a broker that is killed goes on from there when it starts again. If the store refuses the first
 * part, it refuses the message, and nobody has got it. Once it has that part, or has the message as a
 * retained one, the message is the broker's: a part that is refused is tried again, and then made anew,
 * for as long as that takes. Those who need no store are served behind the first part; a message of
 * QoS 0 needs none at all.
 */
export class LongFanOut implements TurnWork, Fate {
  readonly #context: BrokerContext;
  readonly #message: MessageRecord;
  readonly #publisher: Session | undefined;
  #found: Route;
  /** Made when it begins: it takes room. */
  #audience: Audience | undefined;
  readonly #waiting: Waiting | undefined;
  /** Nobody would send it again. */
  readonly #isKept: boolean;
  #next: number;
  #isWorkedOn = false;
  /** Those of its publisher before it have ended. */
  #isItsTurn = false;
  #hasBegun = false;
  /** The store is told how far it has come. */
  #isRecorded = false;
  /** Changes that the store does not have yet. */
  #undecided = 0;
  /** The store has a part of it: the others must follow. */
  #isTaken = false;
  /** The store has refused it. */
  #isRefused = false;
  #receivers = 0;

  /** `publication` shows the message now; it may show another when `waiting` is called upon. `next` is where to go on. */
  constructor(
    context: BrokerContext,
    publication: Publication,
    found: Route,
    waiting: Waiting | undefined,
    next = 0,
  ) {
    this.#context = context;
    this.#message = publication.toMessage();
    this.#publisher = publication.publisher;
    // whoever subscribes or leaves meanwhile changes another array
    this.#found = found.noLocal ? withOwnTarget(context, publication, found) : found;
    this.#waiting = waiting;
    this.#isKept = publication.fate === KEPT;
    this.#next = next;
  }

  /** What a process was killed over, or ended over, goes on. */
  static resume(context: BrokerContext, { message, next }: FanOutRecord): void {
    const { fanOuts, publication, router, sessions, topics } = context;
    const { publisherId } = message;
    const publisher = publisherId === undefined ? undefined : sessions.get(publisherId);
    const topic = topics.entry(message.topicName);
    publication.fromMessage(message, topic, publisher, context.now);
    const fanOut = new LongFanOut(context, publication, router.route(topic), undefined, next);
    fanOut.#hasBegun = true;
    fanOut.#isRecorded = true;
    fanOut.#isTaken = true;
    fanOuts.add(fanOut, publisherId);
  }

  /** Tells the store how far it has come; before it begins, when nobody else would know of it after a restart. One that keeps nothing need not know. */
  record(): void {
    const { store, turn } = this.#context;
    if (!store.supports.durable || this.#message.qos === 0) return;
    this.#isRecorded = true;
    turn.record({ type: 'fan-out-set', message: this.#message, next: this.#next }, this);
  }

  /** What its publisher has sent before has ended. */
  begin(): void {
    this.#isItsTurn = true;
    this.#proceed();
  }

  recorded(): void {
    this.#undecided++;
  }

  taken(): void {
    this.#isTaken = true;
    this.#decided();
  }

  /** The receipt of a publisher whose session is none. */
  dropped(): void {
    this.#decided();
  }

  /** Nobody who is named in the store has got anything of a message without a part that was taken: its publisher may send it again. */
  refused(isSecondTry: boolean): Refused {
    if (this.#isKept || this.#isTaken) return isSecondTry ? 'later' : 'again';
    this.#isRefused = true;
    this.#decided();
    return 'never';
  }

  anew(change: SessionChange): void {
    if (change.type === 'received') this.#recordReceipt();
    else if (change.type === 'fan-out-set' || change.type === 'fan-out-cleared')
      this.#context.turn.record(change, this);
    else doAnew(this.#context, change, this);
    this.#decided();
  }

  step(): boolean {
    this.#isWorkedOn = this.#step();
    return this.#isWorkedOn;
  }

  /** A step has failed, and none follows: whoever waits for the end waits no longer, and is not told that all have it. */
  abandoned(): void {
    this.#isRefused = true;
    this.#clearProgress();
    this.#finish();
  }

  /** Goes on in the next turn. */
  #proceed(): void {
    if (this.#isWorkedOn) return;
    this.#isWorkedOn = true;
    this.#context.turn.workOn(this);
  }

  #decided(): void {
    this.#undecided--;
    if (this.#undecided === 0) this.#proceed();
  }

  /** False when it is over, or waits: for its turn, or for what the store has to say. */
  #step(): boolean {
    if (!this.#isItsTurn || this.#mustWait) return false;
    return this.#isRefused ? this.#finish() : this.#serve();
  }

  /** The store has not answered. The first part goes there together with what it belongs to. */
  get #mustWait(): boolean {
    return this.#undecided > 0 && (this.#hasBegun || this.#isRefused);
  }

  #serve(): boolean {
    const audience = (this.#audience ??= this.#sort());
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      if (audience.hasKept) this.#serveKept(audience);
      this.#recordReceipt();
    } else if (audience.hasLive) this.#deliver(audience.takeLive(this.#perTurn));
    else if (audience.hasKept) this.#serveKept(audience);
    else if (this.#isRecorded) this.#clearProgress();
    else return this.#finish();
    return true;
  }

  #sort(): Audience {
    const { messageId, qos } = this.#message;
    const audience = new Audience(this.#found, qos, messageId, this.#next);
    this.#found = { ...this.#found, targets: [], groups: [] };
    return audience;
  }

  #serveKept(audience: Audience): void {
    this.#deliver(audience.takeKept(this.#perTurn));
    this.#next = audience.next;
    if (audience.hasKept) this.record();
    else this.#clearProgress();
  }

  #deliver(part: AudiencePart): void {
    const context = this.#context;
    // [MQTT-3.3.2-5]
    if (this.#message.expiresAt <= context.now) return;
    const { publication } = context;
    const targets = part.targets.flatMap((target) => remainder(target) ?? []);
    // a store knows a message and all its deliveries by one change: each part is a message to it
    // with an identifier of now: queues are kept in the order of identifiers
    this.#show(publication, context.nextMessageId());
    const found = { ...this.#found, targets };
    this.#receivers += deliverToRange(context, publication, found, 0, targets.length);
    this.#receivers += deliverToGroups(context, publication, part.groups);
    recordDeliveries(context, publication);
  }

  #recordReceipt(): void {
    const receipt = this.#waiting?.receipt();
    if (receipt !== undefined) this.#context.turn.record(receipt, this);
  }

  #clearProgress(): void {
    if (!this.#isRecorded) return;
    this.#isRecorded = false;
    const { messageId } = this.#message;
    this.#context.turn.record({ type: 'fan-out-cleared', messageId }, this);
  }

  #finish(): false {
    const { fanOuts } = this.#context;
    this.#waiting?.done(this.#isRefused ? undefined : this.#receivers);
    fanOuts.ended(this, this.#message.publisherId);
    return false;
  }

  get #perTurn(): number {
    return receiversPerTurn(this.#context, this.#message.qos);
  }

  #show(publication: Publication, messageId: number): void {
    const topic = this.#context.topics.entry(this.#message.topicName);
    const message = copyOf(this.#message, messageId);
    publication.fromMessage(message, topic, this.#publisher, this.#context.now);
    publication.fate = this;
    publication.isAccepted = true;
  }
}

/** What the publisher gets by its own subscriptions is decided now as well: one that it makes later brings the message as retained. */
function withOwnTarget(context: BrokerContext, publication: Publication, found: Route): Route {
  const { publisher, topic } = publication;
  const targets = found.targets.flatMap((target) =>
    target.session === publisher
      ? (context.router.ownTarget(topic.topicName, target.session) ?? [])
      : target,
  );
  return { ...found, noLocal: false, targets };
}

/** Deliveries at QoS 0 in the time of one at QoS 1 or 2, and of one that is stored. */
const AT_QOS_1 = 20;
const AT_MOST_STORED = 40;
