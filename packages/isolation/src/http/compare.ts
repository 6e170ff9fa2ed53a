import type { HttpAnswer } from './client.ts';

/** Headers that are another one in every answer, whoever asks for what. */
const alwaysNew = new Set(['date', 'x-request-id', 'traceparent', 'tracestate']);
const apiKeys = /frt_(live|test|dev)_[0-9A-Za-z]{32}/g;
const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** An answer as far as two answers to the same question are equal: header by header, in their order, and the body. */
const linesOf = (answer: HttpAnswer, sent: ReadonlySet<string>): readonly (readonly [string, string])[] => {
  // A command that is recorded gets an id of its own, and shows the secret that was made for it; ids that were sent stay as they are.
  const settle = (text: string) =>
    answer.status === 202
      ? text.replace(uuids, id => (sent.has(id) ? id : '(new id)')).replace(apiKeys, '(new key)')
      : text;
  const headers = answer.headers.map(([name, value]): readonly [string, string] => {
    const lower = name.toLowerCase();
    if (alwaysNew.has(lower)) return [name, '(changes)'];
    // What is left of the caller's own share.
    if (lower === 'ratelimit') return [name, value.replace(/\d+/g, '#')];
    return [name, settle(value)];
  });
  return [['status', String(answer.status)], ...headers, ['body', settle(answer.body)]];
};

/**
 * In what an answer about somebody else's thing differs from one about nothing; undefined when in nothing.
 * @param nothing two answers about what is not there: headers in which they differ among themselves (a proxy's own ids) are not compared.
 * @param sent ids that the questions held.
 */
export const difference = (
  yours: HttpAnswer,
  nothing: readonly [HttpAnswer, HttpAnswer],
  sent: readonly string[],
): string | undefined => {
  const ids = new Set(sent);
  const [a, b] = [linesOf(nothing[0], ids), linesOf(nothing[1], ids)];
  const other = linesOf(yours, ids);
  const names = (lines: typeof a) => lines.map(([name]) => name).join(' ');
  if (names(other) !== names(a) && names(other) !== names(b)) {
    return `status ${yours.status}, headers ${names(other)}, where for nothing it is ${nothing[0].status}, ${names(a)}`;
  }
  const changing = new Set(
    a.flatMap(([name, value], i) => (name !== 'status' && name !== 'body' && b[i]?.[1] !== value ? [name] : [])),
  );
  const reference = names(other) === names(a) ? a : b;
  const differing = other.flatMap(([name, value], i) => {
    const expected = reference[i]?.[1];
    return changing.has(name) || value === expected ? [] : [`${name}: ${value} instead of ${expected}`];
  });
  return differing.length === 0 ? undefined : differing.join('; ');
};
