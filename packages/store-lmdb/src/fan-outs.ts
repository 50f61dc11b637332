import type { FanOutRecord } from '@wellhead/session-store';
import { ByteReader } from './byte-reader.ts';
import type { StoredRow } from './database.ts';
import { fanOutKey, numberOfKey } from './keys.ts';
import { readMessage, writeMessage } from './message-codec.ts';
import type { StoreState } from './store-state.ts';

/** Says how far a message has come. There are few such rows, and each has its message whole. */
export function setFanOut(state: StoreState, { message, next }: FanOutRecord): void {
  const { messageId } = message;
  if (messageId > state.counters.lastMessageId) state.counters.lastMessageId = messageId;
  state.writer.varint(next);
  writeMessage(message, state.writer);
  state.batch.put(fanOutKey(messageId), state.writer.take());
}

export function clearFanOut(state: StoreState, messageId: number): void {
  state.batch.remove(fanOutKey(messageId));
}

export function readFanOut({ key, value }: StoredRow): FanOutRecord {
  const from = new ByteReader(value);
  const next = from.varint();
  return { next, message: readMessage(numberOfKey(key), from) };
}
