import type { QoS } from '@wellhead/codec';

export type MessageKind = 'plain' | 'will' | 'retained';

/** What becomes of a will: nobody knows yet, it must come, it must not. */
type WillDuty = 'may' | 'must' | 'must not';

/** One Application Message, and everything that is known of it. */
export interface Message {
  readonly number: number;
  readonly kind: MessageKind;
  readonly publisher: string;
  readonly topicName: string;
  readonly qos: QoS;
  /** Place in the order of its publisher and topic, from 1 on. */
  readonly sequence: number;
  /** Tick of the first attempt to send it. */
  readonly sentAt: number;
  /** Tick of the acknowledgement that made it the broker's; of a will, of the moment from which on it must come. */
  owedSince: number | undefined;
  /** The broker said that it did not take it. */
  refused: boolean;
  /** It was sent more than once. */
  isRepeated: boolean;
  duty: WillDuty | undefined;
  /** By name of subscriber, how often it came. */
  readonly deliveries: Map<string, number>;
  readonly history: string[];
}

/** What a payload begins with; the rest is padding. */
export function payloadOf(message: Message, length: number): Uint8Array {
  const text = `${message.number}:${message.sequence}:`;
  const filler = String(message.number % 10);
  return TEXT.encode(text.padEnd(Math.max(length, text.length), filler));
}

/** Reads a payload back, all of it; undefined when no message looks like this. */
export function readPayload(
  payload: Uint8Array,
): { readonly number: number; readonly sequence: number } | undefined {
  const [head, number, sequence, filler] = /^(\d+):(\d+):(\d)*$/.exec(UTF8.decode(payload)) ?? [];
  if (head === undefined) return undefined;
  const read = { number: Number(number), sequence: Number(sequence) };
  return filler === undefined || Number(filler) === read.number % 10 ? read : undefined;
}

const TEXT = new TextEncoder();
const UTF8 = new TextDecoder();
