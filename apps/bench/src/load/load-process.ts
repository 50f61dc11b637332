import { processTree } from '../measure/process-tree.ts';
import { loadConnections } from './connect-load.ts';
import type { LoadOutcome } from './load-outcome.ts';
import type { LoadRequest, LoadTask } from './load-request.ts';
import { loadMessages } from './message-load.ts';
import { loadOffline } from './offline-load.ts';
import { loadRetained } from './retained-load.ts';

/** What a load generator tells the process that has forked it. */
export type LoadReport =
  | { readonly type: 'progress'; readonly what: string }
  | { readonly type: 'outcome'; readonly outcome: LoadOutcome }
  | { readonly type: 'failure'; readonly message: string };

// This file is a program: a forked process that gets one request, reports, and ends.
process.once('message', (request: LoadRequest) => void obey(request));
process.on('uncaughtException', fail);
process.on('disconnect', () => process.exit(1));

async function obey(request: LoadRequest): Promise<void> {
  const task: LoadTask = {
    ...request,
    brokerPids: processTree(request.brokerPid),
    progress: (what) => report({ type: 'progress', what }),
  };
  try {
    finish({ type: 'outcome', outcome: await loadOf(task) });
  } catch (error) {
    fail(error);
  }
}

function loadOf(task: LoadTask): Promise<LoadOutcome> {
  switch (task.bench.scenario) {
    case 'retained':
      return loadRetained(task);
    case 'offline':
      return loadOffline(task);
    case 'connect':
      return loadConnections(task);
    default:
      return loadMessages(task);
  }
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  finish({ type: 'failure', message });
}

function report(message: LoadReport): void {
  process.send?.(message);
}

/** The connections need no orderly end: the broker is stopped next. */
function finish(message: LoadReport): void {
  process.removeAllListeners('disconnect');
  process.send?.(message, () => process.exit(0));
}
