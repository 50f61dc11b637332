import type { MessageRecord } from '@wellhead/session-store';
import { ByteReader } from './byte-reader.ts';
import { Content } from './delivery.ts';
import { messageKey, usesKey } from './keys.ts';
import { readMessage, writeMessage } from './message-codec.ts';
import type { StoreState } from './store-state.ts';

/** Somebody needs this message: the content if the journal has it, undefined if a row has. */
export function useMessage(state: StoreState, message: MessageRecord): Content | undefined {
  const { messageId } = message;
  const content = state.contents.get(messageId);
  if (content === undefined && hasRow(state, messageId)) {
    changeRowUses(state, messageId, 1);
    return undefined;
  }
  const used = content ?? addContent(state, message);
  used.uses++;
  return used;
}

/** Somebody needs a message no more; `size` is its bytes. */
export function unuseMessage(
  state: StoreState,
  content: Content | undefined,
  messageId: number,
  size: number,
): void {
  if (content?.entry) {
    content.uses--;
    if (content.uses === 0) endContent(state, content);
    return;
  }
  if (changeRowUses(state, messageId, -1) > 0) return;
  state.batch.remove(messageKey(messageId));
  state.counters.rowMessages--;
  state.counters.rowMessageBytes -= size;
}

function addContent(state: StoreState, message: MessageRecord): Content {
  const entry = state.journal.current;
  const content = new Content(message, entry);
  entry.contents.push(content);
  entry.live++;
  state.contents.set(content.messageId, content);
  state.contentBytes += content.size;
  return content;
}

/** Nobody needs a content of the journal any more. */
export function endContent(state: StoreState, content: Content): void {
  content.entry?.ended();
  content.entry = undefined;
  content.record = undefined;
  state.contents.delete(content.messageId);
  state.contentBytes -= content.size;
}

/** Gives a content of the journal a row. */
export function moveContentToRow(state: StoreState, content: Content): void {
  const { messageId, record, uses, size } = content;
  if (content.entry === undefined || record === undefined) return;
  writeMessage(record, state.writer);
  state.batch.put(messageKey(messageId), state.writer.take());
  if (uses > 1) putUses(state, messageId, uses);
  state.counters.rowMessages++;
  state.counters.rowMessageBytes += size;
  if (messageId > state.lastRowMessage) state.lastRowMessage = messageId;
  endContent(state, content);
}

/** A message, wherever it is; undefined when it is nowhere. */
export function findMessage(state: StoreState, messageId: number): MessageRecord | undefined {
  const content = state.contents.get(messageId);
  if (content) return content.record;
  const bytes = state.batch.get(messageKey(messageId));
  return bytes && readMessage(messageId, new ByteReader(bytes));
}

function hasRow(state: StoreState, messageId: number): boolean {
  return messageId <= state.lastRowMessage && state.batch.has(messageKey(messageId));
}

/** Gives how many there are now. A message with one use has no row for it. */
function changeRowUses(state: StoreState, messageId: number, change: 1 | -1): number {
  const bytes = state.hasUses ? state.batch.get(usesKey(messageId)) : undefined;
  const uses = (bytes === undefined ? 1 : new ByteReader(bytes).varint()) + change;
  if (uses > 1) putUses(state, messageId, uses);
  else if (bytes !== undefined) state.batch.remove(usesKey(messageId));
  return uses;
}

function putUses(state: StoreState, messageId: number, uses: number): void {
  state.hasUses = true;
  state.writer.varint(uses);
  state.batch.put(usesKey(messageId), state.writer.take());
}
