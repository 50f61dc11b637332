import type { MessageRecord, SessionChange } from '@wellhead/session-store';
import type { ClientConnection } from './client-connection.ts';
import type { BrokerContext } from './context.ts';
import { doAnew } from './deliver-anew.ts';
import { recordDeliveries } from './delivery.ts';
import type { Fate, Refused } from './fate.ts';
import { deliverToGroups, deliverToRange } from './route.ts';
import { copyOf } from './message.ts';
import type { Publication } from './publication.ts';
import type { Route } from './router.ts';
import type { Session } from './session.ts';
import { remainder } from './subscription.ts';

/** Work of many turns: each call does a turn's share; false when nothing is left. */
export interface TurnWork {
  step(): boolean;
}

/** True when a message has more receivers than one turn may serve. */
export function isLong({ limits }: BrokerContext, { groups, targets }: Route): boolean {
  return targets.length + groups.length > limits.deliveriesPerTurn;
}

/** Who waits to hear what has become of a message for very many. */
export interface Waiting {
  /** What the store is to keep together with the last share: the receipt of QoS 2. */
  receipt(): SessionChange | undefined;
  /** The store has everything of it, for so many receivers; undefined when it refuses the message. */
  done(receivers: number | undefined): void;
}

/**
 * A message for more receivers than one turn may serve: they get it in shares, and its publisher, who
 * is held back meanwhile, its acknowledgement at the end. Other publishers are not held back: order is
 * kept per publisher.
 *
 * A store that refuses the first share refuses the message. Once it has one, the message is the
 * broker's: shares that it refuses are tried again, and then made anew, for as long as that takes. The
 * last one waits until the store has all others, as the receipt is stored with it.
 */
export class LongFanOut implements TurnWork, Fate {
  readonly #context: BrokerContext;
  readonly #message: MessageRecord;
  readonly #publisher: Session | undefined;
  readonly #found: Route;
  readonly #waiting: Waiting | undefined;
  /** Nobody would send it again. */
  readonly #isKept: boolean;
  /** Connections of the publisher that came meanwhile. */
  readonly #heldBack: ((proceed: () => void) => void)[] = [];
  #isWorkedOn = false;
  /** Changes that the store does not have yet. */
  #undecided = 0;
  /** The store has a part of it: the others must follow. */
  #isTaken = false;
  /** The store has refused it. */
  #isRefused = false;
  /** Changes that were refused twice. */
  readonly #anew: SessionChange[] = [];
  #next = 0;
  #receivers = 0;

  /** `publication` shows the message now; it may show another when `waiting` is called upon. */
  constructor(
    context: BrokerContext,
    publication: Publication,
    found: Route,
    waiting: Waiting | undefined,
  ) {
    this.#context = context;
    this.#message = publication.toMessage();
    this.#publisher = publication.publisher;
    // whoever subscribes or leaves meanwhile changes another array
    this.#found = found.noLocal ? withOwnTarget(context, publication, found) : found;
    this.#waiting = waiting;
    this.#isKept = publication.fate !== undefined;
  }

  /** Goes on in the next turn. */
  proceed(): void {
    if (this.#isWorkedOn) return;
    this.#isWorkedOn = true;
    this.#context.turn.workOn(this);
  }

  /** A new connection of the publisher: whether what it sends is a repetition is not known before the end. */
  holdBack(connection: ClientConnection): void {
    this.#heldBack.push(connection.holdBack());
  }

  recorded(): void {
    this.#undecided++;
  }

  taken(): void {
    this.#isTaken = true;
    this.#decided();
  }

  /** Nobody who is named in the store has got anything of a message without a share that was taken: its publisher may send it again. */
  refused(isSecondTry: boolean): Refused {
    if (this.#isKept || this.#isTaken) return isSecondTry ? 'later' : 'again';
    this.#isRefused = true;
    this.#decided();
    return 'never';
  }

  anew(change: SessionChange): void {
    this.#anew.push(change);
    this.proceed();
  }

  step(): boolean {
    this.#isWorkedOn = this.#step();
    return this.#isWorkedOn;
  }

  #decided(): void {
    this.#undecided--;
    if (this.#undecided === 0) this.proceed();
  }

  #step(): boolean {
    const again = this.#anew.shift();
    if (again !== undefined) this.#makeAnew(again);
    else if (!this.#isRefused && !this.#isServed) this.#serve();
    if (this.#isRefused || this.#isServed) {
      if (this.#undecided === 0) this.#finish();
      return this.#anew.length > 0;
    }
    return this.#anew.length > 0 || this.#undecided === 0 || !this.#isAtLast;
  }

  get #isServed(): boolean {
    return this.#next === this.#length;
  }

  get #isAtLast(): boolean {
    return this.#next + this.#context.limits.deliveriesPerTurn >= this.#length;
  }

  /** Sessions, and then groups. */
  get #length(): number {
    return this.#found.targets.length + this.#found.groups.length;
  }

  #makeAnew(change: SessionChange): void {
    // the receipt comes back with the share that it belongs to
    const receipt = this.#anew[0]?.type === 'received' ? this.#anew.shift() : undefined;
    for (const one of receipt === undefined ? [change] : [change, receipt]) {
      this.#undecided--;
      if (one.type === 'received') this.#recordReceipt();
      else doAnew(this.#context, one, this);
    }
  }

  #serve(): void {
    const isLast = this.#isAtLast;
    if (isLast && this.#undecided > 0) return;
    const context = this.#context;
    const { publication } = context;
    const { groups, targets } = this.#found;
    const from = this.#next;
    const to = isLast ? this.#length : from + context.limits.deliveriesPerTurn;
    const share = targets.slice(from, to).flatMap((target) => remainder(target) ?? []);
    const groupsFrom = Math.max(0, from - targets.length);
    const groupsTo = Math.max(0, to - targets.length);
    // a store knows a message and all its deliveries by one change: each share is a message to it
    // with an identifier of now: queues are kept in the order of identifiers
    this.#show(publication, context.nextMessageId());
    const found = { ...this.#found, targets: share };
    this.#receivers += deliverToRange(context, publication, found, 0, share.length);
    this.#receivers += deliverToGroups(context, publication, groups.slice(groupsFrom, groupsTo));
    recordDeliveries(context, publication);
    this.#next = to;
    if (isLast) this.#recordReceipt();
  }

  #recordReceipt(): void {
    const receipt = this.#waiting?.receipt();
    if (receipt !== undefined) this.#context.turn.record(receipt, this);
  }

  #finish(): void {
    this.#waiting?.done(this.#isRefused ? undefined : this.#receivers);
    for (const release of this.#heldBack) release(() => undefined);
  }

  #show(publication: Publication, messageId: number): void {
    const topic = this.#context.topics.entry(this.#message.topicName);
    const message = copyOf(this.#message, messageId);
    publication.fromMessage(message, topic, this.#publisher, this.#context.now);
    publication.fate = this;
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
