/**
 * What one connection's work counts for in its share of a turn, in deliveries of a message to a
 * subscriber (about a third of a microsecond each, so that the whole share is well below 10 ms). As
 * measured, rounded up: what matters is that nothing is free.
 */
export const workCost: Readonly<{
  publish: number;
  route: number;
  retain: number;
  acknowledgement: number;
  packet: number;
  filter: number;
  replay: number;
}> = Object.freeze({
  /** A PUBLISH, beside its receivers. */
  publish: 4,
  /** The same of a topic whose route has to be found. */
  route: 24,
  /** The same for one that is retained. */
  retain: 48,
  /** PUBACK and its kin, and PINGREQ. */
  acknowledgement: 4,
  /** Any other packet. */
  packet: 16,
  /** A filter of SUBSCRIBE or UNSUBSCRIBE. */
  filter: 20,
  /** One step of a retained message's replay: a message, or a few names looked at in vain. */
  replay: 4,
});
