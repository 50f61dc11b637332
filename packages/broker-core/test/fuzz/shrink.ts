import { type Sabotage, play } from './player.ts';
import type { FuzzCase, Step } from './step.ts';
import { Violation } from './violation.ts';

/** Plays a case; the violation, if there is one. */
export async function findViolation(
  given: FuzzCase,
  sabotage?: Sabotage,
): Promise<Violation | undefined> {
  try {
    await play(given, sabotage);
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error;
    throw error;
  }
}

/** The shortest case that is found by leaving out steps, and then what steps say, and that breaks the same rule. */
export async function shrink(
  given: FuzzCase,
  rule: string,
  sabotage?: Sabotage,
  budget = 2_000,
): Promise<FuzzCase> {
  const tries = { left: budget };
  let best = given;
  const breaks = async (candidate: FuzzCase): Promise<boolean> => {
    if (tries.left-- <= 0) return false;
    return (await findViolation(candidate, sabotage))?.rule === rule;
  };
  const tryOne = async (steps: readonly Step[]): Promise<boolean> => {
    const candidate = { ...best, steps };
    if (!(await breaks(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = best.steps.length >> 1; size > 0 && tries.left > 0;) {
    let hasShrunk = false;
    for (let at = 0; at < best.steps.length && tries.left > 0;) {
      const steps = [...best.steps.slice(0, at), ...best.steps.slice(at + size)];
      if (await tryOne(steps)) hasShrunk = true;
      else at += size;
    }
    if (size > 1) size >>= 1;
    else if (!hasShrunk) break;
  }
  for (let at = 0; at < best.steps.length && tries.left > 0; at++) {
    for (const simpler of simplerSteps(best.steps[at])) await tryOne(best.steps.with(at, simpler));
  }
  for (const name of Object.keys(best.limits)) {
    const limits = { ...best.limits, [name]: undefined };
    if (await breaks({ ...best, limits })) best = { ...best, limits };
  }
  return best;
}

/** The same step without one of the things that it need not say. */
function simplerSteps(step: Step | undefined): Step[] {
  if (step === undefined) return [];
  if (step.do === 'subscribe' && step.filters.length > 1) {
    return step.filters.map((filter) => ({
      ...step,
      filters: step.filters.filter((other) => other !== filter),
    }));
  }
  return OPTIONAL.filter((key) => key in step).map((key) => {
    const { [key]: _left, ...rest } = step as Step & Record<string, unknown>; // optional, all of them
    return rest as Step; // what is left is a step still
  });
}

const OPTIONAL: readonly string[] = [
  'and',
  'clean',
  'keepAlive',
  'receiveMaximum',
  'maximumPacketSize',
  'aliases',
  'will',
  'user',
  'auth',
  'split',
  'highWaterMark',
  'expiry',
  'retain',
  'size',
  'alias',
  'aliased',
  'handling',
];
