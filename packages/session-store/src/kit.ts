import { commitCases } from './kit/commit-cases.ts';
import { crashCases } from './kit/crash-cases.ts';
import { fanOutCases } from './kit/fan-out-cases.ts';
import { historyCases } from './kit/history-cases.ts';
import { queueCases } from './kit/queue-cases.ts';
import { queueSizeCases } from './kit/queue-size-cases.ts';
import { retainedCases } from './kit/retained-cases.ts';
import { sessionCases } from './kit/session-cases.ts';
import { sharedCases } from './kit/shared-cases.ts';
import type { StoreCase } from './kit/store-case.ts';

export type { OpenStore, StoreCase } from './kit/store-case.ts';

/** The contract of `SessionStore`, case by case; their order means nothing. */
export const sessionStoreCases: readonly StoreCase[] = [
  ...sessionCases,
  ...queueCases,
  ...queueSizeCases,
  ...retainedCases,
  ...fanOutCases,
  ...commitCases,
  ...historyCases,
  ...crashCases,
  ...sharedCases,
];
