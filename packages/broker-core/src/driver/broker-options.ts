import { TopicTable, type UntitledParts } from '@wellhead/codec';
import type { SessionStore } from '@wellhead/session-store';
import { MemorySessionStore } from '@wellhead/session-store/memory';
import type { BrokerContext } from '../context.ts';
import { BytesUnderWay } from '../bytes-under-way.ts';
import { BlockPool } from '../block-pool.ts';
import { Counters } from '../counters.ts';
import { Deadlines } from '../deadlines.ts';
import {
  type Authenticator,
  type Authorizer,
  type EnhancedAuthenticator,
  type Observer,
  loopbackAuthenticator,
  quietObserver,
} from '../hooks.ts';
import type { Host } from '../host.ts';
import { type BrokerLimits, resolveLimits } from '../options.ts';
import { Publication } from '../publication.ts';
import { RetainedMessages } from '../retained.ts';
import { type Route, Router } from '../router.ts';
import { SessionRegistry } from '../session-registry.ts';
import { SlabPool } from '../slab-pool.ts';
import { Turn } from '../turn.ts';
import { FanOuts } from '../fan-outs.ts';
import { EndShare } from '../end-share.ts';

export interface BrokerOptions {
  /** Where sessions, queues and retained messages are kept; the broker closes it. @default a memory store */
  readonly store?: SessionStore | undefined;
  /** @default anonymous clients from loopback only */
  readonly authenticator?: Authenticator | undefined;
  /** One for each Authentication Method of MQTT 5. @default none */
  readonly enhancedAuthenticators?: readonly EnhancedAuthenticator[] | undefined;
  /** @default everything is allowed, but for publishing to `$SYS` */
  readonly authorizer?: Authorizer | undefined;
  readonly observer?: Observer | undefined;
  readonly limits?: Partial<BrokerLimits> | undefined;
  /** Response Information for clients that ask for it. */
  readonly responseInformation?: string | undefined;
  /** A session belongs to the user who opened it; others are refused under its Client Identifier. @default true */
  readonly bindSessionsToUsers?: boolean | undefined;
  /** Seconds between two updates of `$SYS`; 0 publishes none. @default 10 */
  readonly sysInterval?: number | undefined;
  /** Time and scheduling. @default the system's */
  readonly host?: Host | undefined;
  /** Named in `$SYS/broker/version`. */
  readonly version?: string | undefined;
}

/** All parts of one broker. `wake` asks for the end of the turn. */
export function makeContext(options: BrokerOptions, host: Host, wake: () => void): BrokerContext {
  const limits = resolveLimits(options.limits);
  const { maximumTopicLength: maximumLength, maximumTopicLevels: maximumLevels } = limits;
  const topics = new TopicTable<Route>({ maximumLength, maximumLevels });
  const blocks = new BlockPool();
  const turn = new Turn(wake);
  const nextMessageId = (): number => ++context.lastMessageId;
  const context: BrokerContext = {
    limits,
    authenticator: options.authenticator ?? loopbackAuthenticator,
    enhancedAuthenticators: byMethod(options.enhancedAuthenticators ?? []),
    authorizer: options.authorizer ?? {},
    observer: quietObserver(options.observer ?? {}),
    responseInformation: options.responseInformation,
    bindSessionsToUsers: options.bindSessionsToUsers ?? true,
    store: options.store ?? new MemorySessionStore(),
    counters: new Counters(),
    topics,
    router: new Router(),
    publication: new Publication(topics.entry('$SYS'), blocks, nextMessageId),
    keptPublication: new Publication(topics.entry('$SYS'), blocks, nextMessageId),
    parts: noParts(),
    retained: new RetainedMessages(() => context),
    sessions: new SessionRegistry(() => context),
    deadlines: new Deadlines(host.now(), (error) => context.observer.fault?.(error, 'deadline')),
    turn,
    ends: new EndShare(() => context),
    fanOuts: new FanOuts(),
    slabs: new SlabPool(),
    underWay: new BytesUnderWay(limits),
    blocks,
    now: host.now(),
    clock: () => host.now(),
    lastMessageId: 0,
    nextMessageId,
    generateClientId: () => `auto-${globalThis.crypto.randomUUID()}`,
    closing: false,
  };
  return context;
}

function byMethod(
  authenticators: readonly EnhancedAuthenticator[],
): BrokerContext['enhancedAuthenticators'] {
  return new Map(authenticators.map((one) => [one.method, one]));
}

/** All fields from the beginning, so that the object keeps its shape. */
function noParts(): UntitledParts {
  return {
    qos: 0,
    dup: false,
    retain: false,
    payload: new Uint8Array(0),
    payloadFrom: 0,
    payloadTo: 0,
    properties: undefined,
    messageExpiryInterval: undefined,
    subscriptionIdentifiers: undefined,
    topicAlias: 0,
  };
}
