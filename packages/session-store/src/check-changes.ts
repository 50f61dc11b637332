import type { DeliveryRecord } from './records.ts';
import type { Sent, SessionChange } from './session-change.ts';
import { StoreError } from './store-error.ts';

/**
 * Says why a commit must be refused as a whole, or undefined when every change may be applied. For adapters: a store
 * that knows the epochs of its sessions needs no other check. `epochOf` gives undefined for a session that does not exist.
 */
export function checkChanges(
  changes: readonly SessionChange[],
  epochOf: (clientId: string) => number | undefined,
): StoreError | undefined {
  const check = new Check(epochOf);
  for (const change of changes) {
    const error = check.change(change);
    if (error) return error.code === 'STORE_INVALID_CHANGE' ? about(error, change) : error;
  }
  return undefined;
}

class Check {
  readonly #epochOf: (clientId: string) => number | undefined;
  /** Sessions that earlier changes of the same list opened or removed; made when the first one does. */
  #changed: Map<string, number | undefined> | undefined;
  /** Changes of one session often follow each other: the last one that was asked for. */
  #lastClientId: string | undefined;
  #lastEpoch: number | undefined;

  constructor(epochOf: (clientId: string) => number | undefined) {
    this.#epochOf = epochOf;
  }

  change(change: SessionChange): StoreError | undefined {
    switch (change.type) {
      case 'enqueued':
        return messageError(change.message.messageId) ?? this.#deliveries(change.deliveries);
      case 'retained-set':
        return messageError(change.message.messageId);
      case 'fan-out-set':
        return messageError(change.message.messageId) ?? nextError(change.next);
      case 'retained-cleared':
      case 'fan-out-cleared':
        return undefined;
      case 'session-opened':
        return this.#opened(change.clientId, change.epoch);
      case 'session-removed':
        return this.#removed(change.clientId, change.epoch);
      case 'sent':
        return packetIdsError(change) ?? this.#fence(change.clientId, change.epoch);
      case 'received':
      case 'receipt-released':
        return packetIdError(change, 1) ?? this.#fence(change.clientId, change.epoch);
      case 'session-closed':
        if (Number.isNaN(change.expiresAt)) return invalid('expiresAt is not a time', change);
        return this.#fence(change.clientId, change.epoch);
      case 'subscribed':
      case 'unsubscribed':
      case 'released':
      case 'settled':
      case 'will-set':
      case 'will-cleared':
        return this.#fence(change.clientId, change.epoch);
      default:
        return unknownType(change);
    }
  }

  #deliveries(deliveries: readonly DeliveryRecord[]): StoreError | undefined {
    for (const delivery of deliveries) {
      const error = packetIdError(delivery, 0) ?? this.#fence(delivery.clientId, delivery.epoch);
      if (error) return error;
    }
    return undefined;
  }

  #opened(clientId: string, epoch: number): StoreError | undefined {
    if (!Number.isSafeInteger(epoch) || epoch < 0) {
      return invalid(`epoch ${epoch} is not a whole number`, { clientId });
    }
    const current = this.#current(clientId);
    if (current !== undefined && epoch <= current) return stale(clientId, epoch, current);
    this.#change(clientId, epoch);
    return undefined;
  }

  #removed(clientId: string, epoch: number): StoreError | undefined {
    const error = this.#fence(clientId, epoch);
    if (!error) this.#change(clientId, undefined);
    return error;
  }

  #change(clientId: string, epoch: number | undefined): void {
    (this.#changed ??= new Map()).set(clientId, epoch);
    this.#lastClientId = undefined;
  }

  #fence(clientId: string, epoch: number): StoreError | undefined {
    const current = this.#current(clientId);
    return current === epoch ? undefined : stale(clientId, epoch, current);
  }

  #current(clientId: string): number | undefined {
    if (clientId === this.#lastClientId) return this.#lastEpoch;
    const isChanged = this.#changed?.has(clientId) === true;
    this.#lastEpoch = isChanged ? this.#changed?.get(clientId) : this.#epochOf(clientId);
    this.#lastClientId = clientId;
    return this.#lastEpoch;
  }
}

function about({ clientId, code, message }: StoreError, change: SessionChange): StoreError {
  return new StoreError(code, message, { clientId, change });
}

function stale(clientId: string, epoch: number, current: number | undefined): StoreError {
  const holds = current === undefined ? 'there is no such session' : `it has epoch ${current}`;
  return new StoreError(
    'STORE_STALE_EPOCH',
    `A change of session "${clientId}" carries epoch ${epoch}, but ${holds}.`,
    { clientId },
  );
}

function messageError(messageId: number): StoreError | undefined {
  if (Number.isSafeInteger(messageId) && messageId > 0) return undefined;
  return new StoreError('STORE_INVALID_CHANGE', `messageId ${messageId} is not 1 or more.`);
}

function nextError(next: number): StoreError | undefined {
  if (Number.isSafeInteger(next) && next >= 0) return undefined;
  return new StoreError('STORE_INVALID_CHANGE', `A fan-out cannot go on at ${next}.`);
}

function packetIdError(
  change: { readonly clientId: string; readonly packetId: number },
  lowest: 0 | 1,
): StoreError | undefined {
  const { packetId } = change;
  if (isPacketId(packetId, lowest)) return undefined;
  return invalid(`Packet Identifier ${packetId} does not exist`, change);
}

function packetIdsError(change: Sent): StoreError | undefined {
  const { clientId, messageIds, packetIds } = change;
  if (messageIds.length !== packetIds.length) {
    return invalid(
      `${messageIds.length} messages have ${packetIds.length} Packet Identifiers`,
      change,
    );
  }
  for (const packetId of packetIds) {
    if (!isPacketId(packetId, 1)) return packetIdError({ clientId, packetId }, 1);
  }
  return undefined;
}

function isPacketId(value: number, lowest: 0 | 1): boolean {
  return Number.isInteger(value) && value >= lowest && value <= 0xffff;
}

function invalid(reason: string, change: { readonly clientId: string }): StoreError {
  const { clientId } = change;
  return new StoreError(
    'STORE_INVALID_CHANGE',
    `A change of session "${clientId}" is refused: ${reason}.`,
    { clientId },
  );
}

function unknownType(change: never): StoreError {
  const { type } = change as { type: unknown }; // a caller without types, or newer than this store
  return new StoreError('STORE_INVALID_CHANGE', `Changes of type ${String(type)} are unknown.`);
}
