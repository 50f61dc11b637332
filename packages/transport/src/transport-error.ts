/**
 * - `TRANSPORT_ADDRESS_IN_USE`: another program, or listener, has the address
 * - `TRANSPORT_ADDRESS_UNAVAILABLE`: this machine does not have the address, or its name cannot be resolved
 * - `TRANSPORT_ACCESS_DENIED`: the process may not listen there
 * - `TRANSPORT_BAD_CERTIFICATE`: a certificate or key cannot be used
 * - `TRANSPORT_LISTEN_FAILED`: listening failed otherwise; `cause` says why
 * - `TRANSPORT_CONNECTION_LOST`: the connection broke without an orderly end
 * - `TRANSPORT_CLOSE_TIMEOUT`: the other end did not take the last bytes in time
 * - `TRANSPORT_FRAME_REFUSED`: the other end sent a WebSocket message that is not binary [MQTT-6.0.0-1], too large or broken
 */
export type TransportErrorCode =
  | 'TRANSPORT_ADDRESS_IN_USE'
  | 'TRANSPORT_ADDRESS_UNAVAILABLE'
  | 'TRANSPORT_ACCESS_DENIED'
  | 'TRANSPORT_BAD_CERTIFICATE'
  | 'TRANSPORT_LISTEN_FAILED'
  | 'TRANSPORT_CONNECTION_LOST'
  | 'TRANSPORT_CLOSE_TIMEOUT'
  | 'TRANSPORT_FRAME_REFUSED';

/** A listener could not listen, or a connection did not end in order. */
export class TransportError extends Error {
  override readonly name: string = 'TransportError';
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
