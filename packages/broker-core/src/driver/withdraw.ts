import { PacketType, ReasonCode, encode } from '@wellhead/codec';
import type { DeliveryRecord, MessageRecord, SessionChange } from '@wellhead/session-store';
import type { ClientConnection } from '../client-connection.ts';
import type { HeldOutput, PromisedPacket } from '../held-output.ts';
import type { BrokerContext } from '../context.ts';
import { messageSize } from '../message.ts';
import type { Session } from '../session.ts';

/**
 * What becomes of a commit that has failed, when the disk is full for example. Messages of publishers
 * are refused: they were not acknowledged, and MQTT 5 clients are told 0x97. Everything else, which
 * frees room or costs next to none, is tried again, and what it promises is said when it is true.
 */
export function changesToRetry(
  context: BrokerContext,
  changes: readonly SessionChange[],
): SessionChange[] {
  const retried: SessionChange[] = [];
  for (const change of changes) {
    if (change.type === 'enqueued') withdrawDeliveries(context, change.message, change.deliveries);
    else if (change.type === 'retained-set') restoreRetained(context, change.message.topicName);
    // its connection may have been taken over: the promise alone would not find it
    else if (change.type === 'received')
      forgetReceipt(context, context.sessions.get(change.clientId), change.packetId);
    else retried.push(change);
  }
  return retried;
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
  const { closing, held } = connection;
  const kept: HeldOutput[] = [];
  for (const [index, output] of held.entries()) {
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
    say(bytes.subarray(from, promise.at));
    from = promise.at + promise.length;
    isRefused = isSecondTry && isUnkeptSession(connection, promise);
    const instead = isRefused ? refuseSession(connection) : refusalOf(connection, promise);
    // nor will it be true, perhaps, if its session is no more
    if (instead === undefined && isOver && isSecondTry && promise.type !== PacketType.Connack)
      continue;
    if (instead === undefined) {
      // a store that goes on failing is nothing to a session that is not in it
      const isKept = !isSecondTry || connection.session?.durable === true;
      if (next !== undefined && isKept) promises.push({ ...promise, at: length });
      say(bytes.subarray(promise.at, from));
    } else say(instead);
    if (isRefused) break;
  }
  if (!isRefused) say(bytes.subarray(from));
  const mustWait = next !== undefined && (promises.length > 0 || !isSecondTry);
  const commit = mustWait ? next : output.commit;
  return { commit, chunks: [said.subarray(0, length)], promises };
}

/** What a publisher is told instead: nothing in MQTT 3.x. Undefined for what is no message of a publisher. */
function refusalOf(
  connection: ClientConnection,
  { packetId, type }: PromisedPacket,
): Uint8Array | undefined {
  if (type !== PacketType.Puback && type !== PacketType.Pubrec) return undefined;
  if (type === PacketType.Pubrec) forgetReceipt(connection.context, connection.session, packetId);
  if (connection.protocolVersion !== 5) return NOTHING;
  return encode({ type, packetId, reasonCode: ReasonCode.QuotaExceeded }, 5);
}

/** A session that outlives its connection, and is not stored; the others need no store to be what they are. */
function isUnkeptSession(connection: ClientConnection, { type }: PromisedPacket): boolean {
  return type === PacketType.Connack && connection.session?.durable === true;
}

function refuseSession(connection: ClientConnection): Uint8Array {
  const { protocolVersion } = connection;
  connection.end(ReasonCode.QuotaExceeded, 'the session cannot be stored', true);
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

/** What was counted for the store alone is not there. */
function withdrawDeliveries(
  context: BrokerContext,
  message: MessageRecord,
  deliveries: readonly DeliveryRecord[],
): void {
  for (const { clientId } of deliveries) {
    const session = context.sessions.get(clientId);
    // another session of that client, or one that settles it by itself
    if (session === undefined || session.newestMessage < message.messageId) continue;
    if (message.messageId <= Math.max(session.newestInMemory, session.leftInMemory)) continue;
    // the page that comes tells; and what is in memory is counted by itself
    if (session.loading || session.backlog <= 0) continue;
    session.queuedMessages--;
    session.queuedBytes -= messageSize(message);
  }
}

/** The index follows the store again. */
function restoreRetained(context: BrokerContext, topicName: string): void {
  context.retained.remove(topicName);
  Promise.resolve(context.store.readRetained([topicName])).then(
    ([message]) => {
      if (message === undefined || context.retained.has(topicName)) return;
      const { expiresAt } = message;
      context.retained.restore({ topicName, expiresAt, size: messageSize(message) });
    },
    (error: unknown) => context.observer.fault?.(error, 'store'),
  );
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const NOTHING = new Uint8Array(0);
/** What an acknowledgement with its Reason Code is longer by. */
const REFUSAL_GROWTH = 8;
/** The return code of 3.x. */
const SERVER_UNAVAILABLE = 3;
