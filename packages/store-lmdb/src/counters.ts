import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

/** What the store counts: written with every commit, so that nothing is counted at start. */
export class Counters {
  lastMessageId = 0;
  /** Position of the delivery that was sent last. */
  lastSent = 0;
  /** The highest place at which a delivery ever waited. */
  lastPlace = 0;
  nextSession = 1;
  nextEntry = 1;
  /** Messages that have rows, and their bytes. */
  rowMessages = 0;
  rowMessageBytes = 0;
  retained = 0;
  retainedBytes = 0;

  static read(bytes: Uint8Array): Counters {
    const [counters, from] = [new Counters(), new ByteReader(bytes)];
    for (const field of FIELDS) counters[field] = from.varint();
    return counters;
  }

  toBytes(): Uint8Array {
    const writer = new ByteWriter(96);
    for (const field of FIELDS) writer.varint(this[field]);
    return writer.view();
  }
}

const FIELDS = [
  'lastMessageId',
  'lastSent',
  'lastPlace',
  'nextSession',
  'nextEntry',
  'rowMessages',
  'rowMessageBytes',
  'retained',
  'retainedBytes',
] as const;
