import type { ConnectionTest } from '@freight/contracts';
import { CrmError } from './crmError.ts';

export type Problem = ConnectionTest['problems'][number];

export const verdict = (account: string | null, problems: readonly Problem[]): ConnectionTest => ({
  ok: problems.length === 0,
  account,
  problems: [...problems],
});

/**
 * Runs one step of a connection test and gives what it came to. A vendor's fault becomes a problem, whose code is the error's kind unless
 * `codes` names a better one; its detail says what we were doing, never what the vendor said. Other errors pass through.
 */
export const probe = async <T>(
  problems: Problem[],
  step: () => Promise<T>,
  codes: Readonly<Partial<Record<CrmError['kind'], Problem>>> = {},
): Promise<T | null> => {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof CrmError)) throw error;
    problems.push(codes[error.kind] ?? { code: error.kind, detail: error.message });
    return null;
  }
};
