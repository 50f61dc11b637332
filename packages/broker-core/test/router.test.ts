import { TopicTable } from '@wellhead/codec';
import { expect, test } from 'vitest';
import { type Route, Router } from '../src/router.ts';
import { Session } from '../src/session.ts';
import { Subscription } from '../src/subscription.ts';

const options = {
  qos: 0,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  subscriptionIdentifier: 0,
} as const;

test('routes that are merged of many subscriptions are forgotten before they fill the memory', () => {
  const router = new Router();
  const session = new Session('c', () => undefined, { queuedBytes: 0 });
  for (let bits = 0; bits < 4_096; bits++) {
    const levels = Array.from({ length: 12 }, (_, at) => ((bits >> at) & 1 ? '+' : 'a'));
    router.add(new Subscription(session, { topicFilter: `${levels.join('/')}/+`, ...options }));
  }
  const topics = new TopicTable<Route>();
  const entries = Array.from({ length: 600 }, (_, i) => topics.entry(`${'a/'.repeat(12)}${i}`));
  for (const entry of entries) expect(router.route(entry).targets).toHaveLength(1);
  const remembered = entries.filter(({ value }) => value !== undefined).length;
  expect(remembered).toBeGreaterThan(0);
  expect(remembered).toBeLessThan(500);
});
