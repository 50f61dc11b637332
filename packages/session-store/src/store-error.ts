import type { SessionChange } from './session-change.ts';

/**
 * - `STORE_STALE_EPOCH`: a change does not carry its session's epoch; `clientId` names the session
 * - `STORE_INVALID_CHANGE`: a change says something impossible, such as Packet Identifier 0; `change` is that one
 * - `STORE_FULL`: no room; the same commit may succeed later
 * - `STORE_CLOSED`: the store was closed
 * - `STORE_FAILED`: reading or writing failed, or a commit before this one was refused; `cause` says why, and `change`
 *   which change could not be applied, where it was one
 * - `STORE_IN_USE`: another process has the store's directory
 * - `STORE_READ_ONLY`: the directory or its files cannot be written
 * - `STORE_FORMAT`: the directory was written by a newer version
 */
export type StoreErrorCode =
  | 'STORE_STALE_EPOCH'
  | 'STORE_INVALID_CHANGE'
  | 'STORE_FULL'
  | 'STORE_CLOSED'
  | 'STORE_FAILED'
  | 'STORE_IN_USE'
  | 'STORE_READ_ONLY'
  | 'STORE_FORMAT';

/** For adapters: what becomes of a commit that was handed over behind a refused one. */
export function refusedBehind(cause: unknown): StoreError {
  return new StoreError('STORE_FAILED', 'A commit before this one was refused.', { cause });
}

/** A store did not do what it was asked; of a refused commit nothing was applied. */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
  readonly code: StoreErrorCode;
  /** The session that a refused change belongs to, where there is one. */
  readonly clientId: string | undefined;
  /** The change, as it was committed, without which the commit would not have been refused, where that is known. */
  readonly change: SessionChange | undefined;

  constructor(
    code: StoreErrorCode,
    message: string,
    options?: ErrorOptions & {
      readonly clientId?: string | undefined;
      readonly change?: SessionChange;
    },
  ) {
    super(message, options);
    this.code = code;
    this.clientId = options?.clientId;
    this.change = options?.change;
  }
}
