import type { Metric } from '../metrics.ts';

/** What one run of a load against one broker has found. */
export interface LoadOutcome {
  readonly metrics: Metrics;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  /** Why the figures mean nothing, if so. */
  readonly failure?: string;
}

export type Metrics = { readonly [metric in Metric]?: number };
