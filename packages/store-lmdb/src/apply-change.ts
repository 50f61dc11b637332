import type { SessionChange } from '@wellhead/session-store';
import { clearFanOut, setFanOut } from './fan-outs.ts';
import { willKey, subscriptionKey } from './keys.ts';
import { enqueue, release, send, settle } from './queues.ts';
import { clearRetained, setRetained } from './retained.ts';
import {
  openSession,
  receive,
  releaseReceipt,
  removeSession,
  setWill,
  subscribe,
} from './sessions.ts';
import type { StoreState } from './store-state.ts';
import type { StoredSession } from './stored-session.ts';

/** Applies a change that was checked: to memory, to the journal entry and to the batch of rows. */
export function applyChange(state: StoreState, change: SessionChange): void {
  switch (change.type) {
    case 'enqueued':
      return enqueue(state, change);
    case 'retained-set':
      return setRetained(state, change.message);
    case 'retained-cleared':
      return clearRetained(state, change.topicName);
    case 'fan-out-set':
      return setFanOut(state, change);
    case 'fan-out-cleared':
      return clearFanOut(state, change.messageId);
    case 'session-opened':
      return openSession(state, change);
    default: {
      const session = state.sessions.get(change.clientId);
      if (session) applyToSession(state, session, change);
    }
  }
}

type OfSession = Exclude<Extract<SessionChange, { clientId: string }>, { type: 'session-opened' }>;

function applyToSession(state: StoreState, session: StoredSession, change: OfSession): void {
  switch (change.type) {
    case 'settled':
      for (const messageId of change.messageIds) settle(state, session, messageId);
      return undefined;
    case 'sent':
      for (const [index, packetId] of change.packetIds.entries())
        send(state, session, change.messageIds[index] ?? 0, packetId);
      return undefined;
    case 'released':
      for (const messageId of change.messageIds) release(state, session, messageId);
      return undefined;
    case 'received':
      return receive(state, session, change.packetId);
    case 'receipt-released':
      return releaseReceipt(state, session, change.packetId);
    case 'subscribed':
      return subscribe(state, session, change);
    case 'unsubscribed':
      return state.batch.remove(subscriptionKey(session.number, change.topicFilter));
    case 'session-closed':
      session.closed(change);
      state.batch.sessions.add(session);
      return undefined;
    case 'session-removed':
      return removeSession(state, session);
    case 'will-set':
      return setWill(state, session, change);
    case 'will-cleared':
      return state.batch.remove(willKey(session.number));
  }
}
