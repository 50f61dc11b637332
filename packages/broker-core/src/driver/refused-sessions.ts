import type { SessionChange } from '@wellhead/session-store';
import type { BrokerContext } from '../context.ts';
import { giveUp } from '../fate.ts';
import { guard } from '../guard.ts';
import type { Session } from '../session.ts';
import { refuseUnstored } from './withdraw.ts';

type Opened = Extract<SessionChange, { type: 'session-opened' }>;

/**
 * What the store could not take twice of clients that came. One who is new is refused in CONNACK, and its session has
 * never been; the Will of one who is refused, or whose session needs no store, is not stored. None of it is
 * tried again: it would keep those waiting who make room.
 */
export class RefusedSessions {
  readonly #context: BrokerContext;
  /** The last commit that may bring something more of a session that is no more, by Client Identifier. */
  readonly #until = new Map<string, number>();
  #ending: Session[] = [];

  constructor(context: BrokerContext) {
    this.#context = context;
  }

  /** Of the changes of a commit, those that are worth another try; `last` is the last commit that was handed over. */
  without(
    changes: readonly SessionChange[],
    commit: number,
    last: number,
    isSecondTry: boolean,
  ): readonly SessionChange[] {
    if (!isSecondTry && this.#until.size === 0) return changes;
    const epochs = isSecondTry ? lastEpochs(changes) : NO_EPOCHS;
    const dropped = new Set<string>();
    const refusedWills = new Map<string, number>();
    for (const [clientId, until] of this.#until) if (commit <= until) dropped.add(clientId);
    if (epochs.size + dropped.size === 0) return changes;
    return changes.filter((change) => {
      if (!('clientId' in change)) return true;
      const { clientId } = change;
      if (change.type === 'session-opened' && epochs.get(clientId) !== undefined) {
        if (this.#isGivenUp(change, epochs.get(clientId))) {
          dropped.add(clientId);
          this.#until.set(clientId, last);
        } else refusedWills.set(clientId, change.epoch);
      }
      const isRefusedWill =
        change.type === 'will-set' && refusedWills.get(clientId) === change.epoch;
      if (!dropped.has(clientId) && !isRefusedWill) return true;
      giveUp(this.#context.turn.fates, change);
      return false;
    });
  }

  /** Their clients have been told. */
  end(): void {
    const { sessions, turn } = this.#context;
    for (const session of this.#ending.splice(0)) {
      const { connection } = session;
      // it came again meanwhile
      if (connection !== undefined) guard(connection, () => refuseUnstored(connection));
      session.durable = false;
      session.will = undefined;
      sessions.end(session);
      turn.dropChangesOf(session.clientId);
    }
  }

  /** No commit is under way: nothing more comes of them. */
  clear(): void {
    this.#until.clear();
  }

  /** A session that the store has never had; one that ends with its connection goes on without its Will there. */
  #isGivenUp({ clientId, epoch }: Opened, lastEpoch: number | undefined): boolean {
    const { sessions, turn } = this.#context;
    const session = sessions.get(clientId);
    if (session !== undefined && session.epoch !== lastEpoch) return false;
    if (session?.durable === true) {
      if (epoch === 1) this.#ending.push(session);
      return epoch === 1;
    }
    if (session === undefined && epoch > 1) return false;
    if (session !== undefined) session.isStoredForWill = false;
    turn.dropChangesOf(clientId);
    return true;
  }
}

function lastEpochs(changes: readonly SessionChange[]): ReadonlyMap<string, number> {
  const epochs = new Map<string, number>();
  for (const change of changes)
    if (change.type === 'session-opened') epochs.set(change.clientId, change.epoch);
  return epochs;
}

const NO_EPOCHS: ReadonlyMap<string, number> = new Map();
