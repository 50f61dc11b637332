import {
  forwardedLength,
  type HopProperties,
  type PublishView,
  writeForwardedHead,
} from '@wellhead/codec';
import { copyBytes, copyInArena } from './copy-bytes.ts';
import type { Outbox } from './outbox.ts';
import type { ReceivedBytes } from './received-bytes.ts';
import { areSame } from './variant.ts';

/**
 * Received packets of 5.0 as they go on at the same QoS with properties of the next hop: a new head,
 * and the rest as it came. Packets of one series to one receiver have the same head.
 */
export class Forwarding {
  readonly #received: ReceivedBytes;
  readonly #hop: HopProperties = newHop();
  readonly #othersHop: HopProperties = newHop();
  /** Of the head that was written last at QoS 0: the packet, and where it is in which block. */
  #view: PublishView | undefined;
  #series = -1;
  #blocks = 0;
  #headAt = 0;
  #headLength = 0;
  /** Where that packet lies in what was received. */
  #start = 0;

  constructor(received: ReceivedBytes) {
    this.#received = received;
  }

  /**
   * QoS 0: beside the received bytes, which are kept, as one more range: those of one publisher lie
   * behind each other, and within a block a copy needs no view.
   */
  append(
    view: PublishView,
    topicAlias: number,
    isAliasKnown: boolean,
    subscriptionIdentifiers: readonly number[] | undefined,
    outbox: Outbox,
  ): void {
    const { arena, range, rangeFrom } = this.#received;
    const start = view.propertiesStart + rangeFrom - view.start;
    const rest = view.end - view.propertiesStart;
    const hop = this.#hop;
    const isLikeLast = this.#isLikeLast(view, topicAlias, isAliasKnown, subscriptionIdentifiers);
    const length = isLikeLast
      ? this.#headLength + rest
      : this.#lengthFor(view, topicAlias, isAliasKnown, subscriptionIdentifiers);
    const offset = arena.reserve(length);
    const { block } = arena;
    if (isLikeLast && arena.blocks === this.#blocks) {
      copyInArena(arena, this.#headAt, this.#headLength, offset);
    } else {
      writeForwardedHead(view, hop, 0, block, offset);
      this.#view = view;
      this.#series = view.series;
      this.#blocks = arena.blocks;
      this.#headLength = length - rest;
    }
    this.#start = view.start;
    this.#headAt = offset;
    const at = offset + this.#headLength;
    if (range === block) copyInArena(arena, start, rest, at);
    else copyBytes(range, start, start + rest, block, at);
    outbox.appendRange(block, offset, offset + length);
  }

  /** The same for one who gets what was appended last; false, and nothing is appended, when that is not so. */
  appendAgain(
    view: PublishView,
    topicAlias: number,
    isAliasKnown: boolean,
    subscriptionIdentifiers: readonly number[] | undefined,
    outbox: Outbox,
  ): boolean {
    const { arena } = this.#received;
    if (view.start !== this.#start || arena.blocks !== this.#blocks) return false;
    if (!this.#isLikeLast(view, topicAlias, isAliasKnown, subscriptionIdentifiers)) return false;
    const from = this.#headAt;
    const to = from + this.#headLength + view.end - view.propertiesStart;
    outbox.appendRange(arena.block, from, to);
    return true;
  }

  /** That packet was appended for somebody: who gets another one of it has it behind others of their own. */
  hasAppended(view: PublishView): boolean {
    return view.start === this.#start && view.series === this.#series && view === this.#view;
  }

  /** To memory of the receiver's own, as every packet of QoS 1 and 2, which has an identifier. */
  write(
    view: PublishView,
    topicAlias: number,
    isAliasKnown: boolean,
    subscriptionIdentifiers: readonly number[] | undefined,
    packetId: number,
    outbox: Outbox,
  ): void {
    const hop = this.#othersHop;
    hop.topicAlias = topicAlias;
    hop.isAliasKnown = isAliasKnown;
    hop.subscriptionIdentifiers = subscriptionIdentifiers;
    const offset = outbox.reserve(forwardedLength(view, hop));
    const { slab } = outbox;
    const at = writeForwardedHead(view, hop, packetId, slab, offset);
    copyBytes(view.bytes, view.propertiesStart, view.end, slab, at);
  }

  #isLikeLast(
    view: PublishView,
    topicAlias: number,
    isAliasKnown: boolean,
    subscriptionIdentifiers: readonly number[] | undefined,
  ): boolean {
    const hop = this.#hop;
    return (
      view.series === this.#series &&
      view === this.#view &&
      hop.topicAlias === topicAlias &&
      hop.isAliasKnown === isAliasKnown &&
      areSame(hop.subscriptionIdentifiers, subscriptionIdentifiers)
    );
  }

  #lengthFor(
    view: PublishView,
    topicAlias: number,
    isAliasKnown: boolean,
    subscriptionIdentifiers: readonly number[] | undefined,
  ): number {
    const hop = this.#hop;
    hop.topicAlias = topicAlias;
    hop.isAliasKnown = isAliasKnown;
    hop.subscriptionIdentifiers = subscriptionIdentifiers;
    return forwardedLength(view, hop);
  }
}

function newHop(): HopProperties {
  return { topicAlias: 0, isAliasKnown: false, subscriptionIdentifiers: undefined };
}
