import type { Fate } from './fate.ts';

/** Output of one turn that waits for a commit, and those that follow it on the same connection. */
export interface HeldOutput {
  readonly commit: number;
  readonly chunks: readonly Uint8Array[];
  readonly promises: readonly PromisedPacket[];
  /** The slab that the end of it is in, which nobody else uses: it goes back to the pool when all has left. */
  readonly slab: Uint8Array | undefined;
}

/** A packet in an outbox that tells a client of something that is to be kept. */
export interface PromisedPacket {
  readonly at: number;
  readonly length: number;
  readonly type: number;
  /** Of PUBACK, PUBREC, PUBREL and PUBCOMP; else 0. */
  readonly packetId: number;
  /** Says more about what becomes of it when its commit fails. */
  readonly fate: Fate | undefined;
}
