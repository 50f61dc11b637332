import { expect } from 'vitest';
import { AckOutcome } from '../src/ack-outcome.ts';
import { OutboundWindow } from '../src/outbound-window.ts';
import { Qos2Receiver } from '../src/qos2-receiver.ts';
import { ReceiveQuota } from '../src/receive-quota.ts';

/** A message is its number; it is published in order of these. */
export type WirePacket =
  | {
      readonly type: 'PUBLISH';
      readonly packetId: number;
      readonly qos: 1 | 2;
      readonly dup: boolean;
      readonly message: number;
    }
  | {
      readonly type: 'PUBACK' | 'PUBREC' | 'PUBREL' | 'PUBCOMP';
      readonly packetId: number;
      readonly reasonCode: number;
    };

/** One direction of a connection: written and not arrived yet; in order, unless a test meddles. */
export class Wire {
  packets: WirePacket[] = [];

  get length(): number {
    return this.packets.length;
  }

  write(packet: WirePacket): void {
    this.packets.push(packet);
  }

  arrive(count: number, receive: (packet: WirePacket) => void): void {
    for (const packet of this.packets.splice(0, count)) receive(packet);
  }

  acknowledgements(): number[] {
    return this.packets.flatMap((packet, place) => (packet.type === 'PUBLISH' ? [] : [place]));
  }

  /** Two acknowledgements change places; PUBLISH packets stay where they are. */
  swapAcknowledgements(one: number, other: number): void {
    const places = this.acknowledgements();
    const a = places[one % Math.max(1, places.length)];
    const b = places[other % Math.max(1, places.length)];
    if (a === undefined || b === undefined) return;
    const [first, second] = [this.packets[a], this.packets[b]];
    if (first === undefined || second === undefined) return;
    this.packets[a] = second;
    this.packets[b] = first;
  }

  /** An acknowledgement arrives once more, at once or much later. */
  duplicateAcknowledgement(one: number, at: number): void {
    const places = this.acknowledgements();
    const place = places[one % Math.max(1, places.length)];
    const packet = place === undefined ? undefined : this.packets[place];
    if (packet !== undefined) this.packets.splice(at % (this.packets.length + 1), 0, packet);
  }
}

/** A publisher as broker and client have it: a backlog behind an OutboundWindow. */
export class Sender {
  readonly backlog: { message: number; qos: 1 | 2 }[] = [];
  readonly unexpected: string[] = [];
  window = new OutboundWindow<number>();
  wire = new Wire();
  receiveMaximum = 0;
  /** Written on this connection and not yet acknowledged, counted without the window's help. */
  outstanding = new Set<number>();
  #written = new Set<number>();

  /** Everything in flight through a store into a new window, as after a crash. */
  restart(): void {
    const window = new OutboundWindow<number>();
    this.window.forEach((packetId, qos, released, message) =>
      window.restore(packetId, qos, released, message),
    );
    this.window = window;
  }

  connected(wire: Wire, receiveMaximum: number): void {
    this.wire = wire;
    this.receiveMaximum = receiveMaximum;
    this.outstanding.clear();
    this.window.connected(receiveMaximum);
    this.pump();
  }

  pump(): void {
    const { window, backlog } = this;
    while (window.resendNext()) {
      const { resendPacketId: packetId, resendQoS: qos, resendMessage: message } = window;
      if (window.resendReleased) this.wire.write({ type: 'PUBREL', packetId, reasonCode: 0 });
      else this.#publish(packetId, qos, message ?? 0, true);
    }
    for (let next = backlog[0]; next !== undefined; next = backlog[0]) {
      const packetId = window.send(next.qos, next.message);
      if (packetId === 0) return;
      backlog.shift();
      this.#publish(packetId, next.qos, next.message, false);
    }
  }

  receive(packet: WirePacket): void {
    const { packetId } = packet;
    const outcome = this.#acknowledge(packet);
    if (outcome === AckOutcome.Completed) this.outstanding.delete(packetId);
    if (outcome === AckOutcome.Violation || outcome === AckOutcome.Unknown)
      this.unexpected.push(`${packet.type} ${outcome}`);
    if (packet.type === 'PUBREC' && outcome !== AckOutcome.Completed) {
      this.wire.write({
        type: 'PUBREL',
        packetId,
        reasonCode: outcome === AckOutcome.Unknown ? 0x92 : 0,
      });
    }
    this.pump();
  }

  #acknowledge(packet: WirePacket): AckOutcome {
    if (packet.type === 'PUBACK') return this.window.puback(packet.packetId);
    if (packet.type === 'PUBREC') return this.window.pubrec(packet.packetId, packet.reasonCode);
    expect(packet.type).toBe('PUBCOMP');
    return this.window.pubcomp(packet.packetId);
  }

  #publish(packetId: number, qos: 1 | 2, message: number, dup: boolean): void {
    expect(dup).toBe(this.#written.has(message)); // [MQTT-3.3.1-1]
    this.#written.add(message);
    this.outstanding.add(packetId);
    this.wire.write({ type: 'PUBLISH', packetId, qos, dup, message });
  }
}

/** The other end: acknowledgements leave later than what they acknowledge, as behind a store. */
export class Receiver {
  readonly delivered: { message: number; qos: 1 | 2 }[] = [];
  qos2 = new Qos2Receiver();
  quota = new ReceiveQuota(1);
  wire = new Wire();
  /** Not written yet; `ends` gives one back to the quota. */
  held: { packet: WirePacket; ends: boolean }[] = [];

  restart(): void {
    const qos2 = new Qos2Receiver();
    qos2.restore(this.qos2.ids());
    this.qos2 = qos2;
  }

  connected(wire: Wire, receiveMaximum: number): void {
    this.wire = wire;
    this.held = [];
    this.quota = new ReceiveQuota(receiveMaximum);
    this.qos2.connected();
  }

  receive(packet: WirePacket): void {
    if (packet.type === 'PUBREL') this.#release(packet.packetId);
    else if (packet.type !== 'PUBLISH') expect.unreachable(`${packet.type} came to the receiver`);
    else if (packet.qos === 1) this.#receiveQos1(packet.packetId, packet.message);
    else this.#receiveQos2(packet.packetId, packet.message);
  }

  acknowledge(count: number): void {
    for (const { packet, ends } of this.held.splice(0, count)) {
      if (ends) this.quota.end();
      this.wire.write(packet);
    }
  }

  #receiveQos1(packetId: number, message: number): void {
    this.#begin();
    this.delivered.push({ message, qos: 1 });
    this.held.push({ packet: { type: 'PUBACK', packetId, reasonCode: 0 }, ends: true });
  }

  #receiveQos2(packetId: number, message: number): void {
    if (!this.qos2.counted(packetId)) this.#begin();
    if (isRefused(message) && !this.qos2.has(packetId)) {
      this.held.push({ packet: { type: 'PUBREC', packetId, reasonCode: 0x97 }, ends: true });
      return;
    }
    if (this.qos2.publish(packetId)) this.delivered.push({ message, qos: 2 });
    this.held.push({ packet: { type: 'PUBREC', packetId, reasonCode: 0 }, ends: false });
  }

  #release(packetId: number): void {
    const ends = this.qos2.counted(packetId);
    const reasonCode = this.qos2.release(packetId) ? 0 : 0x92;
    this.held.push({ packet: { type: 'PUBCOMP', packetId, reasonCode }, ends });
  }

  #begin(): void {
    expect(this.quota.begin()).toBe(true); // else it would be DISCONNECT 0x93 [MQTT-3.3.4-7]
  }
}

/** Some QoS 2 messages are refused with PUBREC 0x97. */
export function isRefused(message: number): boolean {
  return message % 11 === 0;
}
