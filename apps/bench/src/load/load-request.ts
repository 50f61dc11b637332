import type { BenchCase } from '../bench-case.ts';
import type { Address } from './byte-channel.ts';

/** What a load generator is asked to do. */
export interface LoadRequest {
  readonly bench: BenchCase;
  readonly address: Address;
  /** Client Identifiers begin with it. */
  readonly prefix: string;
  /** The process that the broker was started as. */
  readonly brokerPid: number;
  /** Seconds of load before anything is measured, and while it is. */
  readonly warmUp: number;
  readonly seconds: number;
}

/** How a load gets at the request, and tells what it is doing. */
export interface LoadTask extends LoadRequest {
  readonly brokerPids: readonly number[];
  readonly progress: (what: string) => void;
}
