import type { UserProperties } from '@wellhead/codec';
import type { BrokerContext } from './context.ts';
import type { Publication } from './publication.ts';

/**
 * What one connection's work counts for in its share of a turn, in deliveries of a message to a
 * subscriber (about a third of a microsecond each, so that the whole share is well below 10 ms). As
 * measured, rounded up: what matters is that nothing is free.
 */
export const workCost: Readonly<{
  publish: number;
  route: number;
  step: number;
  retain: number;
  acknowledgement: number;
  packet: number;
  filter: number;
  waiting: number;
  replay: number;
  stored: number;
  read: number;
  handOver: number;
  end: number;
  unroute: number;
}> = Object.freeze({
  /** A PUBLISH, beside its receivers. */
  publish: 4,
  /** The same of a topic whose route has to be found. */
  route: 24,
  /** One step of that search: somebody whose filters all match has many. */
  step: 0.5,
  /** The same for one that is retained. */
  retain: 48,
  /** PUBACK and its kin, and PINGREQ. */
  acknowledgement: 4,
  /** Any other packet. */
  packet: 16,
  /** A filter of SUBSCRIBE or UNSUBSCRIBE. */
  filter: 20,
  /** A message that waits, when what waits is looked through. */
  waiting: 1 / 32,
  /** One step of a retained message's replay: a message, or a few names looked at in vain. */
  replay: 4,
  /** A delivery that a durable store keeps, or is told of: its commit is part of the turn. */
  stored: 8,
  /** A delivery that comes from a store. */
  read: 4,
  /** A message that goes from one member of a group to another: rare, so that its code is mostly cold. */
  handOver: 20,
  /** The end of a connection, and that of a session, its Will and subscriptions left out. */
  end: 40,
  /** A subscription of a session that has ended. */
  unroute: 6,
});

/** What searches of `steps` steps cost: mostly none, since routes are remembered. */
export function searchCost(steps: number): number {
  return steps === 0 ? 0 : workCost.route + Math.ceil(steps * workCost.step);
}

/**
 * What a message costs that so many get: each copy of its payload as well, which the system makes if nobody
 * else does, and what the store is told of it.
 */
export function deliveryCost(
  context: BrokerContext,
  { deliveries, payloadLength }: Publication,
  receivers: number,
): number {
  const copies = 1 + Math.floor(payloadLength / BYTES_OF_A_DELIVERY);
  return receivers * copies + storedCost(context, deliveries?.length ?? 0);
}

/** What deliveries cost that the store is told of, beside what they cost by themselves. */
export function storedCost({ store }: BrokerContext, deliveries: number): number {
  return store.supports.durable ? deliveries * workCost.stored : 0;
}

/** What it has cost to read properties, of which there may be as many as a packet has room for. */
export function propertyCost(
  properties: { readonly userProperties?: UserProperties | undefined } | undefined,
): number {
  const { userProperties } = properties ?? {};
  return userProperties === undefined ? 0 : userProperties.length;
}

/** Bytes that are copied in the time of a delivery. */
const BYTES_OF_A_DELIVERY = 512;
