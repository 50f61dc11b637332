import type { MessageRecord } from './records.ts';

/** Bytes that a message counts for in limits: its payload, its encoded properties and its {@link nameBytes}. */
export function messageBytes(message: MessageRecord): number {
  const { payload, properties, size, topicName } = message;
  return size ?? payload.length + (properties?.length ?? 0) + nameBytes(topicName);
}

/**
 * What a Topic Name counts for: its characters beyond the first 128. Up to there it is part of what any
 * message takes beside its content, which limits in numbers of messages bound.
 */
export function nameBytes(topicName: string): number {
  return Math.max(0, topicName.length - USUAL_LENGTH);
}

const USUAL_LENGTH = 128;
