import type { QoS } from '@wellhead/codec';

/**
 * What a broker allows and promises. Every limit holds per broker unless it says otherwise, and the
 * ones that a client must know are announced in CONNACK.
 */
export interface BrokerLimits {
  /** Milliseconds from the opening of a Network Connection to its CONNECT. @default 10_000 */
  readonly connectTimeout: number;
  /** Largest CONNECT in bytes; judged from the fixed header. @default 163_840 */
  readonly maximumConnectSize: number;
  /** Largest packet accepted after CONNECT, in bytes, announced as Maximum Packet Size. @default 16_777_216 */
  readonly maximumPacketSize: number;
  /** Largest packet other than CONNECT and PUBLISH, and properties of a PUBLISH, in bytes: many small fields cost more than their bytes. @default 262_144 */
  readonly maximumRequestSize: number;
  /** Milliseconds that one packet may take to arrive, plus one second for each KiB of it. @default 10_000 */
  readonly packetTimeout: number;
  /** QoS 1 and 2 PUBLISH of one client that may await our acknowledgement, announced as Receive Maximum. @default 1024 */
  readonly receiveMaximum: number;
  /** QoS 1 and 2 PUBLISH to one client that may await its acknowledgement; its own Receive Maximum applies as well. @default 1024 */
  readonly maximumInflight: number;
  /** Topic Aliases that a client may set on its connection. @default 64 */
  readonly topicAliasMaximum: number;
  /** Topic Aliases that we set towards a client that allows them. @default 64 */
  readonly maximumOutboundTopicAliases: number;
  /** Highest QoS served. @default 2 */
  readonly maximumQoS: QoS;
  /** @default true */
  readonly retainAvailable: boolean;
  /** @default true */
  readonly wildcardSubscriptionAvailable: boolean;
  /** @default true */
  readonly subscriptionIdentifiersAvailable: boolean;
  /** @default true */
  readonly sharedSubscriptionAvailable: boolean;
  /** Largest Keep Alive in seconds; MQTT 5 clients that ask for more, or for none, are told this one. 0 leaves the choice to them. @default 0 */
  readonly maximumKeepAlive: number;
  /** Seconds; a longer Session Expiry Interval is cut to this. @default 0xFFFFFFFF (never expires) */
  readonly maximumSessionExpiryInterval: number;
  /** Seconds that the session of a 3.x client with Clean Session 0 outlives its connection. @default 604_800 (7 days) */
  readonly legacySessionExpiryInterval: number;
  /** Longest Client Identifier in characters. @default 1024 */
  readonly maximumClientIdLength: number;
  /** Levels of a Topic Name or Topic Filter. @default 128 */
  readonly maximumTopicLevels: number;
  /** UTF-8 bytes of a Topic Name or Topic Filter. @default 65_535 */
  readonly maximumTopicLength: number;
  /** Network Connections at a time. @default 100_000 */
  readonly maximumConnections: number;
  /** Network Connections from one address other than loopback. @default 5_000 */
  readonly maximumConnectionsPerAddress: number;
  /** Network Connections that have not been accepted by CONNACK yet. @default 20_000 */
  readonly maximumPendingConnections: number;
  /** The same from one address other than loopback. @default 1_000 */
  readonly maximumPendingConnectionsPerAddress: number;
  /** Sessions, connected or not. @default 1_000_000 */
  readonly maximumSessions: number;
  /** How often in a minute clients may take over each other's connection with one Client Identifier; then the one that is there stays. @default 60 */
  readonly takeOversPerMinute: number;
  /** Subscriptions of one session. @default 100_000 */
  readonly maximumSubscriptionsPerSession: number;
  /** Characters of the Topic Filters of one session, and 256 for each subscription. @default 33_554_432 */
  readonly maximumSubscriptionBytesPerSession: number;
  /** The same for all sessions together. @default 2_147_483_648 */
  readonly maximumSubscriptionBytes: number;
  /** Messages waiting for one session; in flight included, if it outlives its connection. @default 250_000 */
  readonly maximumQueuedMessages: number;
  /** Payload bytes waiting for one session, eight for each Subscription Identifier with them, and the characters of their Topic Names beyond 128. @default 268_435_456 */
  readonly maximumQueuedBytes: number;
  /** The same for all sessions together, at QoS 0 as well, a message counted for each; one that would have to wait beyond them is refused with 0x97. @default 4_294_967_296 */
  readonly maximumTotalQueuedBytes: number;
  /** Bytes that wait for one connection to read; above it QoS 0 messages for it are dropped. @default 16_777_216 */
  readonly maximumPendingBytes: number;
  /** The same for all connections together, those with up to 16 KiB left out. So much memory may packets take whose rest has not come: above it the one that has been arriving for longest ends its connection with 0x97. @default 536_870_912 */
  readonly maximumTotalPendingBytes: number;
  /** Milliseconds after which a connection that reads nothing of what waits for it is closed. @default 60_000 */
  readonly stalledTimeout: number;
  /** @default 1_000_000 */
  readonly maximumRetainedMessages: number;
  /** Payload bytes of all retained messages, and the characters of their Topic Names beyond 128. @default 1_073_741_824 */
  readonly maximumRetainedBytes: number;
  /** Work for one connection before the others get their turn, counted in deliveries of a short message: packets and filters cost some, and all connections together get a few of it. @default 20_000 */
  readonly deliveriesPerTurn: number;
}

export const defaultLimits: BrokerLimits = Object.freeze({
  connectTimeout: 10_000,
  maximumConnectSize: 163_840,
  maximumPacketSize: 16_777_216,
  maximumRequestSize: 262_144,
  packetTimeout: 10_000,
  receiveMaximum: 1024,
  maximumInflight: 1024,
  topicAliasMaximum: 64,
  maximumOutboundTopicAliases: 64,
  maximumQoS: 2,
  retainAvailable: true,
  wildcardSubscriptionAvailable: true,
  subscriptionIdentifiersAvailable: true,
  sharedSubscriptionAvailable: true,
  maximumKeepAlive: 0,
  maximumSessionExpiryInterval: 0xffff_ffff,
  legacySessionExpiryInterval: 604_800,
  maximumClientIdLength: 1024,
  maximumTopicLevels: 128,
  maximumTopicLength: 65_535,
  maximumConnections: 100_000,
  maximumConnectionsPerAddress: 5_000,
  maximumPendingConnections: 20_000,
  maximumPendingConnectionsPerAddress: 1_000,
  maximumSessions: 1_000_000,
  takeOversPerMinute: 60,
  maximumSubscriptionsPerSession: 100_000,
  maximumSubscriptionBytesPerSession: 33_554_432,
  maximumSubscriptionBytes: 2_147_483_648,
  maximumQueuedMessages: 250_000,
  maximumQueuedBytes: 268_435_456,
  maximumTotalQueuedBytes: 4_294_967_296,
  maximumPendingBytes: 16_777_216,
  maximumTotalPendingBytes: 536_870_912,
  stalledTimeout: 60_000,
  maximumRetainedMessages: 1_000_000,
  maximumRetainedBytes: 1_073_741_824,
  deliveriesPerTurn: 20_000,
});

/** Seconds value of "never expires" (MQTT 5.0 section 3.1.2.11.2). */
export const NEVER_EXPIRES = 0xffff_ffff;

/** The limits with defaults filled in. Throws `TypeError` naming the first limit that is out of range. */
export function resolveLimits(limits: Partial<BrokerLimits> = {}): BrokerLimits {
  const resolved: BrokerLimits = { ...defaultLimits, ...definedOnly(limits) };
  for (const [name, minimum, maximum] of RANGES) {
    const value = resolved[name];
    if (
      typeof value !== 'number' ||
      !Number.isInteger(value) ||
      value < minimum ||
      value > maximum
    ) {
      throw new TypeError(
        `limits.${name} must be an integer from ${minimum} to ${maximum}, not ${String(value)}`,
      );
    }
  }
  return Object.freeze(resolved);
}

function definedOnly(limits: Partial<BrokerLimits>): Partial<BrokerLimits> {
  for (const name of Object.keys(limits)) {
    if (!(name in defaultLimits)) throw new TypeError(`limits.${name} is not a limit`);
  }
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

const LARGE = Number.MAX_SAFE_INTEGER;
const RANGES: readonly (readonly [keyof BrokerLimits, number, number])[] = [
  ['connectTimeout', 1, LARGE],
  ['maximumConnectSize', 16, 268_435_460],
  ['maximumPacketSize', 16, 268_435_460],
  ['maximumRequestSize', 16, 268_435_460],
  ['packetTimeout', 1, LARGE],
  ['receiveMaximum', 1, 65_535],
  ['maximumInflight', 1, 65_535],
  ['topicAliasMaximum', 0, 65_535],
  ['maximumOutboundTopicAliases', 0, 65_535],
  ['maximumQoS', 0, 2],
  ['maximumKeepAlive', 0, 65_535],
  ['maximumSessionExpiryInterval', 0, NEVER_EXPIRES],
  ['legacySessionExpiryInterval', 1, NEVER_EXPIRES],
  ['maximumClientIdLength', 23, 65_535],
  ['maximumTopicLevels', 1, 65_536],
  ['maximumTopicLength', 1, 65_535],
  ['maximumConnections', 1, LARGE],
  ['maximumConnectionsPerAddress', 1, LARGE],
  ['maximumPendingConnections', 1, LARGE],
  ['maximumPendingConnectionsPerAddress', 1, LARGE],
  ['maximumSessions', 1, LARGE],
  ['takeOversPerMinute', 1, LARGE],
  ['maximumSubscriptionsPerSession', 1, LARGE],
  ['maximumSubscriptionBytesPerSession', 1, LARGE],
  ['maximumSubscriptionBytes', 1, LARGE],
  ['maximumQueuedMessages', 1, LARGE],
  ['maximumQueuedBytes', 1, LARGE],
  ['maximumTotalQueuedBytes', 1, LARGE],
  ['maximumPendingBytes', 1, LARGE],
  ['maximumTotalPendingBytes', 1, LARGE],
  ['stalledTimeout', 1, LARGE],
  ['maximumRetainedMessages', 0, LARGE],
  ['maximumRetainedBytes', 0, LARGE],
  ['deliveriesPerTurn', 1, LARGE],
];
