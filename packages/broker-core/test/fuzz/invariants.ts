import type { ClientConnection } from '../../src/client-connection.ts';
import type { BrokerContext } from '../../src/context.ts';
import { deliverySize } from '../../src/message.ts';
import type { RetainedEntry } from '../../src/retained.ts';
import { Session } from '../../src/session.ts';
import { Subscription } from '../../src/subscription.ts';
import { matches } from './ledger.ts';
import type { Player } from './player.ts';
import { Violation, demand } from './violation.ts';

/** Looks at everything that must hold whenever a broker is at rest, whatever has happened to it. */
export function checkInside(player: Player): void {
  const { context } = player;
  checkRest(player);
  checkOwners(player);
  checkRoutes(context);
  checkDeadlines(player);
  checkRetained(player);
  for (const session of context.sessions) {
    checkQueue(player, session);
    checkProgress(player, session);
  }
  for (const connection of player.connections) checkConnection(player, connection);
  checkAnswers(player);
  if (player.store.unsettledCommits === 0 && !player.store.hasFailed) checkStore(player);
}

/** Everybody has gone, everything that expires has expired. */
export function checkNothingLeft(player: Player): void {
  const { context, store } = player;
  const { counters, deadlines, router, sessions } = context;
  const { deliveries, messages, retained, sessions: stored } = store.sizes();
  const left = {
    connections: player.connections.size,
    sessions: sessions.size,
    routes: router.size + router.sharedSize,
    deadlines: deadlines.size,
    underWay: context.underWay.bytes,
    counted: [
      counters.connections,
      counters.clientsConnected,
      counters.sessions,
      counters.subscriptions,
      counters.sharedSubscriptions,
    ].reduce((sum, count) => sum + Math.abs(count), 0),
    // of a session that has ended while the store refused, again and again, something may stay there
    stored: store.hasFailed ? 0 : stored,
    deliveries: store.hasFailed ? 0 : deliveries,
    messages: store.hasFailed ? 0 : messages - retained,
  };
  for (const [name, count] of Object.entries(left))
    demand(count === 0, 'left behind', () => `${count} ${name}`);
}

/** The turn has ended, and nobody is to be called again. */
function checkRest({ context: { turn }, store }: Player): void {
  // what failed comes first, and what stands for the rest waits with it
  const isPutOff = turn.retried.length > 0 && turn.later.length > 0;
  const mayWait = store.hasFailed && (store.waiting > 0 || isPutOff);
  const dirty = [...turn.dirty, ...turn.crowd].filter(({ gated }) => !(mayWait && gated));
  const left = {
    changes: mayWait ? 0 : turn.changes.length,
    dirty: dirty.length,
    continuing: turn.continuing.length,
    work: turn.work.length,
    // behind what is to be tried again, too
    reading: mayWait || turn.retried.length > 0 ? 0 : turn.reading.length,
  };
  for (const [name, count] of Object.entries(left))
    demand(count === 0, 'forgotten', () => `turn.${name} has ${count}, and the broker rests`);
}

function checkOwners({ connections, context }: Player): void {
  const { counters, sessions } = context;
  const owners = new Map<string, ClientConnection>();
  let connected = 0;
  for (const connection of connections) {
    const { session } = connection;
    if (session === undefined) continue;
    connected++;
    demand(connection.phase === 'connected' && connection.open, 'owner', () => {
      return `${session.clientId} is ${connection.phase}`;
    });
    demand(
      session.connection === connection && sessions.get(session.clientId) === session,
      'owner',
      () => {
        return `a connection thinks that it owns ${session.clientId}`;
      },
    );
    demand(!owners.has(session.clientId), 'owner', () => `two own ${session.clientId}`);
    owners.set(session.clientId, connection);
  }
  let subscriptions = 0;
  let queuedBytes = 0;
  for (const session of sessions) {
    const { behind, pending } = session;
    queuedBytes += session.queuedBytes;
    queuedBytes += (pending?.bytesAtQos0 ?? 0) + (behind?.bytesAtQos0 ?? 0);
    subscriptions += session.subscriptions?.size ?? 0;
    demand(!session.ended, 'owner', () => `${session.clientId} has ended and is kept`);
    const { connection } = session;
    demand(connection === undefined || owners.get(session.clientId) === connection, 'owner', () => {
      return `${session.clientId} is owned by a connection that is not there`;
    });
  }
  gauge('connections', counters.connections, connections.size);
  gauge('clientsConnected', counters.clientsConnected, connected);
  gauge('sessions', counters.sessions, sessions.size);
  gauge('subscriptions', counters.subscriptions, subscriptions);
  gauge('queuedBytes', counters.queuedBytes, queuedBytes);
}

function gauge(name: string, told: number, real: number): void {
  demand(told === real, 'gauge', () => `counters.${name} is ${told}, in truth ${real}`);
}

/** A route leads to those who subscribed, and nowhere else. */
function checkRoutes({ counters, router, sessions, topics }: BrokerContext): void {
  let plain = 0;
  let shared = 0;
  for (const session of sessions) {
    for (const { topicFilter, group, active } of session.subscriptions?.values() ?? []) {
      if (group === undefined) plain++;
      else shared++;
      demand(active, 'route', () => `${session.clientId} has ${topicFilter}, which is not active`);
    }
  }
  demand(router.size === plain && router.sharedSize === shared, 'route', () => {
    return `the index has ${router.size} and ${router.sharedSize}, sessions have ${plain} and ${shared}`;
  });
  gauge('sharedSubscriptions', counters.sharedSubscriptions, shared);
  for (const topic of TOPICS) {
    const { targets, groups } = router.route(topics.entry(topic));
    for (const { session } of targets) {
      demand(sessions.get(session.clientId) === session, 'route', () => {
        return `${topic} is routed to a session of ${session.clientId} that is gone`;
      });
    }
    const found = new Set(targets.map(({ session }) => session.clientId));
    for (const { clientId, subscriptions } of sessions) {
      const isMatch = [...(subscriptions?.values() ?? [])].some(
        ({ group, topicFilter }) => group === undefined && matches(topicFilter, topic),
      );
      demand(isMatch === found.has(clientId), 'route', () => {
        return `${topic} is ${isMatch ? 'not ' : ''}routed to ${clientId}`;
      });
    }
    for (const { members } of groups)
      for (const { session } of members)
        demand(sessions.get(session.clientId) === session, 'route', () => {
          return `${topic} is shared with a session of ${session.clientId} that is gone`;
        });
  }
}

function checkDeadlines({ connections, context, host, isFresh, store }: Player): void {
  let owned = 0;
  for (const timed of [...connections, ...context.sessions]) {
    if (timed.deadlineSlot >= 0) owned++;
    const isScheduled = timed.deadlineSlot >= 0;
    // a session that has expired may have to read what it leaves to its groups
    const isLeaving = 'leaving' in timed && timed.leaving !== undefined;
    const isExpiring = isLeaving || (store.waiting > 0 && timed.deadline <= host.now());
    const isRight = isScheduled === timed.deadline < Infinity || !isAlive(timed) || isExpiring;
    demand(isRight, 'timer', () => {
      return `a deadline at ${timed.deadline} in slot ${timed.deadlineSlot}`;
    });
    // the wheel turns each 100 ms
    const isDue = timed.deadlineSlot >= 0 && timed.deadline < host.now() - 300;
    demand(!isDue || isFresh, 'timer', () => {
      return `a deadline has been due since ${host.now() - timed.deadline} ms`;
    });
  }
  demand(context.deadlines.size === owned, 'timer', () => {
    return `the wheel has ${context.deadlines.size}, connections and sessions ${owned}`;
  });
}

function isAlive(timed: ClientConnection | Session): boolean {
  return 'phase' in timed ? timed.phase !== 'closed' : true;
}

function checkRetained({ context, ledger, store }: Player): void {
  const { counters, limits, retained } = context;
  const entries: RetainedEntry[] = [];
  for (const topicFilter of ['#', '$x']) {
    // the index is private: somebody subscribes who is nobody
    const nobody = new Session('', () => undefined, { queuedBytes: 0 });
    const subscription = new Subscription(nobody, { ...NOTHING_ASKED, topicFilter });
    retained.replay(nobody, subscription, Infinity);
    while (nobody.replays?.peek()?.cursor.next(1_000, entries) === true);
  }
  const bytes = entries.reduce((sum, { size }) => sum + size, 0);
  if (ledger.isWild) return; // any topic, that of other `$` trees among them
  gauge('retainedMessages', counters.retainedMessages, entries.length);
  gauge('retainedBytes', counters.retainedBytes, bytes);
  // a predecessor that comes back after a failure may find its place taken
  if (store.hasFailed) return;
  demand(entries.length <= limits.maximumRetainedMessages, 'limit', () => 'retained messages');
  demand(bytes <= limits.maximumRetainedBytes, 'limit', () => 'retained bytes');
}

function checkQueue({ context, store }: Player, session: Session): void {
  const { clientId, inMemory, pending, queuedBytes, queuedMessages, window } = session;
  let deliveries = 0;
  let bytes = 0;
  window?.forEach((_packetId, _qos, isReleased, delivery) => {
    if (delivery === undefined) return;
    deliveries++;
    if (!isReleased) bytes += deliverySize(delivery);
  });
  for (const delivery of [...(pending ?? []), ...(session.givingBack ?? [])]) {
    if (delivery.qos === 0) continue;
    deliveries++;
    bytes += deliverySize(delivery);
  }
  const told = () =>
    `${clientId} says ${queuedMessages} messages (${inMemory} in memory), ${queuedBytes} bytes; ` +
    `in memory are ${deliveries}, ${bytes} bytes`;
  demand(inMemory === deliveries, 'queue', told);
  demand(queuedMessages >= inMemory && queuedBytes >= bytes, 'queue', told);
  if (queuedMessages === inMemory && !session.isRestoring)
    demand(queuedBytes === bytes, 'queue', told);
  demand(session.durable || queuedMessages === inMemory, 'queue', told);
  const { maximumInflight, maximumQueuedBytes, maximumQueuedMessages } = context.limits;
  demand(queuedMessages <= maximumQueuedMessages + maximumInflight, 'limit', told);
  demand(queuedBytes <= maximumQueuedBytes + maximumInflight * 2_000, 'limit', told);
  const mayRead = store.waiting > 0 || context.turn.retried.length > 0;
  demand(!session.loading || mayRead, 'forgotten', () => `${clientId} reads without end`);
  demand(session.connection !== undefined || (window ?? pending) === undefined, 'queue', () => {
    return `${clientId} is absent and keeps messages in memory`;
  });
}

/** What waits has something to wait for. */
function checkProgress({ context, store }: Player, session: Session): void {
  const { clientId, connection, pending, window } = session;
  if (connection === undefined || store.waiting > 0 || connection.isBusy) return;
  // a queue is not read while changes of it may have to be tried again
  if (session.loading && context.turn.retried.length > 0) return;
  const quota = window?.quota ?? 1;
  const head = pending?.peek();
  const told = (what: string) => () => `${clientId}: ${what}, and it does not leave`;
  if (window?.resending === true) {
    demand(quota === 0, 'stuck', told('something is to be sent again'));
    return;
  }
  if (head !== undefined && (head.qos === 0 || quota > 0))
    throw new Violation('stuck', told(`m${head.message.messageId} waits`)());
  if (session.backlog > 0 && head === undefined)
    throw new Violation('stuck', told(`${session.backlog} wait in the store`)());
  if (session.behind !== undefined && session.behind.length > 0 && session.backlog === 0)
    demand(head !== undefined, 'stuck', told('QoS 0 waits behind nothing'));
  if (session.replays !== undefined && head === undefined && session.backlog === 0)
    throw new Violation('stuck', told('a retained message waits')());
}

function checkConnection({ context, store, hooks }: Player, connection: ClientConnection): void {
  const { client, decoder, held, link, phase, receiveQuota, session } = connection;
  const told = (what: string) => () => `${client?.clientId ?? 'a stranger'}: ${what}`;
  const { limits } = context;
  if (receiveQuota !== undefined && session !== undefined) {
    let counted = 0;
    for (const packetId of session.receiver?.ids() ?? [])
      if (session.receiver?.counted(packetId) === true) counted++;
    const { outstanding } = receiveQuota;
    const isAsked = hooks.waiting > 0 || store.waiting > 0 || context.fanOuts.has(session.clientId);
    demand(outstanding <= limits.receiveMaximum, 'receive maximum', told(`${outstanding}`));
    demand(
      outstanding === counted || (isAsked && outstanding >= counted),
      'receive maximum',
      () => {
        return `${client?.clientId} is said to have ${outstanding}, in truth ${counted}`;
      },
    );
  }
  const { window } = session ?? {};
  if (window !== undefined) {
    const maximum = Math.min(connection.receiveMaximum, limits.maximumInflight);
    demand(window.quota <= maximum, 'receive maximum', told(`quota ${window.quota}`));
  }
  if (store.waiting > 0 || hooks.waiting > 0) return;
  const isToBeTriedAgain = context.turn.retried.length > 0;
  const isPublishing = context.fanOuts.has(session?.clientId);
  // who published what is to be made anew waits for that
  const isToBeMadeAnew = context.turn.later.length > 0 && isPublishing;
  demand(
    held.length === 0 || isToBeTriedAgain,
    'forgotten',
    told('output waits for commits that are settled'),
  );
  // one answer to filters of several commits waits for all of them
  const isSubscribing = [...context.turn.retried, ...context.turn.changes].some(
    (change) =>
      (change.type === 'subscribed' || change.type === 'unsubscribed') &&
      change.clientId === session?.clientId,
  );
  const isHeldBack =
    isSubscribing ||
    (isPublishing && (isToBeTriedAgain || isToBeMadeAnew)) ||
    (isToBeTriedAgain && awaitsEnd(context, connection));
  demand(!decoder.paused || isHeldBack, 'forgotten', told('the rest of a chunk waits for nothing'));
  const isReadable = !connection.readingPaused || connection.congested || isHeldBack;
  demand(isReadable || phase === 'closed', 'forgotten', told('nobody reads from it'));
  demand(
    connection.congested || connection.outbox.bytes === 0,
    'forgotten',
    told('it has something to say'),
  );
  if (connection.congested)
    demand(link.pendingBytes > 0, 'forgotten', told('it is congested by nothing'));
  const pending = connection.outbox.bytes + link.pendingBytes;
  demand(pending <= limits.maximumPendingBytes + 2_000_000, 'limit', told(`${pending} bytes wait`));
}

/** What the session before it leaves to its groups is read behind what is to be tried again. */
function awaitsEnd({ sessions }: BrokerContext, { client, session }: ClientConnection): boolean {
  if (client === undefined || session !== undefined) return false;
  return sessions.get(client.clientId)?.leaving !== undefined;
}

/** Whoever reads has got an answer to everything. */
function checkAnswers({ hooks, ledger, peers, store }: Player): void {
  if (store.waiting > 0 || hooks.waiting > 0 || store.hasFailed) return;
  for (const {
    awaited,
    clientId,
    connect,
    isClosed,
    isHonest,
    isOpen,
    isPaused,
    isStale,
    pings,
    tap,
  } of peers) {
    if (isClosed || isPaused || isStale || tap.isOver || !isHonest) continue;
    demand(connect === undefined || isOpen, 'answer', () => `${clientId} got no CONNACK`);
    if (ledger.isWild || connect?.maximumPacketSize !== undefined) continue;
    const left = [...awaited.keys()];
    demand(left.length === 0 && pings === 0, 'answer', () => {
      return `${clientId} waits for ${left.join(', ')} and ${pings} PINGRESP`;
    });
  }
}

/** The store holds what the broker thinks that it holds. */
function checkStore({ context, store }: Player): void {
  const { inner } = store;
  const stored = inner.sizes();
  const durable = [...context.sessions].filter((session) => session.durable);
  const queued = durable.reduce((sum, { queuedMessages }) => sum + queuedMessages, 0);
  const told = (what: string, inStore: number, real: number) => {
    demand(inStore === real, 'store', () => `it has ${inStore} ${what}, the broker ${real}`);
  };
  const forWill = [...context.sessions].filter((session) => session.isStoredForWill);
  told('sessions', stored.sessions, durable.length + forWill.length);
  told('deliveries', stored.deliveries, queued);
  told('retained messages', stored.retained, context.counters.retainedMessages);
  for (const session of durable) {
    const queue = inner.readQueue(session.clientId, 0, 100_000);
    told(`messages of ${session.clientId}`, queue.length, session.queuedMessages);
    session.window?.forEach((packetId, _qos, isReleased, delivery) => {
      const messageId = delivery?.message.messageId;
      const one = queue.find((queuedOne) => queuedOne.packetId === packetId);
      const isSame = one?.message.messageId === messageId && one?.released === isReleased;
      demand(isSame || session.isRestoring, 'store', () => {
        return `${session.clientId} has message ${messageId} in flight as #${packetId}, the store ${one?.message.messageId}`;
      });
    });
  }
}

const NOTHING_ASKED = {
  qos: 0,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  subscriptionIdentifier: 0,
} as const;

/** The topics that steps publish to. */
export const TOPICS: readonly [string, ...string[]] = [
  'a',
  'a/b',
  'a/c',
  'b',
  'shared/a',
  'denied/a',
  '$x',
];
