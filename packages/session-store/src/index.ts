export { checkChanges } from './check-changes.ts';
export { identifierBytes } from './identifier-bytes.ts';
export { messageBytes, nameBytes } from './message-bytes.ts';
export { plainMessage } from './plain-message.ts';
export type {
  DeliveryRecord,
  FanOutRecord,
  MessageRecord,
  QueuedDelivery,
  RetainedRecord,
  SessionRecord,
  StoreSizes,
  SubscriptionRecord,
  WillRecord,
} from './records.ts';
export type {
  Enqueued,
  FanOutCleared,
  FanOutSet,
  ReceiptReleased,
  Received,
  Released,
  RetainedCleared,
  RetainedSet,
  Sent,
  SessionChange,
  SessionClosed,
  SessionOpened,
  SessionRemoved,
  Settled,
  Subscribed,
  Unsubscribed,
  WillCleared,
  WillSet,
} from './session-change.ts';
export type { LoadOptions, SessionStore, StoreSupport } from './session-store.ts';
export { SteadyMap } from './steady-map.ts';
export { refusedBehind, StoreError, type StoreErrorCode } from './store-error.ts';
