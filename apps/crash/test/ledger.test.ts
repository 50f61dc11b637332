import { expect, test } from 'vitest';
import { Chronicle } from '../src/chronicle.ts';
import { Findings } from '../src/findings.ts';
import { Ledger, type LedgerSubscriber } from '../src/ledger.ts';
import { type Message, payloadOf, readPayload } from '../src/message.ts';
import { RetainedLedger } from '../src/retained-ledger.ts';
import { matches } from '../src/subscription-ledger.ts';

interface Books {
  readonly findings: Findings;
  readonly ledger: Ledger;
  readonly subscriber: LedgerSubscriber;
  readonly send: () => Message;
  readonly take: (message: Message) => void;
  readonly bring: (message: Message, qos?: 1 | 2) => void;
}

/** A subscriber with an acknowledged subscription to `t/#`. */
function books(): Books {
  const findings = new Findings();
  const chronicle = new Chronicle();
  const ledger = new Ledger(chronicle, findings);
  const subscriber = ledger.addSubscriber('s');
  const span = subscriber.subscriptions.begin('t/#', 2, chronicle.tick());
  span.acknowledgedAt = chronicle.tick();
  return {
    findings,
    ledger,
    subscriber,
    send: () => ledger.compose('plain', 'p', 't/1', 2),
    take: (message) => ledger.acknowledged(message, 'PUBREC'),
    bring: (message, qos = 2) =>
      ledger.delivered(subscriber, message.topicName, payloadOf(message, 0), qos),
  };
}

test.each<[string, (books: Books) => void, string[]]>([
  ['nothing happens', () => {}, []],
  [
    'a message comes once',
    ({ send, take, bring }) => {
      const message = send();
      take(message);
      bring(message);
    },
    [],
  ],
  [
    'an acknowledged message does not come',
    ({ send, take }) => take(send()),
    ['lost', 'subscriptions gone'],
  ],
  [
    'one between others does not come',
    ({ send, take, bring }) => {
      const [first, second] = [send(), send()];
      take(first);
      take(second);
      bring(second);
    },
    ['lost'],
  ],
  ['one that was not acknowledged does not come', ({ send }) => void send(), []],
  ['a refused one does not come', ({ send, ledger }) => ledger.refused(send(), 'PUBREC 0x97'), []],
  [
    'a message comes twice at QoS 2',
    ({ send, bring }) => {
      const message = send();
      bring(message);
      bring(message);
    },
    ['doubled at QoS 2'],
  ],
  [
    'a message comes twice at QoS 1',
    ({ send, bring }) => {
      const message = send();
      bring(message, 1);
      bring(message, 1);
    },
    [],
  ],
  [
    'the second comes before the first',
    ({ send, bring }) => {
      const [first, second] = [send(), send()];
      bring(second);
      bring(first);
    },
    ['out of order'],
  ],
  [
    'a message comes again at QoS 2 when it was forgotten',
    ({ send, take, bring, ledger }) => {
      const message = send();
      take(message);
      bring(message);
      ledger.settle();
      bring(message);
    },
    ['doubled at QoS 2'],
  ],
  [
    'a message comes to one who had unsubscribed before it was sent',
    ({ send, bring, subscriber, ledger }) => {
      for (const span of subscriber.subscriptions.spans) {
        span.unsubscribedAt = ledger.chronicle.tick();
        span.overAt = ledger.chronicle.tick();
      }
      bring(send());
    },
    ['subscriptions back again'],
  ],
  [
    'a will that is due does not come',
    ({ ledger }) => ledger.willIsDue(ledger.compose('will', 'w', 't/w', 1), 'no delay'),
    ['wills lost', 'subscriptions gone'],
  ],
  [
    'a will comes after a goodbye',
    ({ ledger, bring }) => {
      const will = ledger.compose('will', 'w', 't/w', 1);
      bring(will);
      ledger.willIsVoid(will, 'a goodbye');
    },
    ['wills unwarranted'],
  ],
])('%s', (_what, happen, expected) => {
  const all = books();
  happen(all);
  all.ledger.settle();
  const found = [...all.findings.counts].filter(([, count]) => count > 0).map(([kind]) => kind);
  expect(new Set(found)).toEqual(new Set(expected));
});

test.each<[string, (string | undefined)[], boolean]>([
  ['acknowledged', ['a'], true],
  ['what was before it', ['a', 'a'], false],
])('retained: the last of %s', (_what, states, isRight) => {
  const { findings, ledger } = books();
  const retained = new RetainedLedger(findings);
  const sent = states.map(() => {
    const message = ledger.compose('retained', 'p', 'r/1', 1);
    retained.sent(message, false);
    ledger.acknowledged(message, 'PUBACK');
    return message;
  });
  const [first] = sent;
  if (first === undefined) throw new Error('one was sent');
  retained.judge(new Map([['r/1', payloadOf(first, 0)]]));
  expect(findings.total).toBe(isRight ? 0 : 1);
});

test('retained: one that was not acknowledged may be there or not, a refused one may not', () => {
  const { findings, ledger } = books();
  const retained = new RetainedLedger(findings);
  const [taken, open, refused] = [1, 2, 3].map(() => {
    const message = ledger.compose('retained', 'p', 'r/1', 1);
    retained.sent(message, false);
    return message;
  }) as [Message, Message, Message]; // three numbers make three messages
  ledger.acknowledged(taken, 'PUBACK');
  ledger.refused(refused, 'PUBACK 0x97');
  const isWrong = (message: Message | undefined): boolean =>
    retained.wrong(new Map(message && [['r/1', payloadOf(message, 0)]])).size > 0;
  expect([taken, open, refused, undefined].map(isWrong)).toEqual([false, false, true, true]);
});

test('a payload says whose it is, and shows when it was altered', () => {
  const message = books().send();
  expect(readPayload(payloadOf(message, 0))).toEqual({ number: 1, sequence: 1 });
  expect(readPayload(payloadOf(message, 100))).toEqual({ number: 1, sequence: 1 });
  expect(readPayload(new TextEncoder().encode('1:1:2'))).toBeUndefined();
});

test.each([
  ['a/#', 'a', true],
  ['a/#', 'a/b/c', true],
  ['a/+', 'a/b', true],
  ['a/+', 'a/b/c', false],
  ['a/b', 'a/b', true],
  ['a/b', 'a', false],
])('%s and %s', (topicFilter, topicName, isMatch) => {
  expect(matches(topicFilter, topicName)).toBe(isMatch);
});
