import type { ConformanceCase } from '../../conformance-case.ts';

/** Every case of MQTT 3.1 and 3.1.1, in the order of the specification. */
export const v3Cases: readonly ConformanceCase[] = [];
