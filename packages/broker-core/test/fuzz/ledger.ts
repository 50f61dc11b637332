import type { QoS } from '@wellhead/codec';
import { match } from '@wellhead/topic-matcher';
import type { FilterStep } from './step.ts';
import { demand } from './violation.ts';

/** A message that a step has published. */
export interface Sent {
  readonly serial: number;
  /** A Client Identifier, `host` for the host program. */
  readonly publisher: string;
  /** The connection that it came by: messages of one keep their order. */
  readonly stream: number;
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly size: number;
  readonly isWill: boolean;
  /** Its publisher sent it again: at QoS 1 it may arrive twice. */
  isRepeated: boolean;
  /** Its publisher has been told that it was taken. */
  isAccepted: boolean;
  /** It must never arrive: the Will of a client that said goodbye. */
  isForbidden: boolean;
}

/** A Session as its client knows it, from the CONNACK that began it. */
export class ClientSession {
  readonly clientId: string;
  /** Acknowledged and not about to change. */
  readonly subscriptions = new Map<string, FilterStep>();
  /** All that it ever asked for. */
  readonly everAsked = new Set<string>();
  /** QoS 2 messages that were received and not released, by Packet Identifier. */
  readonly held = new Map<number, number>();
  /** The client's own exchanges that are not over, by Packet Identifier. */
  readonly outgoing = new Map<number, { readonly sent: Sent; isReleased: boolean }>();
  readonly received = new Set<number>();
  /** Refused by PUBREC, which may have been lost. */
  readonly refused = new Set<number>();
  /** What the client must have got at the end. */
  readonly due = new Set<number>();
  readonly newest = new Map<string, number>();
  /** Seconds. */
  expiry = 0;
  isDurable = false;
  isConnected = true;
  /** The number of the connection that has it, or had it last. */
  owner = 0;
  /** The client allows only small packets, or may not say what it got. */
  mayLose = false;
  /** Nothing is expected of Session Present: too much has happened. */
  isUnsure = false;
  /** Its client has been told of it. */
  isConfirmed = false;
  /** A crash came between: client and broker may think of different sessions. */
  isBlurred = false;
  offlineSince = 0;
  will: Sent | undefined;

  constructor(clientId: string) {
    this.clientId = clientId;
  }

  /** What it subscribed to is about to change: messages on their way may or may not reach it. */
  changing(filter: string, ledger: Ledger): void {
    this.everAsked.add(filter);
    this.subscriptions.delete(filter);
    for (const serial of this.due) {
      const sent = ledger.sent(serial);
      if (sent !== undefined && matches(filter, sent.topic)) this.due.delete(serial);
    }
  }

  /** The messages of a topic were given up, by the broker's own account. */
  gaveUp(topic: string, ledger: Ledger): void {
    for (const serial of this.due)
      if (ledger.sent(serial)?.topic === topic) this.due.delete(serial);
  }
}

/** Who has sent what, who has to get it, and who got it. */
export class Ledger {
  /** By Client Identifier: the session that lives, or lived last. */
  readonly sessions = new Map<string, ClientSession>();
  /** Bytes were sent that nobody has looked at: what they did is not known. */
  isWild = false;
  /** Messages take several turns. */
  isSlow = false;
  hasStoreFailed: () => boolean = () => false;
  readonly #sent = new Map<number, Sent>();
  #serial = 0;

  sent(serial: number): Sent | undefined {
    return this.#sent.get(serial);
  }

  publish(fields: Omit<Sent, 'serial' | 'isRepeated' | 'isAccepted' | 'isForbidden'>): Sent {
    const sent: Sent = {
      ...fields,
      serial: ++this.#serial,
      isRepeated: false,
      isAccepted: false,
      isForbidden: false,
    };
    this.#sent.set(sent.serial, sent);
    return sent;
  }

  /** The broker has crashed: a goodbye that it had not stored is not acknowledged, and is lost. */
  forgive(): void {
    for (const sent of this.#sent.values()) sent.isForbidden = false;
  }

  /** The store has refused a Will that was on its way to a session: it must come all the same. */
  oweWill(clientId: string, serial: number): void {
    const sent = this.#sent.get(serial);
    const session = this.sessions.get(clientId);
    if (sent?.isWill !== true || session === undefined || session.mayLose) return;
    if (!session.isDurable || this.#qosFor(session, sent) < 1) return;
    sent.isAccepted = true;
    session.due.add(serial);
  }

  /** The broker has crashed, and what it was to try again with it. */
  forgiveWills(): void {
    for (const session of this.sessions.values())
      for (const serial of session.due)
        if (this.#sent.get(serial)?.isWill === true) session.due.delete(serial);
  }

  /** Notes who must get a message. */
  owe(sent: Sent): void {
    if (sent.qos === 0 || sent.isWill) return;
    for (const session of this.sessions.values()) {
      if (session.mayLose || (!session.isConnected && !session.isDurable)) continue;
      if (this.#qosFor(session, sent) > 0) session.due.add(sent.serial);
    }
  }

  #qosFor(session: ClientSession, sent: Sent): number {
    let qos = -1;
    for (const subscription of session.subscriptions.values()) {
      if (subscription.filter.startsWith('$share/')) continue;
      if (subscription.noLocal === true && sent.publisher === session.clientId) continue;
      if (matches(subscription.filter, sent.topic)) qos = Math.max(qos, subscription.qos);
    }
    return Math.min(qos, sent.qos);
  }

  /** What a session must have got at the end, and did not. */
  missing(session: ClientSession): Sent[] {
    const missing: Sent[] = [];
    if (session.isBlurred) return missing;
    for (const serial of session.due) {
      const sent = this.sent(serial);
      if (sent?.isAccepted === true && !session.received.has(serial)) missing.push(sent);
    }
    return missing;
  }

  /** A session got a PUBLISH. */
  receive(session: ClientSession, sent: Sent, packet: ReceivedPublish): void {
    if (session.isBlurred) return;
    demand(!sent.isForbidden, 'will', () => `a Will that was discarded: ${name(sent)}`);
    const isExpected = [...session.everAsked].some((filter) => matches(filter, sent.topic));
    demand(isExpected, 'unsolicited', () => `${session.clientId} got ${name(sent)}`);
    const isRepeat = packet.qos === 2 && session.held.has(packet.packetId);
    if (isRepeat) {
      const before = session.held.get(packet.packetId);
      demand(before === sent.serial, 'identifier', () => {
        return `${session.clientId} holds #${packet.packetId} for m${before}, and gets ${name(sent)} by it`;
      });
      session.due.delete(sent.serial);
      return;
    }
    if (packet.qos === 2) session.held.set(packet.packetId, sent.serial);
    // shared subscriptions give copies of their own, back, and out of order; retained messages come by request
    if (!packet.retain && !sent.topic.startsWith('shared/')) this.#judge(session, sent, packet);
    session.received.add(sent.serial);
  }

  #judge(session: ClientSession, sent: Sent, packet: ReceivedPublish): void {
    const { clientId } = session;
    if (session.received.has(sent.serial)) {
      const isAllowed =
        // who subscribes while a retained message is on its way to many may get it by both
        (sent.retain && this.isSlow) ||
        // a session that needs no store gets a message at QoS 1 at once, and its publisher may be refused
        (this.hasStoreFailed() && !session.isDurable && sent.qos < 2) ||
        (sent.isRepeated && sent.qos === 1) ||
        session.refused.has(sent.serial) ||
        (packet.qos === 1 && packet.dup);
      demand(
        isAllowed,
        'doubled',
        () => `${clientId} got ${name(sent)} again at QoS ${packet.qos}`,
      );
      return;
    }
    if (sent.isRepeated || sent.isWill) return;
    const key = `${sent.stream} ${sent.topic}`;
    const newest = session.newest.get(key) ?? 0;
    demand(newest < sent.serial, 'order', () => `${clientId} got ${name(sent)} after m${newest}`);
    session.newest.set(key, sent.serial);
  }
}

export interface ReceivedPublish {
  readonly qos: QoS;
  readonly dup: boolean;
  readonly retain: boolean;
  /** 0 at QoS 0. */
  readonly packetId: number;
}

/** Whether a filter, `$share/…` or not, matches a topic. */
export function matches(filter: string, topic: string): boolean {
  const inner = filter.startsWith('$share/') ? filter.split('/').slice(2).join('/') : filter;
  return match(inner, topic);
}

export function name(sent: Sent): string {
  return `m${sent.serial} (${sent.topic} of ${sent.publisher} at QoS ${sent.qos})`;
}
