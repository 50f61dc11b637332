import { Buffer } from 'node:buffer';

/** One thing that happened on a connection of a case. */
export interface TranscriptEntry {
  /** Milliseconds since the case began. */
  readonly at: number;
  /** Which connection of the case: `A`, `B`, … */
  readonly client: string;
  readonly direction: 'sent' | 'received' | 'event';
  /** The packet in words, or the event. */
  readonly text: string;
  /** The bytes in hexadecimal, cut after 128; empty for an event. */
  readonly hex: string;
}

/** Everything that the connections of a case sent and received, in order. */
export class Transcript {
  readonly entries: TranscriptEntry[] = [];
  readonly #start = performance.now();

  add(
    client: string,
    direction: TranscriptEntry['direction'],
    text: string,
    bytes?: Uint8Array,
  ): void {
    if (this.entries.length >= maximumEntries) return;
    const at = Math.round(performance.now() - this.#start);
    this.entries.push({ at, client, direction, text, hex: bytes ? hexOf(bytes) : '' });
  }
}

function hexOf(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, shownBytes));
  const digits = shown.toString('hex').replaceAll(/(..)(?=.)/g, '$1 ');
  return bytes.length > shownBytes ? `${digits} … (${bytes.length} bytes)` : digits;
}

const shownBytes = 128;
const maximumEntries = 400;
