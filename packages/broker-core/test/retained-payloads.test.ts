import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Message } from '../src/message.ts';
import { RetainedPayloads } from '../src/retained-payloads.ts';

test('payloads stay what they are, and at most half of the blocks is waste, whatever comes and goes', () => {
  const step = fc.record({ topic: fc.nat(300), length: fc.nat(1_200), goes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
      const payloads = new RetainedPayloads();
      const kept = new Map<number, { message: Message; text: string }>();
      for (const [number, { topic, length, goes }] of steps.entries()) {
        const previous = kept.get(topic);
        if (previous !== undefined) payloads.remove(previous.message);
        kept.delete(topic);
        if (goes) continue;
        const text = String(number).padEnd(length, '.');
        const message = messageOf(text);
        payloads.add(message);
        kept.set(topic, { message, text });
      }
      let shared = 0;
      for (const { message, text } of kept.values()) {
        expect(new TextDecoder().decode(message.payload)).toBe(text);
        if (message.payloadLength <= 1_024) shared += message.payloadLength;
      }
      expect(payloads.bytes).toBeLessThanOrEqual(2 * shared + 2 * 8_192);
    }),
  );
});

test('a message that went keeps its payload for those who still have it', () => {
  const payloads = new RetainedPayloads();
  const message = messageOf('first');
  payloads.add(message);
  payloads.remove(message);
  payloads.remove(message);
  for (let i = 0; i < 10_000; i++) payloads.add(messageOf('x'));
  expect(new TextDecoder().decode(message.payload)).toBe('first');
});

test('a view of a payload that moves stays what it was', () => {
  const payloads = new RetainedPayloads();
  const messages = Array.from({ length: 1_000 }, (_, i) => messageOf(String(i).padEnd(64, '.')));
  for (const message of messages) payloads.add(message);
  const views = messages.map(({ payload }) => payload);
  for (const [i, message] of messages.entries()) if (i % 3 > 0) payloads.remove(message);
  for (const [i, view] of views.entries()) {
    expect(new TextDecoder().decode(view)).toBe(String(i).padEnd(64, '.'));
    expect(messages[i]?.payload).toEqual(view);
  }
  expect(payloads.bytes).toBeLessThan(40_000);
});

function messageOf(text: string): Message {
  const payload = new TextEncoder().encode(text);
  return new Message(1, 't', payload, 0, true, undefined, 0, Infinity, undefined);
}
