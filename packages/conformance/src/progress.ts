import type { CaseResult } from './run-report.ts';

/** One line that is overwritten on a terminal; nothing where the output is no terminal. */
export class Progress {
  readonly #output: NodeJS.WriteStream;
  #failed = 0;
  #skipped = 0;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  readonly update = (done: number, total: number, result: CaseResult | undefined): void => {
    if (result?.status === 'failed') this.#failed += 1;
    if (result?.status === 'skipped') this.#skipped += 1;
    if (!this.#output.isTTY) return;
    // some terminals say 0
    const width = Math.max(this.#output.columns ?? 0, 40);
    const counts = `${done}/${total}, ${this.#failed} failed, ${this.#skipped} skipped`;
    const last = done === total ? '' : `  ${result?.case.id ?? ''}`;
    this.#output.write(`\r\u001B[2K${`${counts}${last}`.slice(0, width - 1)}`);
    if (done === total) this.#output.write('\r\u001B[2K');
  };
}
