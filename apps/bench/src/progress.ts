import type { LoadOutcome } from './load/load-outcome.ts';
import { significant, withUnit } from './report/format.ts';

/** Says on a stream what is being measured, and a line for each run that is done. */
export class Progress {
  readonly #stream: NodeJS.WritableStream & { readonly isTTY?: boolean };
  #total = 0;
  #done = 0;

  constructor(stream: NodeJS.WritableStream & { readonly isTTY?: boolean }) {
    this.#stream = stream;
  }

  begin(total: number): void {
    this.#total = total;
    this.#done = 0;
  }

  async run(
    title: string,
    work: (tell: (what: string) => void) => Promise<LoadOutcome>,
  ): Promise<LoadOutcome> {
    const place = `[${++this.#done}/${this.#total}] ${title}`;
    const outcome = await work((what) => {
      if (this.#stream.isTTY) this.#stream.write(`\r\x1b[K${place}: ${what}…`);
    });
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
    this.#stream.write(`${place}: ${summary(outcome)}\n`);
    return outcome;
  }
}

function summary({ failure, metrics }: LoadOutcome): string {
  if (failure !== undefined) return `FAILED: ${failure}`;
  const { cpuPerMessage, cpuPerConnect, rate = 0, brokerCpu = 0, generatorCpu = 0 } = metrics;
  const cost = cpuPerConnect ?? cpuPerMessage ?? NaN;
  const shares = `broker ${brokerCpu.toFixed(0)} %, generator ${generatorCpu.toFixed(0)} %`;
  return `${significant(cost)} µs of CPU each, ${withUnit(rate, '/s')}, ${shares}`;
}
