import type { SessionChange } from '@wellhead/session-store';

/** What becomes of a change whose commit has failed. */
export type Refused =
  /** It is tried again at once, in its place and with what belongs to it. */
  | 'again'
  /** It is withdrawn, and what it was for is done anew when the store may have recovered. */
  | 'later'
  /** It is withdrawn: its publisher is told. */
  | 'never';

/** Has a say in what becomes of a change; a message without one is its publisher's to send again. */
export interface Fate {
  /** The store has the change. */
  taken(): void;
  /** The store has refused it; `isSecondTry` when it was tried again already. */
  refused(isSecondTry: boolean): Refused;
  /** The change is not made any more: its session is none. Without it, that is as if the store had it. */
  dropped?(): void;
  /** It goes to the store with the next commit. */
  recorded?(change: SessionChange): void;
  /** Does later what the change was for; without it, all that is to be done later is done at once. */
  anew?(change: SessionChange): void;
}

/** A change that was refused twice and is to be done anew. */
export interface Later {
  readonly change: SessionChange;
  readonly fate: Fate;
}

/** A change is not made any more: whoever waits for it waits no longer. */
export function giveUp(fates: Fates, change: SessionChange): void {
  const fate = fates.get(change);
  fates.delete(change);
  if (fate?.dropped === undefined) fate?.taken();
  else fate.dropped();
}

/** Of a message that nobody would send again: a Will, one that goes back to its group, a retained one for a new subscription. */
export const KEPT: Fate = Object.freeze({
  taken: () => undefined,
  refused: (isSecondTry: boolean) => (isSecondTry ? 'later' : 'again'),
});

/** Of what says that something is in the store already: it is said late, and is not less true when a commit fails. */
export const STORED: Fate = Object.freeze({
  taken: () => undefined,
  refused: () => 'again' as const,
});

/** Of what is true whatever the store does: it waits for nothing but its turn. */
export const NEEDS_NO_STORE: Fate = Object.freeze({ ...STORED });

/** The changes of which that is known. */
export type Fates = Map<SessionChange, Fate>;
