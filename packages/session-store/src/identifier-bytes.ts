/** Bytes that the Subscription Identifiers of a delivery count for in its session's queue: what memory holds of them. */
export function identifierBytes(identifiers: readonly number[] | undefined): number {
  return identifiers === undefined ? 0 : identifiers.length * IDENTIFIER;
}

const IDENTIFIER = 8;
