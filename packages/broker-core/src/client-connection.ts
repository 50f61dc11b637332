import {
  type AckProperties,
  type AcknowledgementType,
  type OtherPacket,
  PacketDecoder,
  type PacketSink,
  PacketType,
  type ProtocolError,
  type PublishView,
  ReasonCode,
  type TopicEntry,
} from '@wellhead/codec';
import type { ReceiveQuota, TopicAliasReceiver } from '@wellhead/protocol';
import type { Connection } from '@wellhead/transport';
import { acknowledge } from './acknowledge.ts';
import { type Authentication, continueAuthentication } from './authenticate.ts';
import { ClientOutput } from './client-output.ts';
import { refuseConnect, startConnect } from './connect.ts';
import { connectionDeadline, noteReading, reasonOfTimeout } from './connection-deadline.ts';
import type { BrokerContext } from './context.ts';
import type { Timed } from './deadlines.ts';
import { drop } from './settlement.ts';
import { receiveDisconnect } from './disconnect.ts';
import { guard } from './guard.ts';
import type { ClientInfo, DropReason } from './hooks.ts';
import { permittedReasonCode } from './permitted-reason-code.ts';
import { receivePublish } from './publish.ts';
import { pump } from './queue.ts';
import type { Route } from './router.ts';
import type { Session } from './session.ts';
import { receiveSubscribe, receiveUnsubscribe } from './subscribe.ts';
import { lookAtClock, shareOfTurn } from './share-of-turn.ts';
import { propertyCost, workCost } from './work-cost.ts';

/**
 * The server's end of one Network Connection: bytes in, packets to the handlers, packets of theirs
 * into the outbox. It knows no socket; the driver writes the outbox once a turn.
 */
export class ClientConnection extends ClientOutput implements PacketSink, Timed {
  readonly decoder: PacketDecoder;
  phase: 'connecting' | 'authenticating' | 'connected' | 'closed' = 'connecting';
  /** CONNACK was sent and the connection has not ended. */
  open = false;
  session: Session | undefined;
  client: ClientInfo | undefined;
  authentication: Authentication | undefined;

  /** What the client announced in CONNECT. */
  receiveMaximum: number = 65_535;
  keepAlive = 0;
  /** The protocol level had bit 7 set: a bridge of the older kind. */
  isBridge = false;
  receiveQuota: ReceiveQuota | undefined;
  aliasesIn: TopicAliasReceiver<TopicEntry<Route>> | undefined;

  readonly openedAt: number;
  lastReceived: number;
  /** Since when a packet is incomplete, 0 when none is. */
  incompleteSince = 0;
  /** Since when the client reads nothing, 0 when it does. */
  stalledSince = 0;
  /** What waited for it when that was last looked at. */
  stalledBytes = 0;
  packets = 0;
  deadline: number = Infinity;
  deadlineSlot = -1;

  /** The driver has it on its list of connections to write to. */
  dirty = false;
  /** The driver has it on its list of connections that go on. */
  continues = false;
  readingPaused = false;

  constructor(context: BrokerContext, link: Connection) {
    super(context, link);
    this.openedAt = context.now;
    this.lastReceived = context.now;
    this.decoder = new PacketDecoder(this, {
      role: 'server',
      maximumConnectSize: context.limits.maximumConnectSize,
      maximumPacketSize: context.limits.maximumPacketSize,
      maximumRequestSize: context.limits.maximumRequestSize,
      topics: context.topics,
      memory: context.blocks,
    });
    this.#expect(context.limits.maximumConnectSize);
    this.reschedule();
  }

  /** CONNACK is on its way: packets may be larger from now on. */
  admitted(): void {
    this.open = true;
    this.#expect(this.context.limits.maximumPacketSize);
    this.reschedule();
  }

  /** A message of a transport that has messages may hold several packets. */
  #expect(packetSize: number): void {
    this.link.expect?.(packetSize + SEVERAL_PACKETS);
  }

  // -- from the driver

  receive(chunk: Uint8Array, now: number): void {
    if (this.phase === 'closed') return;
    const { context } = this;
    context.now = now;
    context.counters.bytesReceived += chunk.length;
    context.publication.received.beginChunk(chunk, this.link.stableChunks);
    const before = this.packets;
    this.decoder.receive(chunk, this.link.stableChunks);
    context.counters.packetsReceived += this.packets - before;
    if (this.packets !== before) {
      this.lastReceived = now; // [MQTT-3.1.2-22] counts packets, not bytes
      this.incompleteSince = 0; // what is incomplete now began in this chunk
    }
    this.#noteIncomplete(now);
  }

  /** Goes on with what was put off: the rest of a chunk, the rest of a queue. */
  continue(now: number): void {
    if (this.phase === 'closed') return;
    this.context.now = now;
    if (this.hasHadItsShare) {
      this.context.turn.continueLater(this);
      return;
    }
    this.pump();
    if (this.#share?.() === true) this.context.turn.continueLater(this);
    if (!this.decoder.paused || this.#holds > 0) return;
    const before = this.packets;
    this.decoder.resume();
    this.context.counters.packetsReceived += this.packets - before;
    if (this.packets !== before) this.lastReceived = now;
    if (!this.decoder.paused) this.resumeReading();
    this.#noteIncomplete(now);
  }

  timeout(now: number): void {
    this.context.now = now;
    noteReading(this, now);
    const due = connectionDeadline(this, now);
    if (due.at > now) {
      this.deadline = due.at;
      this.context.deadlines.schedule(this);
      return;
    }
    this.fail(reasonOfTimeout(due.what), due.what);
  }

  /** The transport has ended, by whosever hand. */
  transportClosed(now: number, reason: string): void {
    this.context.now = now;
    this.end(ReasonCode.UnspecifiedError, reason, true);
  }

  pump(): void {
    if (this.session !== undefined && this.open) pump(this.context, this.session);
  }

  /** An acknowledgement made room: whoever waits for it goes on. */
  pumpWaiting(): void {
    if (this.session?.hasWaiting === true) this.pump();
  }

  // -- the sink of the decoder

  publish(view: PublishView): void {
    this.packets++;
    receivePublish(this, view);
    this.spend(workCost.publish + ((view.propertiesEnd - view.propertiesStart) >> 6));
  }

  acknowledge(
    type: AcknowledgementType,
    packetId: number,
    reasonCode: number,
    properties: AckProperties | undefined,
  ): void {
    this.packets++;
    acknowledge(this, type, packetId, reasonCode);
    this.spend(workCost.acknowledgement + propertyCost(properties));
  }

  packet(packet: OtherPacket): void {
    this.packets++;
    if (this.phase === 'connecting' && packet.type === PacketType.Connect)
      startConnect(this, packet);
    else if (packet.type === PacketType.Auth) continueAuthentication(this, packet);
    else if (!this.open) this.fail(ReasonCode.ProtocolError, 'a packet before CONNACK');
    else this.#connectedPacket(packet);
    if (packet.type === PacketType.Pingreq) this.spend(workCost.acknowledgement);
    else
      this.spend(workCost.packet + ('properties' in packet ? propertyCost(packet.properties) : 0));
  }

  /** A client that pings has been quiet: what its messages were counted with need not be held. */
  #letGo(): void {
    this.session?.window?.trim();
    this.session?.receiver?.trim();
  }

  #connectedPacket(packet: OtherPacket): void {
    switch (packet.type) {
      case PacketType.Pingreq:
        this.sendPingresp(); // [MQTT-3.12.4-1]
        this.#letGo();
        return;
      case PacketType.Subscribe:
        receiveSubscribe(this, packet);
        return;
      case PacketType.Unsubscribe:
        receiveUnsubscribe(this, packet);
        return;
      case PacketType.Disconnect:
        receiveDisconnect(this, packet);
        return;
      default:
        this.fail(ReasonCode.ProtocolError, 'a packet that only a server sends');
    }
  }

  malformed(error: ProtocolError): void {
    if (this.phase === 'connecting') refuseConnect(this, error);
    else this.fail(error.reasonCode, error.message);
  }

  // -- its end

  /** Ends the connection for a reason of ours: DISCONNECT with its Reason Code for MQTT 5 [MQTT-4.13.1-1], then close. */
  fail(reasonCode: number, reason: string): void {
    if (this.phase === 'closed') return;
    if (this.open && this.protocolVersion === 5) {
      this.send({
        type: PacketType.Disconnect,
        reasonCode: permittedReasonCode(PacketType.Disconnect, reasonCode),
        properties: { reasonString: reason },
      });
    }
    this.end(reasonCode, reason, true);
  }

  /** Ends it without a word more; `keepsWill` unless the client said goodbye. */
  end(reasonCode: number, reason: string, keepsWill: boolean): void {
    if (this.phase === 'closed') return;
    const { context, session, client } = this;
    this.phase = 'closed';
    this.open = false;
    this.closing = true;
    this.decoder.close();
    this.#share = undefined;
    context.deadlines.cancel(this);
    context.ends.spend(workCost.end);
    this.touch();
    if (client === undefined) context.observer.refused?.(this.link.remote, reasonCode, reason);
    else context.observer.disconnected?.(client, reasonCode, reason);
    if (session?.connection === this) {
      context.counters.clientsConnected--;
      context.sessions.connectionEnded(session, keepsWill);
    }
    this.session = undefined;
  }

  // -- waiting for hooks

  #holds = 0;
  /** Work counted in the turn of that number. */
  #spent = 0;
  #spentIn = 0;
  #share: (() => boolean) | undefined;

  /**
   * Holds back everything that the client sends until `answer` settles, then calls `proceed`, unless
   * the connection has ended. A rejection is reported, and `proceed` gets `undefined`.
   */
  hold<T>(answer: Promise<T>, proceed: (value: T | undefined) => void): void {
    const release = this.holdBack();
    answer.then(
      (value) => release(() => proceed(value)),
      (error: unknown) => {
        this.context.observer.fault?.(error, 'hook');
        release(() => proceed(undefined));
      },
    );
  }

  /** Holds back everything that the client sends until the function returned is called; it does what follows, unless the connection has ended. */
  holdBack(): (proceed: () => void) => void {
    this.#holds++;
    this.decoder.pause();
    this.pauseReading();
    return (proceed) => {
      this.#holds--;
      if (this.phase === 'closed') return;
      guard(this, proceed);
      if (this.#holds === 0) this.context.turn.continueLater(this);
    };
  }

  /** Counts work done for this connection, in deliveries; beyond its share of a turn the rest of what was received waits for the next. */
  spend(deliveries: number): void {
    const { turn } = this.context;
    if (this.#spentIn !== turn.number) {
      this.#spentIn = turn.number;
      this.#spent = 0;
    }
    this.#spent += deliveries;
    turn.spent += deliveries;
    if (turn.spent >= turn.nextLook) lookAtClock(this.context);
    if (this.#spent < shareOfTurn(this.context) || this.phase === 'closed') return;
    this.decoder.pause();
    this.pauseReading();
    turn.continueLater(this);
  }

  /** Whether the rest of what is to be done for it waits for the next turn. */
  get hasHadItsShare(): boolean {
    const { context } = this;
    return this.#spentIn === context.turn.number && this.#spent >= shareOfTurn(context);
  }

  /**
   * Does work of perhaps many turns, a share in each; what the client sends meanwhile waits. `step` does
   * one share, and is true while there is more; none follows when the connection has ended.
   */
  workInShares(step: () => boolean): void {
    if (!step()) return;
    const release = this.holdBack();
    const share = (): boolean => {
      if (step()) return true;
      // its end may have begun other work
      if (this.#share === share) this.#share = undefined;
      release(() => undefined);
      return false;
    };
    this.#share = share;
    this.context.turn.continueLater(this);
  }

  pauseReading(): void {
    if (this.readingPaused) return;
    this.readingPaused = true;
    this.link.pause();
  }

  resumeReading(): void {
    if (!this.readingPaused || this.decoder.paused || this.congested) return;
    this.readingPaused = false;
    this.lastReceived = this.context.now; // until now the silence was ours
    this.link.resume();
  }

  reschedule(): void {
    this.deadline = connectionDeadline(this, this.context.now).at;
    this.context.deadlines.schedule(this);
  }

  protected override touch(): void {
    this.context.turn.touch(this);
  }

  protected override dropped(topicName: string, reason: DropReason): void {
    if (this.session !== undefined) drop(this.context, this.session, topicName, reason);
  }

  #noteIncomplete(now: number): void {
    this.context.underWay.arriving(this, this.incompleteSince === 0);
    if (!this.decoder.midPacket) {
      this.incompleteSince = 0;
    } else if (this.incompleteSince === 0 && this.phase !== 'closed') {
      this.incompleteSince = now;
      this.reschedule();
    }
  }
}

/** Small packets in one WebSocket message, beside the largest one. */
const SEVERAL_PACKETS = 65_536;
