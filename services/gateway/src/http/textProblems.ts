import type { ProblemIssue } from '@freight/contracts';

/** Escapes one step of a JSON Pointer. Source: RFC 6901, section 3. */
export const pointerStep = (key: string | number): string =>
  `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** What is wrong with a text that neither JSON columns nor UTF-8 can keep; undefined when nothing is. */
export const textProblem = (text: string): string | undefined => {
  if (text.includes('\0')) return 'must not hold the NUL character';
  if (!text.isWellFormed()) return 'must not hold half of a surrogate pair';
  return undefined;
};

/**
 * The texts of a JSON value that could not be stored: PostgreSQL refuses NUL and lone surrogates in JSON, which would turn up only when
 * the command is carried out. At most so many as are asked for. Walks without recursion, so that deep nesting cannot exhaust the stack.
 */
export const findTextProblems = (json: unknown, problemsMax: number): readonly ProblemIssue[] => {
  const found: ProblemIssue[] = [];
  const open: (readonly [unknown, string])[] = [[json, '']];
  for (let next = open.pop(); next && found.length < problemsMax; next = open.pop()) {
    const [value, pointer] = next;
    if (typeof value === 'string') {
      const detail = textProblem(value);
      if (detail) found.push({ pointer, detail });
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        if (textProblem(key)) found.push({ pointer, detail: 'a name in it holds a character that cannot be stored' });
        else open.push([inner, pointer + pointerStep(key)]);
      }
    }
  }
  return found;
};
