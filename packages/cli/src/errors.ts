import { FreightError, type Retry } from '@freight/kernel';

/** What the person at the keyboard can mend: printed without a stack. `exitCode` 2 means that the command line itself is wrong. */
export class UserError extends FreightError {
  override readonly name = 'UserError';
  readonly exitCode: 1 | 2;
  constructor(message: string, exitCode: 1 | 2 = 1, retry: Retry = 'terminal') {
    super(message, { code: exitCode === 2 ? 'wrong_usage' : 'user_error', retry });
    this.exitCode = exitCode;
  }
}

/** Somebody pressed Ctrl-C (or sent SIGTERM) and everything has been put away. */
export class InterruptedError extends FreightError {
  override readonly name = 'InterruptedError';
  constructor() {
    super('Interrupted', { code: 'interrupted', retry: 'terminal' });
  }
}
