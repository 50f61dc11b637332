import type { Target } from './publisher.ts';

/** Who subscribes to what and who publishes where. */
export interface Topology {
  readonly subscribers: readonly (readonly string[])[];
  readonly publishers: readonly (readonly Target[])[];
  /** A subscriber gets some of a publisher's messages only. */
  readonly gaps: boolean;
}
