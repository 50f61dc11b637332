import type { BrokerContext } from './context.ts';
import { KEPT } from './fate.ts';
import { Message } from './message.ts';
import { publishMessage } from './publish.ts';
import type { Session } from './session.ts';
import type { Will } from './will.ts';
import { rightToWill } from './will-right.ts';
import { searchCost, workCost } from './work-cost.ts';

/** Publishes the Will of a session, if its client may: a Will is authorised like any publish, at the moment that it is published. */
export function publishWill(context: BrokerContext, session: Session, will: Will): void {
  const { observer } = context;
  const decide = (decision: unknown): void => {
    if (decision === true) publish(context, session, will);
    else observer.dropped?.(session.clientId, will.topicName, 'not-authorized');
  };
  const { client } = session;
  const decision = client === undefined || rightToWill(context, client, will);
  if (decision instanceof Promise)
    decision.then(decide).catch((error: unknown) => observer.fault?.(error, 'authorizer'));
  else if (decision !== undefined) decide(decision);
}

function publish(context: BrokerContext, session: Session, will: Will): void {
  const { ends, publication, router } = context;
  const before = router.steps;
  // nobody waits to hear what has become of it
  publishMessage(context, messageOf(context, session, will), session, KEPT);
  const receivers = publication.topic.value?.targets.length ?? 0;
  ends.spend(receivers + workCost.packet + searchCost(router.steps - before));
}

function messageOf(context: BrokerContext, session: Session, will: Will): Message {
  const { now } = context;
  const { messageExpiryInterval: interval } = will;
  return new Message(
    context.nextMessageId(),
    will.topicName,
    will.payload,
    will.qos,
    will.retain,
    will.properties,
    now,
    interval === undefined ? Infinity : now + interval * 1000,
    session.clientId,
  );
}
