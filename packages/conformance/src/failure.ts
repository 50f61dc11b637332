/** The server did not do what the case expects. Code `CONFORMANCE_FAILURE`. */
export class ConformanceFailure extends Error {
  override readonly name: string = 'ConformanceFailure';
  readonly code: string = 'CONFORMANCE_FAILURE';
  readonly expected: string;
  readonly received: string;
  /** The statement that was broken, where it is another than the case's own. */
  readonly statement: string | undefined;

  constructor(expected: string, received: string, statement?: string) {
    super(`expected ${expected}; received ${received}${statement ? ` [${statement}]` : ''}`);
    this.expected = expected;
    this.received = received;
    this.statement = statement;
  }
}

/** The case does not apply to this server. Code `CONFORMANCE_SKIP`. */
export class CaseSkipped extends Error {
  override readonly name: string = 'CaseSkipped';
  readonly code: string = 'CONFORMANCE_SKIP';
}

/** The broker cannot be reached, so no case was run. Code `CONFORMANCE_UNREACHABLE`. */
export class UnreachableError extends Error {
  override readonly name: string = 'UnreachableError';
  readonly code: string = 'CONFORMANCE_UNREACHABLE';
}

/** Throws a {@link ConformanceFailure} unless the condition holds. */
export function check(condition: boolean, expected: string, received: string): asserts condition {
  if (!condition) throw new ConformanceFailure(expected, received);
}
