import {
  type MessageRecord,
  plainMessage,
  type QueuedDelivery,
  type SessionStore,
} from '@wellhead/session-store';

/** Everything that a store can be asked, comparable with what another store says. */
export async function dump(store: SessionStore): Promise<unknown> {
  const sessions: Record<string, unknown> = {};
  for await (const session of store.load()) {
    const queue: unknown[] = [];
    for (let after = 0; ;) {
      const page = await store.readQueue(session.clientId, after, 7);
      queue.push(...page.map((queued) => plainDelivery(queued)));
      after = page.at(-1)?.position ?? after;
      if (page.length === 0) break;
    }
    const subscriptions = session.subscriptions.map(({ topicFilter }) => topicFilter).toSorted();
    const { will } = session;
    sessions[session.clientId] = {
      ...session,
      subscriptions,
      receivedPacketIds: [...session.receivedPacketIds],
      will: will && [will.publishAt, will.topicName],
      queue,
    };
  }
  const outlines: { topicName: string }[] = [];
  for await (const outline of store.loadRetained()) outlines.push({ ...outline });
  outlines.sort((a, b) => (a.topicName < b.topicName ? -1 : 1));
  const retained = await store.readRetained(outlines.map(({ topicName }) => topicName));
  const fanOuts: Record<number, unknown> = {};
  for await (const { message, next } of store.loadFanOuts())
    fanOuts[message.messageId] = { message: comparable(message), next };
  const { bytesOnDisk: _, ...sizes } = store.sizes();
  const lastMessageId = await store.lastMessageId();
  const messages = retained.map((message) => message && comparable(message));
  return { sessions, outlines, retained: messages, fanOuts, sizes, lastMessageId };
}

function plainDelivery(queued: QueuedDelivery): unknown {
  const { position: _, message, subscriptionIdentifiers: identifiers, ...rest } = queued;
  return {
    ...rest,
    identifiers: identifiers && [...identifiers],
    message: queued.released ? message.messageId : comparable(message),
  };
}

function comparable(message: MessageRecord): unknown {
  const { payload, properties } = message;
  return {
    ...plainMessage(message),
    payload: [...payload],
    properties: properties && [...properties],
  };
}
