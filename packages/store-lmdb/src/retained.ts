import { type MessageRecord, type RetainedRecord, messageBytes } from '@wellhead/session-store';
import { ByteReader } from './byte-reader.ts';
import { retainedKey } from './keys.ts';
import { findMessage, unuseMessage, useMessage } from './messages.ts';
import type { StoreState } from './store-state.ts';

/** Sets the retained message of a topic. Its bytes go where those of any other message go; its outline has a row. */
export function setRetained(state: StoreState, message: MessageRecord): void {
  const { messageId, topicName } = message;
  if (messageId > state.counters.lastMessageId) state.counters.lastMessageId = messageId;
  const previous = readRow(state, topicName);
  if (previous?.messageId !== messageId) {
    const content = useMessage(state, message);
    if (content) {
      content.isRetained = true;
      state.journal.retained(content);
    }
    if (previous) forget(state, previous);
    state.counters.retained++;
    state.counters.retainedBytes += messageBytes(message);
  }
  const { writer } = state;
  writer.varint(messageId);
  writer.float64(message.expiresAt);
  writer.varint(messageBytes(message));
  writer.string(topicName);
  state.batch.put(retainedKey(topicName), writer.take());
}

export function clearRetained(state: StoreState, topicName: string): void {
  const previous = readRow(state, topicName);
  if (previous === undefined) return;
  forget(state, previous);
  state.batch.remove(retainedKey(topicName));
}

export function findRetained(state: StoreState, topicName: string): MessageRecord | undefined {
  const outline = readRow(state, topicName);
  return outline && findMessage(state, outline.messageId);
}

export function readRetainedRow(bytes: Uint8Array): RetainedRecord {
  const from = new ByteReader(bytes);
  const messageId = from.varint();
  const expiresAt = from.float64();
  const size = from.varint();
  return { topicName: from.string(), messageId, expiresAt, size };
}

function readRow(state: StoreState, topicName: string): RetainedRecord | undefined {
  const bytes = state.batch.get(retainedKey(topicName));
  return bytes && readRetainedRow(bytes);
}

function forget(state: StoreState, { messageId, size }: RetainedRecord): void {
  const content = state.contents.get(messageId);
  if (content) {
    content.isRetained = false;
    state.journal.retained(content);
  }
  state.counters.retained--;
  state.counters.retainedBytes -= size;
  unuseMessage(state, content, messageId, size);
}
