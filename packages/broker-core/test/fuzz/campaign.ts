import { generateCase } from './generate.ts';
import type { Sabotage } from './player.ts';
import { findViolation, shrink } from './shrink.ts';
import { printCase } from './step.ts';
import type { Violation } from './violation.ts';

/** Steps of one case. */
const CASE_LENGTH = 250;

export interface Finding {
  readonly seed: number;
  readonly violation: Violation;
  /** The shortest case, ready for `regressions.ts`. */
  readonly report: string;
}

/** Plays the cases of one seed after the other, from `seed` on, until `steps` steps are done or something is found. */
export async function campaign(
  seed: number,
  steps: number,
  sabotage?: Sabotage,
): Promise<Finding | undefined> {
  for (let done = 0; done < steps; done += CASE_LENGTH, seed++) {
    const found = await tryOne(seed, sabotage);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function tryOne(seed: number, sabotage: Sabotage | undefined): Promise<Finding | undefined> {
  const given = generateCase(seed, CASE_LENGTH);
  const violation = await findViolation(given, sabotage);
  if (violation === undefined) return undefined;
  const shortest = await shrink(given, violation.rule, sabotage);
  const last = (await findViolation(shortest, sabotage)) ?? violation;
  const report = `seed ${seed} breaks a rule.\n${last.message}\n\nThe shortest sequence:\n${printCase(shortest)}`;
  return { seed, violation: last, report };
}
