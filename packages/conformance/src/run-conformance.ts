import type { ProtocolVersion } from '@wellhead/codec';
import { randomBytes } from 'node:crypto';
import { allCases } from './all-cases.ts';
import { CaseRun, type RunSettings } from './case-run.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { CaseSkipped, ConformanceFailure } from './failure.ts';
import { parseFixture, readFixtures } from './fixtures.ts';
import { evidentFixtures, missingCapability, probe, type ProbeAnswer, reach } from './probe.ts';
import type { CaseFailure, CaseResult, RunReport } from './run-report.ts';
import { parseTarget } from './target.ts';

/** Options of {@link runConformance}. */
export interface ConformanceOptions {
  /** `ws://host:port/path` of the same server, for the WebSocket cases. */
  readonly webSocket?: string;
  /** @default [3, 4, 5] */
  readonly versions?: readonly ProtocolVersion[];
  /** Only cases whose id, title or statement ids match one of these: `*` stands for any text. */
  readonly only?: readonly string[];
  /** How many cases run at once; slow ones run beside them. @default 16 */
  readonly jobs?: number;
  /** `name=value`, see {@link fixtureDescriptions}. */
  readonly fixtures?: readonly string[];
  /** JSON file of fixture name to value. */
  readonly fixturesFile?: string;
  /** Milliseconds that an expectation waits. @default 5000 */
  readonly timeout?: number;
  /** The cases to run. @default all of them */
  readonly cases?: readonly ConformanceCase[];
  /** No further case begins once it is aborted. */
  readonly signal?: AbortSignal;
  /** Called once with the number of cases, and then as each case ends. */
  readonly onProgress?: (done: number, total: number, result: CaseResult | undefined) => void;
}

/**
 * Runs the suite against the server at `target` (`mqtt://[user:password@]host:port` or `ws://…`).
 *
 * Rejects with an UnreachableError when no connection can be opened, with TypeError for a bad option.
 */
export async function runConformance(
  target: string,
  options: ConformanceOptions = {},
): Promise<RunReport> {
  const started = performance.now();
  const startedAt = new Date().toISOString();
  const settings = settingsOf(target, options);
  await reach(settings.target, settings.timeout);
  const cases = selectCases(options);
  const plan = await planCases(cases, settings);
  const results = await runAll(plan, options);
  return { target, startedAt, duration: performance.now() - started, results };
}

/** The cases that the options select, in the order of the suite; throws TypeError when `only` selects none. */
export function selectCases(options: ConformanceOptions): readonly ConformanceCase[] {
  const { versions = [3, 4, 5], only = [], cases = allCases } = options;
  const patterns = only.map(patternOf);
  const selected = cases.filter(
    (one) =>
      versions.includes(one.version) &&
      (patterns.length === 0 ||
        patterns.some((pattern) =>
          [one.id, one.title, ...one.statements].some((text) => pattern.test(text)),
        )),
  );
  // a server that was asked nothing conforms to nothing
  if (selected.length === 0 && only.length > 0)
    throw new TypeError(`no case of these versions matches ${only.join(', ')}`);
  return selected;
}

interface PlannedCase {
  readonly case: ConformanceCase;
  readonly run: CaseRun;
  readonly skip: string | undefined;
}

function settingsOf(text: string, options: ConformanceOptions): RunSettings {
  const target = parseTarget(text);
  const { fixturesFile, fixtures = [], webSocket, timeout = 5000 } = options;
  const isWebSocket = target.transport === 'ws';
  return {
    target,
    webSocket: webSocket ? parseTarget(webSocket) : isWebSocket ? target : undefined,
    fixtures: new Map([
      ...(fixturesFile ? readFixtures(fixturesFile, target) : []),
      ...fixtures.map((fixture) => parseFixture(fixture, target)),
    ]),
    timeout,
    runId: randomBytes(3).toString('hex'),
    server: {},
  };
}

async function planCases(
  cases: readonly ConformanceCase[],
  settings: RunSettings,
): Promise<readonly PlannedCase[]> {
  const answers = new Map<ProtocolVersion, ProbeAnswer>();
  for (const one of cases) {
    const { version } = one;
    if (!answers.has(version)) {
      answers.set(version, await probe(new CaseRun(one, 100_000 + version, settings), version));
    }
  }
  const announced = answers.get(5)?.properties ?? {};
  const evident = evidentFixtures(announced, settings.target);
  const fixtures = new Map([...evident, ...settings.fixtures]);
  return cases.map((one, i) => {
    const answer = answers.get(one.version);
    const own = { ...settings, fixtures, server: answer?.properties ?? {} };
    return { case: one, run: new CaseRun(one, i, own), skip: answer?.refusal ?? unmet(one, own) };
  });
}

/** Why a case does not apply to this server; undefined when it does. */
function unmet(one: ConformanceCase, settings: RunSettings): string | undefined {
  const missing = one.needs?.find((name) => !settings.fixtures.has(name));
  if (missing) return `fixture ${missing} is not offered`;
  for (const capability of one.requires ?? []) {
    const reason = missingCapability(capability, settings.server, settings.webSocket);
    if (reason) return reason;
  }
  return undefined;
}

/** Slow cases mostly wait, so they begin first and in lanes of their own. */
async function runAll(
  plan: readonly PlannedCase[],
  options: ConformanceOptions,
): Promise<readonly CaseResult[]> {
  const { jobs = 16, signal, onProgress } = options;
  const results = new Map<PlannedCase, CaseResult>();
  onProgress?.(0, plan.length, undefined);
  const lane = async (queue: PlannedCase[]): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (signal?.aborted) return;
      const result = await runOne(next);
      results.set(next, result);
      onProgress?.(results.size, plan.length, result);
    }
  };
  const slow = plan.filter((planned) => planned.case.slow === true);
  const fast = plan.filter((planned) => planned.case.slow !== true);
  const slowJobs = jobs === 1 ? 0 : Math.max(slowLanes, jobs);
  const queues = slowJobs === 0 ? [[...slow, ...fast]] : [slow, fast];
  await Promise.all(
    queues.flatMap((queue, i) =>
      Array.from({ length: slowJobs > 0 && i === 0 ? slowJobs : jobs }, () => lane(queue)),
    ),
  );
  return plan.flatMap((planned) => results.get(planned) ?? []);
}

async function runOne({ case: one, run, skip }: PlannedCase): Promise<CaseResult> {
  if (skip) return { case: one, status: 'skipped', duration: 0, reason: skip };
  const started = performance.now();
  const outcome = await attempt(one, run);
  const duration = performance.now() - started;
  await run.cleanUp();
  if (outcome === undefined) return { case: one, status: 'passed', duration };
  if (typeof outcome === 'string') {
    return { case: one, status: 'skipped', duration, reason: outcome };
  }
  return { case: one, status: 'failed', duration, failure: outcome };
}

/** Undefined for a pass, a reason for a skip. */
async function attempt(
  one: ConformanceCase,
  run: CaseRun,
): Promise<CaseFailure | string | undefined> {
  try {
    await within(one.run(run), one.slow ? slowLimit : fastLimit);
    if (run.failure) throw run.failure;
    return undefined;
  } catch (error) {
    if (error instanceof CaseSkipped && !run.failure) return error.message;
    // a rule broken earlier explains more than what followed from it
    const cause = run.failure ?? error;
    const isFailure = cause instanceof ConformanceFailure;
    return {
      expected: isFailure ? cause.expected : one.title,
      received: isFailure ? cause.received : String(cause),
      statement: (isFailure ? cause.statement : undefined) ?? one.statements[0],
      transcript: [...run.transcript.entries],
    };
  }
}

async function within(work: Promise<void>, limit: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new ConformanceFailure(`the case to end within ${limit} ms`, 'no end'));
    }, limit);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function patternOf(text: string): RegExp {
  const source = text.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*');
  return new RegExp(source, 'i');
}

const fastLimit = 30_000;
const slowLimit = 45_000;
const slowLanes = 64;
