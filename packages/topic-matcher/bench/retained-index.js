// Time per call: npm run bench:micro -- topic-matcher

import { RetainedIndex } from '@wellhead/topic-matcher';
import { bench, do_not_optimize, run, summary } from 'mitata';

const topics = Array.from(
  { length: 100_000 },
  (_, index) => `plant/${index % 500}/device/${Math.floor(index / 500)}/state`,
);
const index = new RetainedIndex();
for (const topic of topics) index.set(topic, topic);

summary(() => {
  let next = 0;
  bench('set a topic that is there', () => index.set(topics[next++ % topics.length], 'state'));
  bench('query one topic', () => index.query(topics[next++ % topics.length], do_not_optimize));
  bench('query plant/7/#: 200 topics', () => index.query('plant/7/#', do_not_optimize));
  bench('query #: 100,000 topics', () => index.query('#', do_not_optimize));
});

await run();
