import type { Fate } from './fate.ts';

/** Output of one turn that waits for a commit, and those that follow it on the same connection. */
export interface HeldOutput {
  readonly commit: number;
  readonly chunks: readonly Uint8Array[];
  readonly promises: readonly PromisedPacket[];
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
