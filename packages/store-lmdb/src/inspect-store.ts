import { existsSync } from 'node:fs';
import { StoreError, type StoreSizes } from '@wellhead/session-store';
import { ByteReader } from './byte-reader.ts';
import { DataDirectory } from './data-directory.ts';
import { Database } from './database.ts';
import { queueBytes, readDelivery } from './delivery.ts';
import { readFanOut } from './fan-outs.ts';
import { keyRange, Kind, numberOfKey, usesKey } from './keys.ts';
import { loadState } from './load-state.ts';
import { readMessage } from './message-codec.ts';
import { readRetainedRow } from './retained.ts';
import { readSubscription, readWill } from './session-codec.ts';
import type { StoreState } from './store-state.ts';
import { verifyDataFile } from './verify-data-file.ts';

/** What a data directory holds. */
export interface StoreInfo extends StoreSizes {
  readonly directory: string;
  readonly format: number;
  readonly lastMessageId: number;
}

/** Looks into a data directory without changing it, also while a broker has it open. Rejects with a `StoreError` when it cannot be read. */
export async function inspectStore(directory: string): Promise<StoreInfo> {
  return withState(directory, (state, path, format, bytesOnDisk) => ({
    directory: path,
    format,
    lastMessageId: state.counters.lastMessageId,
    ...state.sizes(bytesOnDisk),
  }));
}

/**
 * Reads everything in a data directory without changing it, also while a broker has it open, and tells what does not
 * fit together; nothing when all is well.
 */
export async function checkStore(directory: string): Promise<readonly string[]> {
  const { dataFile } = new DataDirectory(directory);
  const reason = existsSync(dataFile) ? verifyDataFile(dataFile, Infinity) : undefined;
  if (reason !== undefined) return [`${dataFile}: ${reason}`];
  return withState(directory, (state) => new Check(state).run());
}

async function withState<T>(
  path: string,
  use: (state: StoreState, directory: string, format: number, bytesOnDisk: number) => T,
): Promise<T> {
  const directory = new DataDirectory(path);
  const { dataFile } = directory;
  if (!existsSync(dataFile)) {
    throw new StoreError('STORE_FAILED', `The directory ${directory.path} holds no store.`);
  }
  const format = directory.readFormat();
  const reason = typeof format === 'string' ? format : verifyDataFile(dataFile);
  if (typeof format !== 'object' || reason !== undefined) {
    throw new StoreError('STORE_FAILED', `The store in ${directory.path} is damaged: ${reason}.`);
  }
  const database = new Database({
    path: dataFile,
    waitsForDisk: !format.overlapping,
    readOnly: true,
  });
  try {
    return use(loadState(database), directory.path, format.format, database.usage().file);
  } catch (error) {
    throw directory.refusal(error);
  } finally {
    await database.close();
  }
}

/** Compares what is counted with what is there. */
class Check {
  readonly #state: StoreState;
  readonly #problems: string[] = [];
  readonly #uses = new Map<number, number>();
  readonly #rows = new Map<number, { deliveries: number; bytes: number }>();
  #retained = 0;

  constructor(state: StoreState) {
    this.#state = state;
  }

  run(): readonly string[] {
    const { contents, sessions } = this.#state;
    this.#each(Kind.subscription, ({ value }) => readSubscription(value));
    this.#each(Kind.will, ({ value }) => readWill(value));
    this.#each(Kind.fanOut, (row) => readFanOut(row));
    this.#each(Kind.queue, ({ key, value }) => this.#delivery(key, value));
    this.#each(Kind.retained, ({ value }) => this.#outline(value));
    for (const session of sessions.values()) {
      for (const part of [session.inFlight, session.waiting]) {
        for (const { released, messageId } of part?.values() ?? []) {
          if (!released) this.#use(messageId);
        }
      }
    }
    this.#each(Kind.message, ({ key, value }) => this.#message(numberOfKey(key), value));
    for (const content of contents.values()) this.#compareUses(content.messageId, content.uses);
    for (const messageId of this.#uses.keys()) this.#say(`message ${messageId} is missing`);
    this.#compareCounts();
    return this.#problems;
  }

  #each(kind: Kind, read: (row: { key: Buffer; value: Uint8Array }) => void): void {
    const { start, end } = keyRange(kind);
    for (const row of this.#state.database.range(start, end)) {
      try {
        read(row);
      } catch (error) {
        this.#say(`row ${row.key.toString('hex')}: ${String(error)}`);
      }
    }
  }

  #delivery(key: Buffer, value: Uint8Array): void {
    const sessionNumber = key.readUInt32BE(1);
    const delivery = readDelivery(new ByteReader(value));
    const { messageId, released } = delivery;
    if (!released) this.#use(messageId);
    const rows = this.#rows.get(sessionNumber) ?? { deliveries: 0, bytes: 0 };
    rows.deliveries++;
    rows.bytes += queueBytes(delivery);
    this.#rows.set(sessionNumber, rows);
  }

  #outline(value: Uint8Array): void {
    this.#use(readRetainedRow(value).messageId);
    this.#retained++;
  }

  #message(messageId: number, value: Uint8Array): void {
    readMessage(messageId, new ByteReader(value));
    const uses = this.#state.database.get(usesKey(messageId));
    this.#compareUses(messageId, uses === undefined ? 1 : new ByteReader(uses).varint());
  }

  #use(messageId: number): void {
    this.#uses.set(messageId, (this.#uses.get(messageId) ?? 0) + 1);
  }

  #compareUses(messageId: number, counted: number): void {
    const uses = this.#uses.get(messageId) ?? 0;
    this.#uses.delete(messageId);
    if (uses !== counted) this.#say(`message ${messageId} has ${uses} uses, not ${counted}`);
  }

  #compareCounts(): void {
    const { sessions, counters, removed } = this.#state;
    for (const session of sessions.values()) {
      const rows = this.#rows.get(session.number) ?? { deliveries: 0, bytes: 0 };
      this.#rows.delete(session.number);
      const same = rows.deliveries === session.rowDeliveries && rows.bytes === session.rowBytes;
      if (!same) this.#say(`the queue of "${session.clientId}" is not as long as it is said to be`);
    }
    for (const number of this.#rows.keys()) {
      if (!removed.has(number))
        this.#say(`there is a queue of a session ${number}, but no session`);
    }
    if (this.#retained !== counters.retained) {
      this.#say(`${this.#retained} retained messages are there, not ${counters.retained}`);
    }
  }

  #say(problem: string): void {
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push(problem);
  }
}

const MOST_PROBLEMS = 100;
