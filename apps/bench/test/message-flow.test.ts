import { expect, test } from 'vitest';
import { MessageFlow } from '../src/load/message-flow.ts';
import { Turn } from '../src/load/turn.ts';

const flowWith = (options: {
  isAcknowledged?: boolean;
  gaps?: boolean;
  turn?: Turn;
}): MessageFlow =>
  new MessageFlow({
    publishers: 1,
    subscribers: 2,
    window: 2,
    isAcknowledged: false,
    gaps: false,
    turn: new Turn(),
    ...options,
  });

test('a message makes room when everybody has it', () => {
  const flow = flowWith({});
  const completed: number[] = [];
  flow.completed = (publisher) => completed.push(publisher);
  flow.send(0, 0, 2, 0);
  expect(flow.room(0)).toBe(1);
  flow.deliver(0, 0, 0, 0);
  expect([flow.room(0), completed]).toEqual([1, []]);
  flow.deliver(1, 0, 0, 0);
  expect([flow.room(0), completed, flow.lost]).toEqual([2, [0], 0]);
});

test('at QoS 1 and 2 the acknowledgement belongs to it', () => {
  const flow = flowWith({ isAcknowledged: true });
  flow.send(0, 0, 1, 0);
  flow.deliver(0, 0, 0, 0);
  expect(flow.isEmpty).toBe(false);
  flow.acknowledge(0, flow.packetId(0));
  expect(flow.isEmpty).toBe(true);
});

test('it is known how long an acknowledgement took', () => {
  const turn = new Turn();
  const flow = flowWith({ isAcknowledged: true, turn });
  flow.isMeasuring = true;
  flow.send(0, 0, 1, 1000);
  turn.now = 1003;
  flow.acknowledge(0, flow.packetId(0));
  expect(flow.acknowledgement.percentile(0.99)).toBe(3);
});

test('what has not arrived is lost', () => {
  const flow = flowWith({});
  flow.send(0, 0, 2, 0);
  flow.send(0, 1, 2, 0);
  flow.deliver(0, 0, 1, 0);
  expect(flow.lost).toBe(3);
});

test('a message of a group that reaches two of its members is doubled', () => {
  const flow = flowWith({ gaps: true });
  flow.send(0, 0, 1, 0);
  flow.deliver(0, 0, 0, 0);
  flow.deliver(1, 0, 0, 0);
  expect([flow.checker.doubled, flow.lost]).toEqual([1, 0]);
});

test('nothing is sent after the end', () => {
  const flow = flowWith({});
  flow.isSending = false;
  expect(flow.room(0)).toBe(0);
});

test('a message that never arrived is not overwritten', () => {
  const flow = flowWith({});
  const sent = Array.from({ length: 1025 }, (_, sequence) => flow.send(0, sequence, 1, 0));
  expect(sent.indexOf(false)).toBe(1024);
});
