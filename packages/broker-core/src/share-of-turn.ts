import type { BrokerContext } from './context.ts';
import { guard } from './guard.ts';
import { WORK_BETWEEN_LOOKS } from './turn.ts';

/**
 * What one connection may do in this turn, in deliveries. Several get all that is allowed; the others
 * are begun with only, so that whoever wants little gets it all the same.
 */
export function shareOfTurn(context: BrokerContext): number {
  const { deliveriesPerTurn } = context.limits;
  return isTurnUsedUp(context) ? deliveriesPerTurn / BEGINNINGS_PER_SHARE : deliveriesPerTurn;
}

/**
 * The clock has its say as well: code that is not compiled yet takes ten times what its work counts for,
 * and a machine may be slow. Whoever has taken so long has had the share of all.
 */
export function lookAtClock(context: BrokerContext): void {
  const { limits, turn } = context;
  turn.nextLook = turn.spent + WORK_BETWEEN_LOOKS;
  if (isLate(context))
    turn.spent = Math.max(turn.spent, SHARES_PER_TURN * limits.deliveriesPerTurn);
}

/** What is being handled has taken as long as it may: the others have waited. */
export function isLate(context: BrokerContext): boolean {
  return context.clock() - context.now >= LONGEST_SHARE;
}

/** Several connections have had their share of this turn: what can wait does. */
export function isTurnUsedUp({ limits, turn }: BrokerContext): boolean {
  return turn.spent >= SHARES_PER_TURN * limits.deliveriesPerTurn;
}

/** Goes on with what connections have put off: as many as fit in one share, and the others come first in the next turn. */
export function continueConnections(context: BrokerContext): void {
  const { limits, now, turn } = context;
  const { continuing } = turn;
  if (continuing.length === 0) return;
  turn.continuing = [];
  turn.countAnew();
  let next = 0;
  for (const connection of continuing) {
    if (turn.spent >= limits.deliveriesPerTurn) break;
    next++;
    connection.continues = false;
    guard(connection, () => connection.continue(now));
  }
  if (next === continuing.length) return;
  turn.continuing = [...continuing.slice(next), ...turn.continuing];
  turn.wake();
}

/** Milliseconds. */
const LONGEST_SHARE = 4;
const SHARES_PER_TURN = 4;
const BEGINNINGS_PER_SHARE = 64;
