import type { Target } from './publisher.ts';
import type { Topology } from './topology.ts';

/**
 * Mixed filters over topics `wild/<site>/<device>/<measure>`: six of ten name a topic, the others are
 * `wild/s/d/#`, `wild/s/+/m` and `wild/+/d/m`. A session holds filters of one kind only, so that no
 * topic matches two of them: what a broker does with overlapping subscriptions is not measured here,
 * and each message is delivered to as many sessions as filters match.
 */
export function wildTopology(publishers: number, filters: number): Topology {
  const kinds = shares.map(({ share, filterOf }) =>
    distinct(Math.round(filters * share), filterOf),
  );
  const matched = kinds.map((kind) => new Set(kind));
  const targets: Target[] = [];
  // topics that somebody has subscribed to by name, spread over the sites
  for (let index = 0; index < MAXIMUM_TOPICS && index < (kinds[0]?.length ?? 0); index++) {
    const topic = topicAt(index);
    const receivers = shares.filter(({ filterOf }, kind) =>
      matched[kind]?.has(filterOf(topic)),
    ).length;
    targets.push({
      topicName: `wild/s${topic.site}/d${topic.device}/m${topic.measure}`,
      receivers,
    });
  }
  return {
    subscribers: kinds.flatMap((kind) => sessionsOf(kind)),
    publishers: Array.from({ length: publishers }, (_, i) =>
      targets.filter((_target, index) => index % publishers === i),
    ),
    gaps: true,
  };
}

interface Place {
  readonly site: number;
  readonly device: number;
  readonly measure: number;
}

/** All combinations, in an order that visits every site early. */
function topicAt(index: number): Place {
  const rest = Math.floor(index / SITES);
  return {
    site: index % SITES,
    device: (index * 7 + rest * 13) % DEVICES,
    measure: rest % MEASURES,
  };
}

function distinct(count: number, filterOf: (place: Place) => string): string[] {
  const found = new Set<string>();
  for (let index = 0; found.size < count && index < SITES * DEVICES * MEASURES; index++) {
    found.add(filterOf(topicAt(index)));
  }
  return [...found];
}

function sessionsOf(filters: readonly string[]): string[][] {
  const sessions: string[][] = [];
  for (let start = 0; start < filters.length; start += FILTERS_A_SESSION) {
    sessions.push(filters.slice(start, start + FILTERS_A_SESSION));
  }
  return sessions;
}

const SITES = 1000;
const DEVICES = 1000;
const MEASURES = 10;
const FILTERS_A_SESSION = 500;
const MAXIMUM_TOPICS = 10_000;

const shares: readonly { readonly share: number; readonly filterOf: (place: Place) => string }[] = [
  { share: 0.6, filterOf: ({ site, device, measure }) => `wild/s${site}/d${device}/m${measure}` },
  { share: 0.2, filterOf: ({ site, device }) => `wild/s${site}/d${device}/#` },
  { share: 0.1, filterOf: ({ site, measure }) => `wild/s${site}/+/m${measure}` },
  { share: 0.1, filterOf: ({ device, measure }) => `wild/+/d${device}/m${measure}` },
];
