import type { MessageRecord } from '@wellhead/session-store';
import type { BrokerContext } from './context.ts';
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
export function isLong(context: BrokerContext, found: Route): boolean {
  return found.targets.length > context.limits.deliveriesPerTurn;
}

/**
 * A message for more receivers than one turn may serve: they get it in shares, and its publisher, who
 * is held back meanwhile, its acknowledgement at the end. Other publishers are not held back: order is
 * kept per publisher.
 */
export class LongFanOut implements TurnWork, Fate {
  readonly #context: BrokerContext;
  readonly #message: MessageRecord;
  readonly #publisher: Session | undefined;
  readonly #found: Route;
  readonly #done: (receivers: number | undefined) => void;
  /** Of its shares: a Will has one of its own. */
  readonly #fate: Fate;
  /** The store has a share of it: the others must follow. */
  #isTaken = false;
  /** The store has refused a share for good. */
  #isRefused = false;
  #next = 0;
  #receivers = 0;

  /**
   * `publication` shows the message now; it may show another when this is called upon. `done` gets how
   * many receivers there were, undefined when the store refuses the message.
   */
  constructor(
    context: BrokerContext,
    publication: Publication,
    found: Route,
    done: (receivers: number | undefined) => void,
  ) {
    this.#context = context;
    this.#message = publication.toMessage();
    this.#publisher = publication.publisher;
    // whoever subscribes or leaves meanwhile changes another array
    this.#found = found.noLocal ? withOwnTarget(context, publication, found) : found;
    this.#done = done;
    this.#fate = publication.fate ?? this;
  }

  taken(): void {
    this.#isTaken = true;
  }

  /** Nobody who is named in the store has got anything of a message without a share that was taken: its publisher may send it again. */
  refused(isSecondTry: boolean): Refused {
    if (this.#isTaken && !isSecondTry) return 'again';
    this.#isRefused = true;
    return 'never';
  }

  step(): boolean {
    const context = this.#context;
    const { publication } = context;
    if (this.#isRefused) {
      this.#done(undefined);
      return false;
    }
    const { groups, targets } = this.#found;
    const end = Math.min(this.#next + context.limits.deliveriesPerTurn, targets.length);
    const share = targets.slice(this.#next, end).flatMap((target) => remainder(target) ?? []);
    // a store knows a message and all its deliveries by one change: each share is a message to it
    // with an identifier of now: queues are kept in the order of identifiers
    this.#show(publication, context.nextMessageId());
    const found = { ...this.#found, targets: share };
    this.#receivers += deliverToRange(context, publication, found, 0, share.length);
    const isLast = end === targets.length;
    if (isLast) this.#receivers += deliverToGroups(context, publication, groups);
    recordDeliveries(context, publication);
    this.#next = end;
    if (!isLast) return true;
    this.#done(this.#receivers);
    return false;
  }

  #show(publication: Publication, messageId: number): void {
    const topic = this.#context.topics.entry(this.#message.topicName);
    const message = copyOf(this.#message, messageId);
    publication.fromMessage(message, topic, this.#publisher, this.#context.now);
    publication.fate = this.#fate;
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
