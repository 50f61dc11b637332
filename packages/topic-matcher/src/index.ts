export { match } from './match.ts';
export { RetainedIndex, type RetainedCursor } from './retained-index.ts';
export { parseSharedFilter, type SharedFilter } from './shared-filter.ts';
export { SubscriptionIndex } from './subscription-index.ts';
export type { TopicError, TopicErrorCode } from './topic-error.ts';
export {
  isTopicFilter,
  isTopicName,
  type TopicLimits,
  validateTopicFilter,
  validateTopicName,
} from './validation.ts';
