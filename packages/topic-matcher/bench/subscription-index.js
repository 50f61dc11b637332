// Time per call: npm run bench:micro -- topic-matcher

import { SubscriptionIndex, match, validateTopicFilter } from '@wellhead/topic-matcher';
import { bench, do_not_optimize, run, summary } from 'mitata';

const exact = filters((site, device) => `plant/${site}/device/${device}/temperature`);
const mixed = filters((site, device) =>
  [
    `plant/${site}/device/${device}/temperature`,
    `plant/${site}/device/${device}/#`,
    `plant/${site}/device/+/m${device}`,
    `plant/+/device/${device}/m${site}`,
  ].at(device % 4),
);
const topics = filters((site, device) => `plant/${site}/device/${device}/temperature`);
const value = { client: 'bench' };

summary(() => {
  for (const [name, list] of [
    ['names of topics', exact],
    ['mixed filters', mixed],
  ]) {
    const index = indexOf(list);
    const found = [];
    let next = 0;
    bench(`match among ${list.length} ${name}`, () => {
      found.length = 0;
      index.match(topics[next++ % topics.length], found);
      do_not_optimize(found);
    });
    bench(`insert and remove among ${list.length} ${name}`, () => {
      const filter = list[next++ % list.length];
      const other = {};
      index.add(filter, other);
      index.remove(filter, other);
    });
    bench(`fill with ${list.length} ${name}`, () => do_not_optimize(indexOf(list)));
  }
  bench('match one filter', () => match('plant/+/device/#', topics[0]));
  bench('validate a filter', () => validateTopicFilter('plant/+/device/#'));
});

await run();

function filters(filterOf) {
  return Array.from({ length: 50_000 }, (_, index) =>
    filterOf(index % 500, Math.floor(index / 500)),
  );
}

function indexOf(list) {
  const index = new SubscriptionIndex();
  for (const filter of list) index.add(filter, value);
  return index;
}
