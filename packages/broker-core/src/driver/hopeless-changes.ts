import { ReasonCode } from '@wellhead/codec';
import { type SessionChange, StoreError } from '@wellhead/session-store';
import type { BrokerContext } from '../context.ts';
import { guard } from '../guard.ts';

/**
 * A change that a store refuses again and again for what it is, as it says in its error, would keep all that
 * comes after it from being stored. It is given up: that is a fault, and its client is told.
 */
export class HopelessChanges {
  readonly #context: BrokerContext;
  readonly #refusals = new WeakMap<SessionChange, number>();
  /** One error may be the reason of several refusals: of those handed over behind. */
  readonly #counted = new WeakSet<StoreError>();

  constructor(context: BrokerContext) {
    this.#context = context;
  }

  /** Of the changes of a commit that was refused, those that are worth another try. */
  without(
    changes: readonly SessionChange[],
    error: unknown,
    isSecondTry: boolean,
  ): readonly SessionChange[] {
    const reason = reasonOf(error);
    const change = reason?.change;
    if (reason === undefined || change === undefined) return changes;
    this.#count(reason, change);
    const isHopeless =
      reason.code === 'STORE_INVALID_CHANGE' || (this.#refusals.get(change) ?? 0) >= MANY;
    if (!isSecondTry || !isHopeless || !changes.includes(change)) return changes;
    this.#giveUp(change);
    return changes.filter((one) => one !== change);
  }

  #count(reason: StoreError, change: SessionChange): void {
    if (this.#counted.has(reason)) return;
    this.#counted.add(reason);
    this.#refusals.set(change, (this.#refusals.get(change) ?? 0) + 1);
  }

  #giveUp(change: SessionChange): void {
    const { observer, sessions, turn } = this.#context;
    turn.fates.get(change)?.taken();
    turn.fates.delete(change);
    observer.fault?.(new Error(`A change is given up: ${change.type}`, { cause: change }), 'store');
    const clientId = 'clientId' in change ? change.clientId : undefined;
    const connection = clientId === undefined ? undefined : sessions.get(clientId)?.connection;
    if (connection === undefined) return;
    guard(connection, () =>
      connection.fail(ReasonCode.ImplementationSpecificError, 'the session cannot be stored'),
    );
  }
}

/** Of this commit, or of the one before it that was refused. */
function reasonOf(error: unknown): StoreError | undefined {
  if (!(error instanceof StoreError)) return undefined;
  return error.change === undefined && error.cause instanceof StoreError ? error.cause : error;
}

/** Some may fail for a reason that goes away. */
const MANY = 4;
