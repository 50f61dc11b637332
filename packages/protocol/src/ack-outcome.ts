/** What an acknowledgement did to an `OutboundWindow`. */
export const AckOutcome = {
  /** No such exchange. */
  Unknown: 0,
  /** The exchange has ended; its identifier is free. */
  Completed: 1,
  /** Answer PUBREL. */
  Release: 2,
  /** Answer PUBREL once more. */
  ReleaseAgain: 3,
  /** The wrong kind of acknowledgement for this exchange: a Protocol Error, and nothing changed. */
  Violation: 4,
} as const;
/** One of the numbers of {@link AckOutcome}. */
export type AckOutcome = (typeof AckOutcome)[keyof typeof AckOutcome];
