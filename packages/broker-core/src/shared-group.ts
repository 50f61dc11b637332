import type { Subscription } from './subscription.ts';

/**
 * The members of one Shared Subscription: a Share Name with a Topic Filter (MQTT 5.0 section 4.8.2).
 * The group owns the balance: connected members with room take turns, then connected ones whose
 * window is full, then absent ones.
 */
export class SharedGroup {
  /** `$share/ShareName/filter`. */
  readonly topicFilter: string;
  readonly effectiveFilter: string;
  readonly members: Subscription[] = [];
  /** How many members the last {@link choose} has looked at. */
  looked = 0;
  #turn = 0;

  constructor(topicFilter: string, effectiveFilter: string) {
    this.topicFilter = topicFilter;
    this.effectiveFilter = effectiveFilter;
  }

  add(member: Subscription): void {
    member.group = this;
    this.members.push(member);
  }

  remove(member: Subscription): void {
    const index = this.members.indexOf(member);
    if (index !== -1) this.members.splice(index, 1);
  }

  /**
   * Who gets the next message of that QoS, of packets up to `size` bytes; `undefined` when nobody can
   * take it: there is no member, or it is QoS 0 and all are absent.
   */
  choose(qos: number): Subscription | undefined {
    const count = this.members.length;
    let busy: Subscription | undefined;
    let absent: Subscription | undefined;
    for (let i = 0; i < count; i++) {
      const position = (this.#turn + i) % count;
      const member = this.members[position];
      // one that has ended is taken out a little later, when there are very many
      if (member?.active !== true) continue;
      const readiness = member.session.readiness(Math.min(qos, member.qos));
      if (readiness === 2) {
        this.#turn = position + 1;
        this.looked = i + 1;
        return member;
      }
      if (readiness === 1) busy ??= member;
      else if (Math.min(qos, member.qos) > 0) absent ??= member;
    }
    this.#turn++;
    this.looked = count;
    return busy ?? absent;
  }
}
