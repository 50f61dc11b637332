import type { ProtocolVersion, QoS } from '@wellhead/codec';
import type { BrokerLimits } from '../../src/index.ts';

/**
 * One thing that clients, the network, the store, the hooks or the clock do. Steps are data and name
 * nothing that other steps have made: a sequence stays meaningful whatever is taken out of it, and a
 * step that has nothing to act on does nothing.
 */
export type Step = (
  | ConnectStep
  | PublishStep
  /** A connection that says nothing. */
  | { readonly do: 'dial'; readonly slot: number }
  | {
      readonly do: 'burst';
      readonly slot: number;
      readonly topic: string;
      readonly qos: QoS;
      readonly count: number;
    }
  /** An unfinished exchange of the client's own, once more: PUBLISH with DUP, or PUBREL. */
  | { readonly do: 'repeat'; readonly slot: number; readonly which: number }
  /** The acknowledgement that is due for something received. */
  | {
      readonly do: 'answer';
      readonly slot: number;
      readonly which: number;
      readonly code?: number;
    }
  | { readonly do: 'answer-all'; readonly slot: number }
  /** An acknowledgement, due or not. */
  | {
      readonly do: 'acknowledge';
      readonly slot: number;
      readonly type: 4 | 5 | 6 | 7;
      readonly packetId: number;
      readonly code?: number;
    }
  | {
      readonly do: 'subscribe';
      readonly slot: number;
      readonly filters: readonly FilterStep[];
      readonly id?: number;
    }
  | { readonly do: 'unsubscribe'; readonly slot: number; readonly filters: readonly string[] }
  | { readonly do: 'ping'; readonly slot: number }
  | { readonly do: 'auth'; readonly slot: number; readonly code: number }
  | {
      readonly do: 'disconnect';
      readonly slot: number;
      readonly code: number;
      readonly expiry?: number;
    }
  /** The connection ends: both ends notice, or (`cut`) neither does. */
  | { readonly do: 'vanish' | 'cut'; readonly slot: number }
  /** The client stops or goes on reading. */
  | { readonly do: 'pause' | 'resume'; readonly slot: number }
  | { readonly do: 'bytes'; readonly slot: number; readonly hex: string }
  | { readonly do: 'advance' | 'jump'; readonly ms: number }
  /** The store's oldest answers are given. */
  | { readonly do: 'settle'; readonly count: number }
  /** The store refuses its next commits. */
  | { readonly do: 'fail'; readonly count: number }
  | { readonly do: 'hooks'; readonly mode: HookMode }
  /** A hook's answer is given. */
  | { readonly do: 'decide'; readonly which: number; readonly value: boolean | 'reject' }
  | {
      readonly do: 'local';
      readonly topic: string;
      readonly qos: QoS;
      readonly retain?: true;
    }
  /** Bytes arrive, but the broker's turn does not end. */
  | { readonly do: 'pump' }
  /** Bytes arrive and one turn ends, and what comes of it; with an answer of the store, or without. */
  | { readonly do: 'turn'; readonly settle?: true }
  /** The broker dies and another one starts with its store. */
  | { readonly do: 'crash' }
) & {
  /** The next step comes in the same turn. */
  readonly and?: true;
};

export interface ConnectStep {
  readonly do: 'connect';
  readonly slot: number;
  readonly id: string;
  readonly version: ProtocolVersion;
  readonly clean?: true;
  /** Seconds, MQTT 5. */
  readonly expiry?: number;
  readonly keepAlive?: number;
  readonly receiveMaximum?: number;
  readonly maximumPacketSize?: number;
  readonly aliases?: number;
  readonly will?: WillStep;
  readonly user?: string;
  /** By enhanced authentication. */
  readonly auth?: true;
  /** Seed of the sizes of pieces that bytes arrive in. */
  readonly split?: number;
  readonly highWaterMark?: number;
}

interface WillStep {
  readonly topic: string;
  readonly qos: QoS;
  readonly retain?: true;
  readonly delay?: number;
}

export interface PublishStep {
  readonly do: 'publish';
  readonly slot: number;
  readonly topic: string;
  readonly qos: QoS;
  readonly retain?: true;
  /** Bytes of payload; 0 clears a retained message. */
  readonly size?: number;
  readonly expiry?: number;
  readonly alias?: number;
  /** The alias alone names the topic. */
  readonly aliased?: true;
  /** Instead of one that is free. */
  readonly packetId?: number;
}

export interface FilterStep {
  readonly filter: string;
  readonly qos: QoS;
  readonly noLocal?: true;
  readonly asPublished?: true;
  readonly handling?: 1 | 2;
}

export type HookMode = 'at-once' | 'later' | 'throw';

/** `at-once` and `later` say when commits and reads are answered; the latter two are durable, and `in-order` takes effect when it answers. */
export type StoreMode = 'at-once' | 'later' | 'in-order';

export interface FuzzCase {
  readonly store: StoreMode;
  readonly limits: Partial<BrokerLimits>;
  readonly steps: readonly Step[];
}

/** As it is written into `regressions.ts`. */
export function printCase({ store, limits, steps }: FuzzCase): string {
  const lines = steps.map((step) => `    ${literal(step)},`);
  return `{\n  store: ${literal(store)},\n  limits: ${literal(limits)},\n  steps: [\n${lines.join('\n')}\n  ],\n},`;
}

function literal(value: unknown): string {
  return JSON.stringify(value)
    .replace(/"([a-zA-Z]+)":/g, ' $1: ')
    .replaceAll('"', "'")
    .replaceAll('}', ' }');
}
