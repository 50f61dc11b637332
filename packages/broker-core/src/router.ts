import type { TopicEntry } from '@wellhead/codec';
import { SubscriptionIndex, parseSharedFilter } from '@wellhead/topic-matcher';
import { SharedGroup } from './shared-group.ts';
import {
  MergedSubscription,
  type Subscription,
  mergeSubscriptions,
  subscriptionBytes,
} from './subscription.ts';
import type { Session } from './session.ts';

/**
 * Who gets what is published under one Topic Name: one target per session, and the shared groups.
 * Kept in the topic's entry, and right for as long as its stamp is the index's.
 */
export interface Route {
  readonly slot: number;
  readonly stamp: number;
  readonly groupStamp: number;
  readonly targets: readonly Subscription[];
  readonly groups: readonly SharedGroup[];
  /** Some matching subscription has No Local: what the publisher itself gets must be computed for it. */
  readonly noLocal: boolean;
}

/** The subscriptions of all sessions, and from a Topic Name to those that match. */
export class Router {
  readonly #index = new SubscriptionIndex<Subscription>();
  readonly #groupIndex = new SubscriptionIndex<SharedGroup>();
  readonly #groups = new Map<string, SharedGroup>();
  readonly #matches: Subscription[] = [];
  /** Targets and groups, and bytes of names, of all long routes. */
  #cachedWeight = 0;
  /** Grows with all that is looked at and found in the index. */
  steps = 0;
  #cached: TopicEntry<Route>[] = [];
  #lastToNobody: Route | undefined;

  get size(): number {
    return this.#index.size;
  }

  /** Members of all shared groups. */
  sharedSize = 0;
  /** What all subscriptions count for in limits. */
  subscriptionBytes = 0;

  add(subscription: Subscription): void {
    this.#count(subscription, 1);
    const shared = parseSharedFilter(subscription.topicFilter);
    if (shared === undefined) {
      this.#index.add(subscription.topicFilter, subscription);
      return;
    }
    let group = this.#groups.get(subscription.topicFilter);
    if (group === undefined) {
      group = new SharedGroup(subscription.topicFilter, shared.topicFilter);
      this.#groups.set(subscription.topicFilter, group);
      this.#groupIndex.add(shared.topicFilter, group);
    }
    group.add(subscription);
    this.sharedSize++;
  }

  /** The options of a subscription have changed. */
  changed(subscription: Subscription): void {
    if (subscription.group === undefined) this.#index.touch(subscription.topicFilter);
  }

  remove(subscription: Subscription): void {
    subscription.end();
    this.#count(subscription, -1);
    const { group } = subscription;
    if (group === undefined) {
      this.#index.remove(subscription.topicFilter, subscription);
      return;
    }
    group.remove(subscription);
    this.sharedSize--;
    if (group.members.length === 0) {
      this.#groups.delete(group.topicFilter);
      this.#groupIndex.remove(group.effectiveFilter, group);
    }
  }

  #count({ session, topicFilter }: Subscription, by: 1 | -1): void {
    const bytes = by * subscriptionBytes(topicFilter);
    session.subscriptionBytes += bytes;
    this.subscriptionBytes += bytes;
  }

  group(topicFilter: string): SharedGroup | undefined {
    return this.#groups.get(topicFilter);
  }

  /** The member of a group that gets the next message of that QoS: where nobody has room, looking for one is work. */
  choose(group: SharedGroup, qos: number): Subscription | undefined {
    const member = group.choose(qos);
    if (group.looked > FEW_MEMBERS) this.steps += group.looked >> 2;
    return member;
  }

  /** The route of a topic, from its entry when that is still right. */
  route(topic: TopicEntry<Route>): Route {
    const cached = topic.value;
    if (
      cached !== undefined &&
      cached.stamp === this.#index.stamp(cached.slot) &&
      cached.groupStamp === this.#groupIndex.stamp(cached.slot)
    ) {
      return cached;
    }
    return this.#compute(topic);
  }

  /** What a publisher with No Local subscriptions gets of its own message; `undefined` for nothing. */
  ownTarget(topicName: string, session: Session): Subscription | undefined {
    // [MQTT-3.8.3-3], per subscription: another one without No Local still delivers
    const isOwn = (match: Subscription): boolean => match.session === session && !match.noLocal;
    return mergeSubscriptions(this.#match(topicName).filter(isOwn));
  }

  #compute(topic: TopicEntry<Route>): Route {
    const matches = this.#match(topic.topicName);
    const groups = this.#matchGroups(topic.topicName);
    const slot = this.#index.slot(topic.topicName);
    const route: Route = {
      slot,
      stamp: this.#index.stamp(slot),
      groupStamp: this.#groupIndex.stamp(slot),
      targets: mergedBySession(matches),
      groups,
      noLocal: matches.some((match) => match.noLocal),
    };
    const isToNobody = matches.length === 0 && groups.length === 0;
    const remembered = isToNobody ? this.#toNobody(route) : route;
    this.#remember(topic, remembered);
    return remembered;
  }

  /** Topics with the same slot that nobody subscribed to share one route. */
  #toNobody(route: Route): Route {
    const { groupStamp, slot, stamp } = route;
    const last = this.#lastToNobody;
    if (last?.slot === slot && last.stamp === stamp && last.groupStamp === groupStamp) return last;
    this.#lastToNobody = route;
    return route;
  }

  #matchGroups(topicName: string): readonly SharedGroup[] {
    if (this.#groups.size === 0) return NO_GROUPS;
    const groups: SharedGroup[] = [];
    this.steps += this.#groupIndex.match(topicName, groups);
    return groups;
  }

  #match(topicName: string): Subscription[] {
    const matches = this.#matches;
    matches.length = 0;
    this.steps += this.#index.match(topicName, matches);
    return matches;
  }

  /**
   * Long routes of many topics would fill the memory: beyond a bound all of them are forgotten. Short
   * ones are as many as the topic table has entries, and leave with those.
   */
  #remember(topic: TopicEntry<Route>, route: Route): void {
    const receivers = weightOf(route);
    if (receivers > SHORT) {
      // with the name, as what the topic table has given up is held by the list of those to forget
      const weight = receivers + topic.bytes.length;
      this.#cachedWeight += weight;
      if (this.#cachedWeight > MAXIMUM_CACHED_WEIGHT) this.#forget(weight);
      if (topic.value === undefined || weightOf(topic.value) <= SHORT) this.#cached.push(topic);
    }
    topic.value = route;
  }

  #forget(keptWeight: number): void {
    for (const entry of this.#cached) entry.value = undefined;
    this.#cached = [];
    this.#cachedWeight = keptWeight;
  }
}

function mergedBySession(matches: readonly Subscription[]): readonly Subscription[] {
  if (matches.length === 0) return NOBODY;
  if (matches.length < 2) return matches.slice();
  const bySession = new Map<Session, Subscription | Subscription[]>();
  for (const match of matches) {
    const others = bySession.get(match.session);
    if (others === undefined) bySession.set(match.session, match);
    else if (Array.isArray(others)) others.push(match);
    else bySession.set(match.session, [others, match]);
  }
  const targets: Subscription[] = [];
  for (const one of bySession.values()) {
    const target = Array.isArray(one) ? mergeSubscriptions(one) : one;
    if (target !== undefined) targets.push(target);
  }
  return targets;
}

/** Groups, targets, and the subscriptions that they are merged of. */
function weightOf({ groups, targets }: Route): number {
  let weight = groups.length + targets.length;
  for (const target of targets)
    if (target instanceof MergedSubscription) weight += target.parts.length;
  return weight;
}

const FEW_MEMBERS = 32;
/** Targets and groups of a route that is not worth counting. */
const SHORT = 16;
const MAXIMUM_CACHED_WEIGHT = 2_000_000;

const NOBODY: readonly Subscription[] = [];
const NO_GROUPS: readonly SharedGroup[] = [];
