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
  for (let i = 0; i < 5_000; i++)
    router.add(new Subscription(session, { topicFilter: '+', ...options }));
  const topics = new TopicTable<Route>();
  const entries = Array.from({ length: 500 }, (_, i) => topics.entry(`t${i}`));
  for (const entry of entries) expect(router.route(entry).targets).toHaveLength(1);
  const remembered = entries.filter(({ value }) => value !== undefined).length;
  expect(remembered).toBeGreaterThan(0);
  expect(remembered).toBeLessThanOrEqual(400);
});

test('messages on many topics wait with one list of Subscription Identifiers, while it is the same', () => {
  const router = new Router();
  const session = new Session('c', () => undefined, { queuedBytes: 0 });
  const subscribe = (topicFilter: string, subscriptionIdentifier: number): void =>
    router.add(new Subscription(session, { ...options, topicFilter, subscriptionIdentifier }));
  for (let i = 1; i <= 3; i++) subscribe('+', i);
  const topics = new TopicTable<Route>();
  const identifiers = (name: string): readonly number[] | undefined =>
    router.route(topics.entry(name)).targets[0]?.subscriptionIdentifiers;
  expect(identifiers('a')).toEqual([1, 2, 3]);
  expect(identifiers('b')).toBe(identifiers('a'));
  subscribe('c', 4);
  expect(identifiers('c')?.toSorted()).toEqual([1, 2, 3, 4]);
  expect(identifiers('d')).toEqual([1, 2, 3]);
});

test('routes to many shared groups are forgotten before they fill the memory', () => {
  const router = new Router();
  const session = new Session('c', () => undefined, { queuedBytes: 0 });
  for (let i = 0; i < 5_000; i++)
    router.add(new Subscription(session, { topicFilter: `$share/g${i}/+`, ...options }));
  const topics = new TopicTable<Route>();
  const entries = Array.from({ length: 500 }, (_, i) => topics.entry(`t${i}`));
  for (const entry of entries) expect(router.route(entry).groups).toHaveLength(5_000);
  const remembered = entries.filter(({ value }) => value !== undefined).length;
  expect(remembered).toBeGreaterThan(0);
  expect(remembered).toBeLessThanOrEqual(400);
});
