import type { Database, RowWriter } from './database.ts';
import { COUNTERS_KEY, journalKey } from './keys.ts';
import { moveContentToRow } from './messages.ts';
import { moveDeliveryToRow } from './queues.ts';
import { purgeRemoved, writeSessions } from './sessions.ts';
import { RowBatch } from './row-batch.ts';
import type { StoreState } from './store-state.ts';

/** Before the commits of a transaction are applied. */
export function beginTransaction(state: StoreState): void {
  state.batch = new RowBatch(state.database);
  state.removable = state.removedAtOnce;
  if (state.removed.size > 0) purgeRemoved(state);
}

/**
 * After they were applied: brings the journal down to its limit and hands everything over in one write transaction.
 * Undefined when there is nothing to write.
 */
export function endTransaction(
  state: StoreState,
  database: Database,
  { journalLimit, frees }: { readonly journalLimit: number; readonly frees: boolean },
): Promise<void> | undefined {
  const { journal, counters, batch } = state;
  // making rows takes room: a transaction that frees some leaves it to others, within bounds
  shorten(state, frees ? 2 * journalLimit : journalLimit);
  const entry = journal.current;
  const bytes = journal.end();
  if (bytes === undefined) {
    for (const session of entry.received ?? []) batch.sessions.add(session);
  }
  writeSessions(state);
  counters.nextEntry = journal.current.number;
  const isSaved = counters.lastMessageId === state.savedMessageId;
  if (bytes === undefined && batch.isEmpty && isSaved) return undefined;
  state.savedMessageId = counters.lastMessageId;
  const change = (writer: RowWriter): void => {
    if (bytes !== undefined) writer.put(journalKey(entry.number), bytes);
    batch.writeTo(writer);
    writer.put(COUNTERS_KEY, counters.toBytes());
  };
  return database.write(change, { frees });
}

function shorten(state: StoreState, journalLimit: number): void {
  const { journal, batch } = state;
  for (;;) {
    const { first } = journal;
    if (first === undefined || (first.live > 0 && journal.weight <= journalLimit)) return;
    for (const content of first.contents) moveContentToRow(state, content);
    for (const delivery of first.deliveries) moveDeliveryToRow(state, delivery);
    for (const session of first.received ?? []) batch.sessions.add(session);
    batch.remove(journalKey(first.number));
    journal.removeFirst();
  }
}
