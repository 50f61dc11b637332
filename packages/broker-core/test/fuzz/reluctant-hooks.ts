import type {
  AuthenticationExchange,
  AuthenticationResult,
  Authenticator,
  Authorizer,
  EnhancedAuthenticator,
} from '../../src/index.ts';
import type { HookMode } from './step.ts';
import { InjectedError } from './violation.ts';

/** Hooks that allow everything but topics below `denied/`, and answer at once, when told to, or by failing. */
export class ReluctantHooks {
  mode: HookMode = 'at-once';
  /** Something may have been refused. */
  hasRefused = false;
  readonly #waiting: ((value: boolean | 'reject') => void)[] = [];

  readonly authenticator: Authenticator = {
    authenticate: (request): AuthenticationResult | Promise<AuthenticationResult> =>
      this.#answer<AuthenticationResult>((isAllowed) => {
        if (isAllowed && request.userName !== 'stranger') return { accept: true };
        return { accept: false, reasonCode: 0x86, reasonString: 'not admitted' };
      }),
  };

  readonly authorizer: Authorizer = {
    publish: (_client, { topicName }) =>
      this.#answer((isAllowed) => isAllowed && !topicName.startsWith('denied/')),
    subscribe: (_client, { effectiveFilter }) =>
      this.#answer((isAllowed) => isAllowed && !effectiveFilter.startsWith('denied/')),
    receive: (_client, topicName) => !topicName.startsWith('denied/'),
  };

  /** One question from the server, one answer, admitted. */
  readonly enhanced: EnhancedAuthenticator = {
    method: 'M',
    begin: (): AuthenticationExchange => {
      let steps = 0;
      return {
        step: () =>
          this.#answer((isAllowed) => {
            if (!isAllowed) return { type: 'refuse' as const };
            return steps++ === 0 ? { type: 'continue' as const } : { type: 'accept' as const };
          }),
      };
    },
  };

  get waiting(): number {
    return this.#waiting.length;
  }

  decide(which: number, value: boolean | 'reject'): void {
    if (value !== true) this.hasRefused = true;
    const [decide] = this.#waiting.splice(which % Math.max(1, this.#waiting.length), 1);
    decide?.(value);
  }

  /** Of a broker that is dead. */
  forget(): void {
    this.#waiting.length = 0;
  }

  #answer<T>(of: (isAllowed: boolean) => T): T | Promise<T> {
    if (this.mode === 'at-once') return of(true);
    if (this.mode === 'throw') this.hasRefused = true;
    if (this.mode === 'throw') throw new InjectedError('a defective hook');
    return new Promise((resolve, reject) => {
      this.#waiting.push((value) => {
        if (value === 'reject') reject(new InjectedError('a hook that fails'));
        else resolve(of(value));
      });
    });
  }
}
