import { expect, test } from 'vitest';
import type { SessionChange } from '@wellhead/session-store';
import { Session } from '../src/session.ts';
import { Turn } from '../src/turn.ts';

test('deliveries of one session that follow each other are one change of each kind', () => {
  const { turn, meter } = begin();
  for (const messageId of [7, 8, 9]) turn.recordSent(meter, messageId, messageId + 10);
  turn.recordSettled(meter, 5);
  turn.recordSent(meter, 11, 21);
  turn.recordSettled(meter, 6);
  expect(turn.takeChanges()).toEqual([
    { type: 'sent', ...METER, messageIds: [7, 8, 9, 11], packetIds: [17, 18, 19, 21] },
    { type: 'settled', ...METER, messageIds: [5, 6] },
  ]);
});

test('sent comes before released, and released before settled, whichever was first', () => {
  const { turn, meter } = begin();
  turn.recordSettled(meter, 1);
  turn.recordReleased(meter, 2);
  turn.recordSent(meter, 3, 13);
  turn.recordReleased(meter, 3);
  turn.recordSettled(meter, 3);
  expect(turn.takeChanges()).toEqual([
    { type: 'sent', ...METER, messageIds: [3], packetIds: [13] },
    { type: 'released', ...METER, messageIds: [2, 3] },
    { type: 'settled', ...METER, messageIds: [1, 3] },
  ]);
});

test('a change in between, another session, another epoch and a commit begin new ones', () => {
  const { turn, meter } = begin();
  const other = session('panel', 4);
  const between: SessionChange = { type: 'retained-cleared', topicName: 'a' };
  turn.recordSettled(meter, 1);
  turn.record(between);
  turn.recordSettled(meter, 2);
  turn.recordSettled(other, 3);
  meter.epoch++;
  turn.recordSettled(meter, 4);
  const first = turn.takeChanges();
  turn.recordSettled(meter, 5);
  expect(first).toEqual([
    { type: 'settled', ...METER, messageIds: [1] },
    between,
    { type: 'settled', ...METER, messageIds: [2] },
    { type: 'settled', clientId: 'panel', epoch: 4, messageIds: [3] },
    { type: 'settled', ...METER, epoch: 3, messageIds: [4] },
  ]);
  expect(turn.takeChanges()).toEqual([{ type: 'settled', ...METER, epoch: 3, messageIds: [5] }]);
});

const METER = { clientId: 'meter', epoch: 2 };

function begin(): { turn: Turn; meter: Session } {
  return { turn: new Turn(() => {}), meter: session('meter', 2) };
}

function session(clientId: string, epoch: number): Session {
  const made = new Session(clientId, () => {}, { queuedBytes: 0 });
  made.epoch = epoch;
  return made;
}
