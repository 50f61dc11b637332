/** The broker has done what it must never do. `rule` names which one: shrinking keeps it. */
export class Violation extends Error {
  override readonly name: string = 'Violation';
  readonly rule: string;

  constructor(rule: string, message: string, options?: ErrorOptions) {
    super(`${rule}: ${message}`, options);
    this.rule = rule;
  }
}

export function demand(condition: boolean, rule: string, message: () => string): void {
  if (!condition) throw new Violation(rule, message());
}

/** An error that a step made; the broker may report it. */
export class InjectedError extends Error {
  override readonly name: string = 'InjectedError';
}
