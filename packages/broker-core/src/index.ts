export { Broker, createBroker } from './driver/broker.ts';
export type { LocalSubscribeOptions } from './driver/host-program.ts';
export type { BrokerOptions } from './driver/broker-options.ts';
export type { LocalMessage } from './driver/local-message.ts';
export type { LocalSubscription, ReceivedMessage } from './driver/local-subscription.ts';
export { systemHost } from './driver/system-host.ts';
export type { Counters } from './counters.ts';
export { BrokerError, type BrokerErrorCode } from './errors.ts';
export {
  type AuthenticationAccepted,
  type AuthenticationExchange,
  type AuthenticationRefused,
  type AuthenticationResult,
  type AuthenticationStep,
  type Authenticator,
  type Authorizer,
  type ClientInfo,
  type ConnectRequest,
  type Decision,
  type DropReason,
  type EnhancedAuthenticator,
  type Observer,
  type PublishRequest,
  type SubscribeRequest,
  loopbackAuthenticator,
} from './hooks.ts';
export type { Host } from './host.ts';
export { type BrokerLimits, defaultLimits } from './options.ts';
// of other packages: what the types above are made of
export type { ProtocolVersion, PublishProperties, QoS, UserProperties } from '@wellhead/codec';
export type { SessionStore } from '@wellhead/session-store';
export type { Connection, Listener, ListeningAddress, RemoteAddress } from '@wellhead/transport';
