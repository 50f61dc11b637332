import { PacketType, ReasonCode } from '@wellhead/codec';
import { AckOutcome } from '@wellhead/protocol';
import type { ClientConnection } from './client-connection.ts';
import { complete, release, settle } from './settlement.ts';
import type { Session } from './session.ts';

/** PUBACK, PUBREC, PUBREL and PUBCOMP from a client (MQTT 5.0 section 4.3). */
export function acknowledge(
  connection: ClientConnection,
  type: 4 | 5 | 6 | 7,
  packetId: number,
  reasonCode: number,
): void {
  const { session } = connection;
  if (!connection.open || session === undefined) {
    connection.fail(ReasonCode.ProtocolError, 'a packet before CONNACK');
    return;
  }
  if (session.isRestoring && type !== PacketType.Pubrel) {
    if (session.keepEarly({ type, packetId, reasonCode })) return;
    connection.fail(ReasonCode.QuotaExceeded, 'more acknowledgements than there are identifiers');
    return;
  }
  if (type === PacketType.Puback) receivePuback(connection, session, packetId);
  else if (type === PacketType.Pubrec) receivePubrec(connection, session, packetId, reasonCode);
  else if (type === PacketType.Pubrel) receivePubrel(connection, session, packetId);
  else receivePubcomp(connection, session, packetId);
}

/** What was acknowledged before it was known what is in flight of an earlier connection. */
export function acknowledgeEarly(connection: ClientConnection, session: Session): void {
  for (const { type, packetId, reasonCode } of session.takeEarly())
    acknowledge(connection, type, packetId, reasonCode);
}

function receivePuback(connection: ClientConnection, session: Session, packetId: number): void {
  const { window } = session;
  const outcome = window?.puback(packetId) ?? AckOutcome.Unknown;
  if (outcome === AckOutcome.Violation) {
    connection.fail(ReasonCode.ProtocolError, `PUBACK for the QoS 2 PUBLISH ${packetId}`);
  } else if (outcome === AckOutcome.Completed) {
    const delivery = window?.lastMessage;
    if (delivery !== undefined) settle(connection.context, session, delivery);
    connection.pumpWaiting();
  }
}

function receivePubrec(
  connection: ClientConnection,
  session: Session,
  packetId: number,
  reasonCode: number,
): void {
  const { window } = session;
  const outcome = window?.pubrec(packetId, reasonCode) ?? AckOutcome.Unknown;
  const delivery = window?.lastMessage;
  switch (outcome) {
    case AckOutcome.Release:
      if (delivery !== undefined) release(connection.context, session, delivery);
      connection.sendPubrel(packetId); // [MQTT-4.3.3-4]
      return;
    case AckOutcome.ReleaseAgain:
      connection.sendPubrel(packetId);
      return;
    case AckOutcome.Completed:
      // refused: the exchange is over, there is no PUBREL [MQTT-4.4.0-2]
      if (delivery !== undefined) settle(connection.context, session, delivery);
      connection.pumpWaiting();
      return;
    case AckOutcome.Violation:
      connection.fail(ReasonCode.ProtocolError, `PUBREC for the QoS 1 PUBLISH ${packetId}`);
      return;
    default:
      if (reasonCode < 0x80) {
        connection.sendAcknowledgement(
          PacketType.Pubrel,
          packetId,
          ReasonCode.PacketIdentifierNotFound,
        );
      }
  }
}

function receivePubrel(connection: ClientConnection, session: Session, packetId: number): void {
  const isKnown = releaseReceipt(connection, session, packetId);
  // [MQTT-4.3.3-11]; an unknown one may be a repeat whose first PUBCOMP was lost
  const reasonCode = isKnown ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound;
  connection.sendAcknowledgement(PacketType.Pubcomp, packetId, reasonCode);
}

/** A QoS 2 message is completely received: its identifier is free. False when there was none. */
export function releaseReceipt(
  connection: ClientConnection,
  session: Session,
  packetId: number,
): boolean {
  const { clientId, durable, epoch, receiver } = session;
  if (receiver?.counted(packetId) === true) connection.receiveQuota?.end();
  if (receiver?.release(packetId) !== true) return false;
  if (durable) {
    connection.context.turn.record({ type: 'receipt-released', clientId, epoch, packetId });
  }
  return true;
}

function receivePubcomp(connection: ClientConnection, session: Session, packetId: number): void {
  const { window } = session;
  const outcome = window?.pubcomp(packetId) ?? AckOutcome.Unknown;
  if (outcome === AckOutcome.Completed) {
    const delivery = window?.lastMessage;
    if (delivery !== undefined) complete(connection.context, session, delivery);
    connection.pumpWaiting();
  } else if (outcome === AckOutcome.Violation) {
    connection.fail(ReasonCode.ProtocolError, `PUBCOMP for ${packetId}, which was not released`);
  }
}
