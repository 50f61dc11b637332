import { TransportError, type TransportErrorCode } from '@wellhead/transport';

/** Why listening failed, in words that name the place. */
export function listenError(place: string, cause: unknown): TransportError {
  const code = systemCode(cause);
  const [transportCode, reason] = KNOWN.get(code) ?? otherwise(code, cause);
  const advice = isPrivilegedPort(cause) ? ', as ports below 1024 need a privilege' : '';
  const message = `Cannot listen on ${place}: ${reason}${advice}.`;
  return new TransportError(transportCode, message, { cause });
}

/** The certificate or key for a place cannot be used. */
export function certificateError(place: string, cause: unknown): TransportError {
  const reason = reasonOf(cause);
  const [, words = ''] = TLS_REASONS.find(([pattern]) => pattern.test(reason)) ?? [];
  const said = words === '' ? reason : `${words} (${reason})`;
  const message = `Cannot use the certificate or key for ${place}: ${said}.`;
  return new TransportError('TRANSPORT_BAD_CERTIFICATE', message, { cause });
}

/** `EADDRINUSE` and its kin; empty for errors without one. */
export function systemCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

function isPrivilegedPort(cause: unknown): boolean {
  if (systemCode(cause) !== 'EACCES') return false;
  const port: unknown = cause instanceof Error && 'port' in cause ? cause.port : undefined;
  return typeof port === 'number' && port > 0 && port < 1024;
}

function otherwise(code: string, cause: unknown): [TransportErrorCode, string] {
  return ['TRANSPORT_LISTEN_FAILED', code || reasonOf(cause)];
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** What OpenSSL says, and what it means. */
const TLS_REASONS: readonly (readonly [RegExp, string])[] = [
  [/no start line/i, 'one of them is not PEM'],
  [/DECODER routines::unsupported/i, 'the key is not PEM, or of a kind that is not known'],
  [/key values mismatch/i, 'the key is that of another certificate'],
  [
    /bad decrypt|bad password|interrupted or cancelled|empty password/i,
    'the key is encrypted, and the passphrase is missing or wrong: give one, or decrypt the key',
  ],
];
const KNOWN: ReadonlyMap<string, readonly [TransportErrorCode, string]> = new Map([
  ['EADDRINUSE', ['TRANSPORT_ADDRESS_IN_USE', 'the address is in use']],
  ['EACCES', ['TRANSPORT_ACCESS_DENIED', 'permission denied']],
  ['EPERM', ['TRANSPORT_ACCESS_DENIED', 'permission denied']],
  ['ENOENT', ['TRANSPORT_LISTEN_FAILED', 'the folder does not exist']],
  ['EADDRNOTAVAIL', ['TRANSPORT_ADDRESS_UNAVAILABLE', 'this machine does not have the address']],
  ['ENOTFOUND', ['TRANSPORT_ADDRESS_UNAVAILABLE', 'the host name is unknown']],
  ['EAI_AGAIN', ['TRANSPORT_ADDRESS_UNAVAILABLE', 'the host name cannot be resolved now']],
]);
