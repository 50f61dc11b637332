import { v5Cases } from './cases/v5/v5-cases.ts';
import { v3Cases } from './cases/v3/v3-cases.ts';
import type { ConformanceCase } from './conformance-case.ts';

/** The whole suite, 5.0 first, each version in the order of its specification. */
export const allCases: readonly ConformanceCase[] = [...v5Cases, ...v3Cases];
