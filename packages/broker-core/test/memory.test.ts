import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { inWorld } from './support.ts';

const collect = exposedCollector();

test(
  'topics that nobody subscribed to are forgotten once the topic table has no room for them',
  inWorld((world) => {
    const publisher = world.connect({ protocolVersion: 4 });
    const publish = (from: number, to: number): void => {
      for (let i = from; i < to; i++) publisher.publish(`nobody/${i}`, 'x');
    };
    publish(0, 20_000);
    const before = memoryInUse();
    publish(20_000, 60_000);
    expect((memoryInUse() - before) / 40_000).toBeLessThan(50);
  }),
);

test(
  'a retained message of 64 bytes costs at most 450, topic and index included, and gives them back',
  inWorld((world) => {
    const publisher = world.connect({ protocolVersion: 4 });
    const publish = (prefix: string, payload: string): void => {
      for (let i = 0; i < 20_000; i++) {
        publisher.publish(`${prefix}/${i}/state`, payload, { retain: true });
      }
    };
    publish('warm', '');
    const before = memoryInUse();
    publish('kept', 'x'.repeat(64));
    expect((memoryInUse() - before) / 20_000).toBeLessThan(450);
    publish('kept', '');
    expect((memoryInUse() - before) / 20_000).toBeLessThan(100);
  }),
);

function memoryInUse(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc !== 'function') throw new Error('this engine does not expose its collector');
  return () => void gc();
}
