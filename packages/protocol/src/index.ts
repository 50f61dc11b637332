export { AckOutcome } from './ack-outcome.ts';
export { OutboundWindow } from './outbound-window.ts';
export { PacketIdentifiers } from './packet-identifiers.ts';
export { Qos2Receiver } from './qos2-receiver.ts';
export { ReceiveQuota } from './receive-quota.ts';
export { TopicAliasReceiver } from './topic-alias-receiver.ts';
export { TopicAliasSender } from './topic-alias-sender.ts';
export {
  clientPingDeadline,
  effectiveKeepAlive,
  pingResponseDeadline,
  serverKeepAliveDeadline,
} from './keep-alive.ts';
export { type AuthenticationPhase, EnhancedAuthentication } from './enhanced-authentication.ts';
export { ConnectionPhase, type Phase } from './connection-phase.ts';
