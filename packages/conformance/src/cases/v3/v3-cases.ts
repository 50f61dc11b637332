import type { ConformanceCase } from '../../conformance-case.ts';
import { authenticationCases } from './authentication.ts';
import { connectRefusedCases } from './connect-refused.ts';
import { connectCases } from './connect.ts';
import { crossVersionCases } from './cross-version.ts';
import { dataCases } from './data.ts';
import { formatCases } from './format.ts';
import { identifierCases } from './identifiers.ts';
import { keepAliveCases } from './keep-alive.ts';
import { mqisdpCases } from './mqisdp.ts';
import { orderCases } from './order.ts';
import { pingDisconnectCases } from './ping-disconnect.ts';
import { publishCases } from './publish.ts';
import { qosCases } from './qos.ts';
import { retainCases } from './retain.ts';
import { retryCases } from './retry.ts';
import { sessionCases } from './session.ts';
import { sharedCases } from './shared-subscriptions.ts';
import { subscribeCases } from './subscribe.ts';
import { topicCases } from './topics.ts';
import { unsubscribeCases } from './unsubscribe.ts';
import { webSocketCases } from './websocket.ts';
import { willCases } from './will.ts';

/** Every case of MQTT 3.1.1 and 3.1, in the order of the specification. */
export const v3Cases: readonly ConformanceCase[] = [
  ...dataCases,
  ...formatCases,
  ...identifierCases,
  ...connectCases,
  ...connectRefusedCases,
  ...authenticationCases,
  ...sessionCases,
  ...willCases,
  ...keepAliveCases,
  ...publishCases,
  ...retainCases,
  ...subscribeCases,
  ...unsubscribeCases,
  ...pingDisconnectCases,
  ...qosCases,
  ...retryCases,
  ...orderCases,
  ...topicCases,
  ...webSocketCases,
  ...sharedCases,
  ...crossVersionCases,
  ...mqisdpCases,
];
