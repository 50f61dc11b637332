/** - `BROKER_CLOSED`: the broker is closed, or closing
 *  - `BROKER_QUOTA`: a limit of the broker leaves no room
 *  - `BROKER_STORE`: the store has refused what was to be kept */
export type BrokerErrorCode = 'BROKER_CLOSED' | 'BROKER_QUOTA' | 'BROKER_STORE';

/** A request of the host program that the broker cannot serve. */
export class BrokerError extends Error {
  override readonly name: string = 'BrokerError';
  readonly code: BrokerErrorCode;

  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
