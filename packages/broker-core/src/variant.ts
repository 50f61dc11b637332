import type { ProtocolVersion, QoS } from '@wellhead/codec';

/** A number for each kind of packet that one message can become, below 36. */
export function variant(
  version: ProtocolVersion,
  qos: QoS,
  retain: boolean,
  alias: 0 | 1 | 2,
): number {
  return ((alias * 2 + (version === 5 ? 1 : 0)) * 3 + qos) * 2 + (retain ? 1 : 0);
}

/** The same Subscription Identifiers, in the same order. */
export function areSame(
  some: readonly number[] | undefined,
  others: readonly number[] | undefined,
): boolean {
  if (some === others) return true;
  if (some === undefined || others === undefined || some.length !== others.length) return false;
  for (let at = 0; at < some.length; at++) if (some[at] !== others[at]) return false;
  return true;
}
