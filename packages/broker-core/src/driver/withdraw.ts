import { PacketType, ReasonCode, encode } from '@wellhead/codec';
import type { SessionChange } from '@wellhead/session-store';
import type { ClientConnection } from '../client-connection.ts';
import { guard } from '../guard.ts';
import type { HeldOutput, PromisedPacket } from '../held-output.ts';
import type { BrokerContext } from '../context.ts';
import { deliverySize } from '../message.ts';
import type { Session } from '../session.ts';
import { Undecided } from '../undecided.ts';
import { withdrawDeliveries, withdrawUndecided } from '../withdraw-deliveries.ts';
import {
  type Withdrawal,
  hasPublishes,
  joined,
  refusal,
  withdrawPackets,
} from './withdraw-packets.ts';

/**
 * What becomes of a commit that has failed, when the disk is full for example. Messages of publishers
 * are refused: they were not acknowledged, and MQTT 5 clients are told 0x97; who was to get them has
 * not got them. Everything else, which frees room or costs next to none, is tried again, and what it
 * promises is said when it is true.
 */
export function changesToRetry(
  context: BrokerContext,
  commit: number,
  changes: readonly SessionChange[],
  isSecondTry: boolean,
): SessionChange[] {
  const { fates, later } = context.turn;
  const retried: SessionChange[] = [];
  const withdrawn = new Map<Session, Lost>();
  const takenBack = new Set<Undecided>();
  for (const change of changes) {
    const fate = fates.get(change);
    const refused = fate?.refused(isSecondTry);
    if (refused === 'never' && fate instanceof Undecided) takenBack.add(fate);
    if (refused === 'again') {
      retried.push(change);
      continue;
    }
    fates.delete(change);
    if (refused === 'later' && fate !== undefined) later.push({ change, fate });
    if (change.type === 'enqueued') noteWithdrawn(context, change, withdrawn);
    else if (change.type === 'retained-set') context.retained.refused(change.message);
    // its connection may have been taken over: the promise alone would not find it
    else if (change.type === 'received') {
      const session = context.sessions.get(change.clientId);
      if (session === undefined) continue;
      forgetReceipt(context, session, change.packetId);
      withdrawnOf(session, withdrawn).receipts.add(change.packetId);
    }
    // is said again with what it belongs to
    else if (change.type !== 'fan-out-set' && change.type !== 'fan-out-cleared')
      retried.push(change);
  }
  for (const [session, lost] of withdrawn) withdraw(context, commit, session, lost);
  for (const undecided of takenBack) takeBack(context, commit, undecided);
  return retried;
}

/** From those who are not in the store. */
function takeBack(context: BrokerContext, commit: number, undecided: Undecided): void {
  for (const [connection, session] of undecided.receivers) {
    guard(connection, () => {
      const packetIds = withdrawPackets(connection, commit, { ...NOTHING_ELSE, undecided });
      if (session.connection !== connection) return;
      withdrawUndecided(session, undecided.messages, packetIds);
      if (session.hasWaiting) context.turn.continueLater(connection);
    });
  }
}

/** What one session has lost by a failed commit. */
interface Lost {
  readonly messages: Map<number, number>;
  readonly receipts: Set<number>;
}

function withdrawnOf(session: Session, withdrawn: Map<Session, Lost>): Lost {
  let lost = withdrawn.get(session);
  if (lost === undefined) {
    lost = { messages: new Map(), receipts: new Set() };
    withdrawn.set(session, lost);
  }
  return lost;
}

function withdraw(
  context: BrokerContext,
  commit: number,
  session: Session,
  { messages, receipts }: Lost,
): void {
  const publishes = withdrawDeliveries(session, messages);
  const { connection } = session;
  if (connection === undefined) return;
  if (publishes.size + receipts.size > 0)
    guard(connection, () => withdrawPackets(connection, commit, { publishes, receipts }));
  if (session.hasWaiting) context.turn.continueLater(connection);
}

function noteWithdrawn(
  { sessions }: BrokerContext,
  { message, deliveries }: Extract<SessionChange, { type: 'enqueued' }>,
  withdrawn: Map<Session, Lost>,
): void {
  for (const { clientId, subscriptionIdentifiers } of deliveries) {
    const session = sessions.get(clientId);
    if (session !== undefined && message.messageId > session.begunBehind)
      withdrawnOf(session, withdrawn).messages.set(
        message.messageId,
        deliverySize({ message, subscriptionIdentifiers }),
      );
  }
}

/**
 * Takes the promises that a commit did not keep out of what a connection holds. Those that are tried
 * again in commit `next` stay where they are and wait for it.
 */
export function withdrawHeld(
  connection: ClientConnection,
  commit: number,
  next: number | undefined,
  isSecondTry: boolean,
): void {
  const { closing } = connection;
  // whose session it was is not known any more; what the store has of it goes to the next connection
  if (closing) withdrawPackets(connection, commit, EVERY_PUBLISH);
  const { held } = connection;
  const kept: HeldOutput[] = [];
  for (const [index, output] of held.entries()) {
    if (output.commit === commit && isUnheard(connection, output, next, isSecondTry)) {
      for (const { promises } of held.slice(index)) connection.donePromising(promises);
      connection.donePromising(connection.takeOutput().promises);
      break;
    }
    if (output.commit !== commit) kept.push(output);
    else kept.push(withdrawPromises(connection, output, next, isSecondTry));
    if (connection.closing === closing) continue;
    // its CONNACK is a refusal now: nothing follows it
    for (const { promises } of held.slice(index + 1)) connection.donePromising(promises);
    connection.donePromising(connection.takeOutput().promises);
    break;
  }
  connection.held = kept;
}

function withdrawPromises(
  connection: ClientConnection,
  output: HeldOutput,
  next: number | undefined,
  isSecondTry: boolean,
): HeldOutput {
  connection.donePromising(output.promises);
  const bytes = joined(output.chunks);
  const said = new Uint8Array(bytes.length + REFUSAL_GROWTH * output.promises.length);
  const promises: PromisedPacket[] = [];
  let length = 0;
  const say = (part: Uint8Array): void => {
    said.set(part, length);
    length += part.length;
  };
  let from = 0;
  const isOver = connection.closing;
  let isRefused = false;
  for (const promise of output.promises) {
    if (promise.type === PacketType.Publish) continue; // decided by now, and it was taken
    say(bytes.subarray(from, promise.at));
    from = promise.at + promise.length;
    isRefused = isSecondTry && isUnkeptSession(connection, promise);
    const instead = isRefused
      ? refuseSession(connection)
      : refusalOf(connection, promise, isSecondTry);
    // nor will it be true, perhaps, if its session is no more
    if (instead === undefined && isOver && (isSecondTry || next === undefined)) continue;
    if (instead === undefined) {
      // a store that goes on failing is nothing to a session that is not in it
      const isKept = !isSecondTry || connection.session?.durable === true;
      if (next !== undefined && isKept) promises.push({ ...promise, at: length });
      say(bytes.subarray(promise.at, from));
    } else say(instead);
    if (isRefused) break;
  }
  if (!isRefused) say(bytes.subarray(from));
  const isWaiting = promises.length > 0 || !isSecondTry || isSending(connection, said, length);
  const commit = next !== undefined && isWaiting ? next : output.commit;
  return { commit, chunks: [said.subarray(0, length)], promises, slab: output.slab };
}

/** Nothing precedes a CONNACK: whoever is gone before it was true hears nothing. */
function isUnheard(
  { closing }: ClientConnection,
  { promises }: HeldOutput,
  next: number | undefined,
  isSecondTry: boolean,
): boolean {
  const isLost = closing && (isSecondTry || next === undefined);
  return isLost && promises.some(({ type }) => type === PacketType.Connack);
}

/** How far its messages have come is among what is tried again: a Packet Identifier is durable before it is used. */
function isSending({ session }: ClientConnection, bytes: Uint8Array, length: number): boolean {
  return session?.durable === true && hasPublishes(bytes.subarray(0, length));
}

/** Undefined for what is no message of a publisher. */
function refusalOf(
  connection: ClientConnection,
  promise: PromisedPacket,
  isSecondTry: boolean,
): Uint8Array | undefined {
  const { fate, packetId, type } = promise;
  if (fate?.refused(isSecondTry) === 'again') return undefined;
  if (type !== PacketType.Puback && type !== PacketType.Pubrec) return undefined;
  // its receipt says whether it is refused: this may be for a repetition of what is stored
  if (type === PacketType.Pubrec && connection.session?.durable === true) return undefined;
  // nor is that known of a connection that has ended: its client repeats what was not answered
  if (type === PacketType.Pubrec && connection.closing) return NOTHING;
  if (type === PacketType.Pubrec) forgetReceipt(connection.context, connection.session, packetId);
  return refusal(connection, promise);
}

/** A session that outlives its connection, and is not stored; the others need no store to be what they are. */
function isUnkeptSession(connection: ClientConnection, { type }: PromisedPacket): boolean {
  return type === PacketType.Connack && connection.session?.durable === true;
}

/** Of a session that will not be stored, nothing that was to be said is true; no CONNACK has left. */
export function refuseUnstored(connection: ClientConnection): void {
  for (const { promises } of connection.held) connection.donePromising(promises);
  connection.held = [];
  connection.donePromising(connection.takeOutput().promises);
  connection.gated = false;
  connection.outbox.append(refuseSession(connection));
}

function refuseSession(connection: ClientConnection): Uint8Array {
  const { protocolVersion } = connection;
  // nor is its Will anything that it was let in with
  connection.end(ReasonCode.QuotaExceeded, 'the session cannot be stored', false);
  const reasonCode = protocolVersion === 5 ? ReasonCode.QuotaExceeded : SERVER_UNAVAILABLE;
  return encode({ type: PacketType.Connack, sessionPresent: false, reasonCode }, protocolVersion);
}

/** The identifier of a QoS 2 message that was not taken: the next PUBLISH with it is a new message [MQTT-4.3.3-9]. */
function forgetReceipt(
  context: BrokerContext,
  session: Session | undefined,
  packetId: number,
): void {
  if (session?.receiver?.has(packetId) !== true) return;
  if (session.receiver.counted(packetId)) session.connection?.receiveQuota?.end();
  session.receiver.refuse(packetId);
  if (session.durable) {
    const { clientId, epoch } = session;
    context.turn.record({ type: 'receipt-released', clientId, epoch, packetId });
  }
}

const NOTHING = new Uint8Array(0);
const NOTHING_ELSE: Withdrawal = { publishes: new Set(), receipts: new Set() };
const EVERY_PUBLISH: Withdrawal = { publishes: 'all', receipts: new Set() };
/** What an acknowledgement with its Reason Code is longer by. */
const REFUSAL_GROWTH = 8;
/** The return code of 3.x. */
const SERVER_UNAVAILABLE = 3;
