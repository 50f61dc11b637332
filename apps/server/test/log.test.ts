import { assert, property, string } from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { LogObserver } from '../src/log-observer.ts';
import { LogThrottle } from '../src/log-throttle.ts';
import { textLine } from '../src/text-line.ts';
import { fieldsOf } from './wellhead.ts';

test('a line of text says time, level, message and fields', () => {
  const json = {
    level: 'info',
    time: '2026-01-01T00:00:00.000Z',
    port: 1883,
    reason: 'no way',
    msg: 'listening',
  };
  const line = '2026-01-01T00:00:00.000Z info  listening port=1883 reason="no way"\n';
  expect(textLine(`${JSON.stringify(json)}\n`)).toBe(line);
});

test.each<[string, string, string]>([
  ['a new line', 'a\nb', '"a\\nb"'],
  ['an escape sequence', '\u001b[2J', '"\\u001b[2J"'],
  ['a control character of eight bits', 'a\u009bb', '"a\\u009bb"'],
  ['a line separator', 'a\u2028b', '"a\\u2028b"'],
  ['text that runs backwards', 'a\u202eb', '"a\\u202eb"'],
  ['a forged field', 'a level=error', '"a level=error"'],
  ['nothing', '', '""'],
  ['an ordinary identifier', 'plant-7/a_b', 'plant-7/a_b'],
])('%s in a Client Identifier stays within its field', (_what, clientId, expected) => {
  const line = textLine(JSON.stringify({ level: 'info', time: 't', msg: 'm', clientId }));
  expect(line).toBe(`t info  m clientId=${expected}\n`);
});

test('whatever a client is called, it is one line of printable text', () => {
  assert(
    property(string({ unit: 'binary' }), (clientId) => {
      const line = textLine(JSON.stringify({ level: 'info', time: 't', msg: clientId, clientId }));
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      expect(line.endsWith('\n')).toBe(true);
    }),
  );
});

test('a throttle lets a burst of each cause through, and counts the rest', () => {
  const throttle = new LogThrottle();
  const admitted = Array.from({ length: 100 }, () => throttle.admits('info', 'a', 3)).filter(
    Boolean,
  );
  expect(admitted.length).toBe(3);
  expect(throttle.admits('warn', 'b', 3)).toBe(true);
  expect(throttle.nextPeriod()).toEqual([{ level: 'info', cause: 'a', count: 97 }]);
  expect(throttle.nextPeriod()).toEqual([]);
  expect(throttle.admits('info', 'a', 3)).toBe(true);
});

test('a throttle remembers a bounded number of causes', () => {
  const throttle = new LogThrottle();
  const admitted = Array.from({ length: 10_000 }, (_, n) =>
    throttle.admits('info', `cause ${n}`, 3),
  ).filter(Boolean);
  expect(admitted.length).toBe(256 + 3);
  expect(throttle.nextPeriod()).toEqual([
    { level: 'info', cause: 'other', count: 10_000 - 256 - 3 },
  ]);
});

const client = {
  clientId: 'c',
  userName: undefined,
  protocolVersion: 5,
  remote: { address: '::1', port: 7, loopback: true, secure: false, transport: 'tcp' },
} as const;

function record(
  level: string,
  drive: (observer: LogObserver) => void,
): Readonly<Record<string, unknown>>[] {
  const lines: string[] = [];
  const log = pino(
    { level, base: null, timestamp: false },
    { write: (line) => void lines.push(line) },
  );
  using observer = new LogObserver(log);
  drive(observer);
  observer[Symbol.dispose]();
  return lines.map(fieldsOf);
}

test('a storm of refused connections costs a few lines', () => {
  const logged = record('info', (observer) => {
    for (let n = 0; n < 10_000; n++) observer.refused(client.remote, 0x87, 'no');
    observer.refused(client.remote, 0x81, 'malformed');
  });
  expect(logged.length).toBe(50 + 1 + 1);
  expect(logged.at(-1)).toMatchObject({ cause: 'connection refused 0x87', count: 9_950 });
  expect(logged[0]).toMatchObject({
    from: 'tcp:[::1]:7',
    reasonCode: '0x87',
    msg: 'connection refused',
  });
});

test.each<[string, string, (observer: LogObserver) => void, object[]]>([
  [
    'info',
    'a client',
    (o) => o.connected(client, { sessionPresent: true }),
    [{ clientId: 'c', version: '5.0' }],
  ],
  [
    'info',
    'its end',
    (o) => o.disconnected(client, 0x8d, 'late'),
    [{ reasonCode: '0x8D', reason: 'late' }],
  ],
  ['info', 'a subscription', (o) => o.subscribed(client, 'a/#', 1), []],
  [
    'debug',
    'a subscription',
    (o) => o.subscribed(client, 'a/#', 1),
    [{ topicFilter: 'a/#', qos: 1 }],
  ],
  ['debug', 'its end', (o) => o.unsubscribed(client, 'a/#'), [{ topicFilter: 'a/#' }]],
  [
    'warn',
    'a lost message',
    (o) => o.dropped('c', 't', 'queue-full'),
    [{ reason: 'queue-full', level: 40 }],
  ],
  ['info', 'an expired message', (o) => o.dropped('c', 't', 'expired'), []],
  [
    'error',
    'a fault',
    (o) => o.fault(new Error('torn'), 'store'),
    [{ error: 'Error: torn', where: 'store' }],
  ],
  ['error', 'no error at all', (o) => o.fault('odd', 'hook'), [{ error: 'odd', where: 'hook' }]],
])('at level %s, %s', (level, _what, drive, expected) => {
  expect(record(level, drive)).toEqual(expected.map((fields) => expect.objectContaining(fields)));
});
