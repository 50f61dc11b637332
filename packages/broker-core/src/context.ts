import type { TopicTable, UntitledParts } from '@wellhead/codec';
import type { SessionStore } from '@wellhead/session-store';
import type { BlockPool } from './block-pool.ts';
import type { BytesUnderWay } from './bytes-under-way.ts';
import type { Counters } from './counters.ts';
import type { Deadlines } from './deadlines.ts';
import type { FanOuts } from './fan-outs.ts';
import type { Authenticator, Authorizer, EnhancedAuthenticator, Observer } from './hooks.ts';
import type { BrokerLimits } from './options.ts';
import type { Publication } from './publication.ts';
import type { RetainedMessages } from './retained.ts';
import type { Route, Router } from './router.ts';
import type { SessionRegistry } from './session-registry.ts';
import type { SlabPool } from './slab-pool.ts';
import type { Turn } from './turn.ts';
import type { EndShare } from './end-share.ts';

/** What the parts of one broker share. Made once, by the driver. */
export interface BrokerContext {
  readonly limits: BrokerLimits;
  readonly authenticator: Authenticator;
  readonly enhancedAuthenticators: ReadonlyMap<string, EnhancedAuthenticator>;
  readonly authorizer: Authorizer;
  readonly observer: Observer;
  readonly responseInformation: string | undefined;
  readonly bindSessionsToUsers: boolean;
  readonly store: SessionStore;
  readonly counters: Counters;
  readonly topics: TopicTable<Route>;
  readonly router: Router;
  readonly publication: Publication;
  /** Likewise for a kept message that goes to one session, which may happen while another is routed. */
  readonly keptPublication: Publication;
  /** What a kept message is encoded from, filled anew for each. */
  readonly parts: UntitledParts;
  readonly retained: RetainedMessages;
  readonly sessions: SessionRegistry;
  readonly deadlines: Deadlines;
  readonly turn: Turn;
  readonly ends: EndShare;
  readonly fanOuts: FanOuts;
  readonly slabs: SlabPool;
  readonly underWay: BytesUnderWay;
  /** For packets that arrive in pieces. */
  readonly blocks: BlockPool;
  /** Milliseconds, as of the event that is being handled. */
  now: number;
  /** Milliseconds, as of this moment. */
  clock(): number;
  /** The highest identifier that a kept message has. */
  lastMessageId: number;
  /** An identifier for one more message: it grows. */
  nextMessageId(): number;
  /** A client identifier that no session has. */
  generateClientId(): string;
  /** True from the beginning of `close()`. */
  closing: boolean;
}
