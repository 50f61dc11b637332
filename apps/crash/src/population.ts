import { Publisher } from './publisher.ts';
import type { Random } from './random.ts';
import type { RetainedLedger } from './retained-ledger.ts';
import { Subscriber, type SubscriberOptions } from './subscriber.ts';
import { WillClient, type WillClientOptions } from './will-client.ts';
import type { World } from './world.ts';

/** All clients of a campaign. */
export interface Population {
  readonly publishers: readonly Publisher[];
  /** Publish to the topics that subscribers change their minds about. */
  readonly prober: Publisher;
  readonly subscribers: readonly Subscriber[];
  readonly willClients: readonly WillClient[];
}

export function makePopulation(world: World, random: Random, retained: RetainedLedger): Population {
  const publisher = (name: string, version: 4 | 5, window: number, qos: readonly (1 | 2)[]) => {
    const topicNames = [0, 1, 2].map((topic) => `m/${name}/${topic}`);
    return new Publisher(world, random.fork(), { name, version, window, qos, topicNames });
  };
  const retainer = (name: string, version: 4 | 5, qos: readonly (1 | 2)[]) => {
    const topicNames = [0, 1, 2, 3, 4, 5].map((topic) => `r/${name}/${topic}`);
    const options = { name, version, window: 3, qos, topicNames, retained, pause: 40 };
    return new Publisher(world, random.fork(), options);
  };
  const changing = subscribers.flatMap((options) => options.changing ?? []);
  const prober = {
    name: 'prober',
    version: 5,
    window: 4,
    qos: [1, 2],
    topicNames: changing,
  } as const;
  return {
    publishers: [
      publisher('p1', 4, 1, [1]),
      publisher('p2', 5, 1, [2]),
      publisher('p3', 4, 10, [1, 2]),
      publisher('p4', 5, 10, [1, 2]),
      publisher('p5', 4, 20, [2]),
      publisher('p6', 5, 20, [1]),
      retainer('r1', 4, [1, 2]),
      retainer('r2', 5, [1, 2]),
    ],
    prober: new Publisher(world, random.fork(), prober),
    subscribers: subscribers.map((options) => new Subscriber(world, random.fork(), options)),
    willClients: willClients.map((options) => new WillClient(world, random.fork(), options)),
  };
}

const everything = [
  ['m/#', 2],
  ['w/#', 2],
] as const;
const atQos1 = [
  ['m/#', 1],
  ['w/#', 1],
] as const;

const subscribers: readonly SubscriberOptions[] = [
  { name: 's1', version: 4, filters: everything, changing: topicsOf('s1') },
  { name: 's2', version: 5, filters: everything, changing: topicsOf('s2'), answerDelay: 10 },
  { name: 's3', version: 4, filters: atQos1, answerDelay: 20, changing: topicsOf('s3') },
  { name: 's4', version: 5, filters: atQos1, receiveMaximum: 10 },
  { name: 's5', version: 5, filters: [['m/p2/+', 2]], receiveMaximum: 1, answerDelay: 5 },
  { name: 's6', version: 5, filters: everything, receiveMaximum: 20, answerDelay: 10 },
  {
    name: 's7',
    version: 4,
    filters: [
      ['m/+/0', 2],
      ['m/+/1', 1],
      ['w/#', 2],
    ],
  },
];

const willClients: readonly WillClientOptions[] = [
  { name: 'w1', version: 4, qos: 1, delay: 0 },
  { name: 'w2', version: 4, qos: 2, delay: 0 },
  { name: 'w3', version: 5, qos: 2, delay: 0 },
  { name: 'w4', version: 5, qos: 2, delay: 1 },
  { name: 'w5', version: 5, qos: 1, delay: 2 },
  { name: 'w6', version: 5, qos: 2, delay: 5, expiry: 1 },
  // of sessions that end with the connection
  { name: 'w7', version: 4, qos: 1, delay: 0, expiry: 0 },
  { name: 'w8', version: 5, qos: 2, delay: 0, expiry: 0 },
];

function topicsOf(subscriber: string): string[] {
  return [0, 1, 2, 3].map((topic) => `c/${subscriber}/${topic}`);
}
