import { type PacketType, ReasonCode, isReasonCodeAllowed } from '@wellhead/codec';

/**
 * A Reason Code that a hook or a limit asks for, if a server may put it in such a packet; otherwise the
 * nearest that it may: what a hook gets wrong must not make a packet that no client can read.
 */
export function permittedReasonCode(type: PacketType, reasonCode: number): number {
  if (
    reasonCode >= ReasonCode.UnspecifiedError &&
    isReasonCodeAllowed(type, reasonCode, 5, 'server')
  ) {
    return reasonCode;
  }
  return AUTHENTICATION_CODES.has(reasonCode)
    ? ReasonCode.NotAuthorized
    : ReasonCode.UnspecifiedError;
}

const AUTHENTICATION_CODES: ReadonlySet<number> = new Set([
  ReasonCode.BadUserNameOrPassword,
  ReasonCode.BadAuthenticationMethod,
  ReasonCode.Banned,
]);
