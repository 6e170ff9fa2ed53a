import { type ProblemCode, type ProblemIssue, problem, problems } from '@freight/contracts';
import { newId } from '@freight/kernel';

/** What an operation answers, before it becomes HTTP. */
export interface Answer {
  readonly status: number;
  /** JSON; nothing for 204 and 304. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of a body: bytes that go on. */
  readonly stream?: ReadableStream<Uint8Array>;
  /** The recorded command that it is about: its entry in the audit log is written with its reply, and not for this answer. */
  readonly commandId?: string;
}

/** The answer of a problem. Equal problems are equal bytes: nothing of the request is repeated in it. */
export const refuse = (
  code: ProblemCode,
  detail?: string,
  more: { readonly errors?: readonly ProblemIssue[]; readonly headers?: Readonly<Record<string, string>> } = {},
): Answer => ({
  status: problems[code].status,
  body: problem(code, detail, more.errors),
  ...(more.headers ? { headers: more.headers } : {}),
});

/** Not there, or not yours: nobody can tell which. */
export const notFound = (): Answer => refuse('not_found');

/** Seconds of a `Retry-After`, at least one. */
export const retryAfter = (ms: number): string => String(Math.max(1, Math.ceil(ms / 1000)));

/** What every answer carries, whoever gives it: the API, or the server for what is no request at all. */
export const everyAnswer = (requestId = newId()): Readonly<Record<string, string>> => ({
  'x-request-id': requestId,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
});

const noBody = new Set([204, 304]);

/** Turns an answer into a response; answers from 400 on are problems. */
export const toResponse = (answer: Answer, headers: Readonly<Record<string, string>>): Response => {
  const all = { ...headers, ...answer.headers };
  if (answer.stream) return new Response(answer.stream, { status: answer.status, headers: all });
  if (noBody.has(answer.status)) return new Response(null, { status: answer.status, headers: all });
  return new Response(JSON.stringify(answer.body), {
    status: answer.status,
    headers: { 'content-type': answer.status >= 400 ? 'application/problem+json' : 'application/json', ...all },
  });
};
