import type { ConformanceCase } from '../../conformance-case.ts';
import { acknowledgementCases } from './acknowledgements.ts';
import { authCases } from './auth.ts';
import { clientLimitCases } from './client-limits.ts';
import { connackCases } from './connack.ts';
import { connectRefusedCases } from './connect-refused.ts';
import { connectCases } from './connect.ts';
import { dataCases } from './data.ts';
import { disconnectCases } from './disconnect.ts';
import { errorCases } from './errors.ts';
import { flowControlCases } from './flow-control.ts';
import { identifierCases } from './identifiers.ts';
import { keepAliveCases } from './keep-alive.ts';
import { messageExpiryCases } from './message-expiry.ts';
import { pingCases } from './ping.ts';
import { publishCases } from './publish.ts';
import { qosCases } from './qos.ts';
import { redeliveryCases } from './redelivery.ts';
import { retainCases } from './retain.ts';
import { sessionCases } from './session.ts';
import { sharedSubscriptionCases } from './shared-subscriptions.ts';
import { subscribeCases } from './subscribe.ts';
import { subscriptionIdentifierCases } from './subscription-identifiers.ts';
import { topicAliasCases } from './topic-alias.ts';
import { topicCases } from './topics.ts';
import { unsubscribeCases } from './unsubscribe.ts';
import { webSocketCases } from './websocket.ts';
import { willCases } from './will.ts';

/** Every case of MQTT 5.0, in the order of the specification. */
export const v5Cases: readonly ConformanceCase[] = [
  ...dataCases,
  ...identifierCases,
  ...connectCases,
  ...connectRefusedCases,
  ...sessionCases,
  ...willCases,
  ...keepAliveCases,
  ...clientLimitCases,
  ...connackCases,
  ...publishCases,
  ...retainCases,
  ...messageExpiryCases,
  ...topicAliasCases,
  ...acknowledgementCases,
  ...subscribeCases,
  ...subscriptionIdentifierCases,
  ...unsubscribeCases,
  ...pingCases,
  ...disconnectCases,
  ...authCases,
  ...qosCases,
  ...redeliveryCases,
  ...topicCases,
  ...sharedSubscriptionCases,
  ...flowControlCases,
  ...errorCases,
  ...webSocketCases,
];
