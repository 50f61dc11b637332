import { PacketType, ReasonCode, encode } from '@wellhead/codec';
import type { DeliveryRecord, MessageRecord, SessionChange } from '@wellhead/session-store';
import type { ClientConnection } from '../client-connection.ts';
import type { HeldOutput, PromisedPacket } from '../client-output.ts';
import type { BrokerContext } from '../context.ts';
import { messageSize } from '../message.ts';

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
    else if (change.type !== 'received') retried.push(change);
  }
  return retried;
}

/** The output of a connection without the promises that its commit did not keep. */
export function withdrawPromises(connection: ClientConnection, output: HeldOutput): HeldOutput {
  connection.donePromising(output.promises);
  const bytes = joined(output.chunks);
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const promise of output.promises) {
    parts.push(bytes.subarray(from, promise.at));
    from = promise.at + promise.length;
    const instead = withdraw(connection, promise, bytes.subarray(promise.at, from));
    if (instead !== undefined) parts.push(instead);
    if (connection.closing) return { ...output, chunks: parts, promises: [] };
  }
  parts.push(bytes.subarray(from));
  return { ...output, chunks: parts.filter((part) => part.length > 0), promises: [] };
}

/** What is said in place of a promise, if anything. */
function withdraw(
  connection: ClientConnection,
  promise: PromisedPacket,
  packet: Uint8Array,
): Uint8Array | undefined {
  const { packetId, type } = promise;
  const isV5 = connection.protocolVersion === 5;
  switch (type) {
    case PacketType.Puback:
      return isV5 ? encode({ type, packetId, reasonCode: ReasonCode.QuotaExceeded }, 5) : undefined;
    case PacketType.Pubrec:
      forgetReceipt(connection, packetId);
      return isV5 ? encode({ type, packetId, reasonCode: ReasonCode.QuotaExceeded }, 5) : undefined;
    case PacketType.Connack: {
      connection.end(ReasonCode.QuotaExceeded, 'the session cannot be stored', true);
      const reasonCode = isV5 ? ReasonCode.QuotaExceeded : SERVER_UNAVAILABLE;
      return encode({ type, sessionPresent: false, reasonCode }, connection.protocolVersion);
    }
    default:
      connection.promiseAgain(packet.slice(), type, packetId);
      return undefined;
  }
}

/** The identifier of a QoS 2 message that was not taken: the next PUBLISH with it is a new message [MQTT-4.3.3-9]. */
function forgetReceipt(connection: ClientConnection, packetId: number): void {
  const { context, session } = connection;
  if (session?.receiver === undefined) return;
  if (session.receiver.counted(packetId)) connection.receiveQuota?.end();
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
    if (session === undefined) continue;
    const isInMemory =
      session.connection !== undefined && message.messageId <= session.newestInMemory;
    if (isInMemory) continue;
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
      context.retained.restore({
        topicName,
        expiresAt,
        size: messageSize(message),
        message: undefined,
      });
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

/** The return code of 3.x. */
const SERVER_UNAVAILABLE = 3;
