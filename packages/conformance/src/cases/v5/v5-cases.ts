import type { ConformanceCase } from '../../conformance-case.ts';
import { pingCases } from './ping.ts';

/** Every case of MQTT 5.0, in the order of the specification. */
export const v5Cases: readonly ConformanceCase[] = [...pingCases];
