/** Whether an answer is one that the document declares. */
import type { OpenApi, Operation } from './document.ts';
import type { WireAnswer } from './wire.ts';

/** The longest body of a problem: a small request must not ask for a large answer. Bytes. */
const problemMaxBytes = 64 * 1024;

/** Answers that any path and method may get, before it is known which operation is meant: code by status. */
const beforeRouting: Readonly<Record<number, readonly string[]>> = {
  400: ['invalid_request', 'key_in_query'],
  404: ['not_found'],
  405: ['method_not_allowed'],
  413: ['body_too_large'],
  431: ['headers_too_large'],
};

/** The operations that a request could be meant for. `exact`: there is no doubt how a router reads the path. */
const candidates = (
  operations: readonly Operation[],
  method: string,
  target: string,
): { readonly of: readonly Operation[]; readonly exact: boolean } => {
  const path = target.split('?')[0] ?? '';
  const steps = path.split('/');
  // Encoded letters, dots and doubled or missing steps are read by every router in its own way.
  const exact = /^(\/[\w.~-]+)+$/.test(path) && !steps.includes('.') && !steps.includes('..');
  const asked = method === 'HEAD' ? 'GET' : method;
  const of = operations.filter(one => {
    if (one.method !== asked) return false;
    if (!exact) return true;
    const wanted = one.path.split('/');
    return wanted.length === steps.length && wanted.every((step, i) => step.startsWith('{') || step === steps[i]);
  });
  return { of, exact };
};

const parse = (answer: WireAnswer): unknown => JSON.parse(answer.body.toString('utf8'));

const judgeHeaders = (answer: WireAnswer): string | undefined => {
  const has = (name: string) => answer.headers.has(name);
  if (answer.status === 401 && !has('www-authenticate')) return '401 without WWW-Authenticate';
  if (answer.status === 405 && !has('allow')) return '405 without Allow';
  if (answer.status === 429 && !has('retry-after')) return '429 without Retry-After';
  if (answer.headers.get('x-content-type-options') !== 'nosniff') return 'no X-Content-Type-Options';
  if (answer.headers.get('cache-control') !== 'no-store') return 'may be cached';
  return has('x-request-id') ? undefined : 'no X-Request-Id';
};

const judgeProblem = (
  openApi: OpenApi,
  of: readonly Operation[],
  exact: boolean,
  answer: WireAnswer,
  method: string,
) => {
  if (answer.headers.get('content-type') !== 'application/problem+json') {
    return `an error as ${answer.headers.get('content-type') ?? 'nothing'}`;
  }
  if (answer.body.length > problemMaxBytes) return `a problem of ${answer.body.length} bytes`;
  if (method === 'HEAD') return undefined;
  const body = parse(answer) as { code: string; status: number };
  const objections = openApi.objectionsToProblem(body);
  if (objections !== undefined) return objections;
  if (body.status !== answer.status) return `a problem that says ${body.status}`;
  const declaring = of.some(one => one.responses[String(answer.status)]?.description.includes(`\`${body.code}\``));
  const unrouted = (of.length === 0 || !exact) && beforeRouting[answer.status]?.includes(body.code);
  return declaring || unrouted ? undefined : `the code ${body.code} is not declared for ${answer.status}`;
};

const judgeSuccess = (openApi: OpenApi, of: readonly Operation[], answer: WireAnswer, method: string) => {
  const complaints: string[] = [];
  const mediaType = answer.headers.get('content-type') ?? '';
  for (const one of of) {
    const declared = one.responses[String(answer.status)];
    if (!declared) complaints.push(`${answer.status} is not declared`);
    else if (!declared.content) {
      if (answer.body.length === 0 && mediaType === '') return undefined;
      complaints.push(`a body where none is declared`);
    } else if (!declared.content[mediaType]) complaints.push(`${mediaType} is not declared`);
    else if (method === 'HEAD' || mediaType !== 'application/json') return undefined;
    else {
      const objections = openApi.objections(one, answer.status, mediaType, parse(answer));
      if (objections === undefined) return undefined;
      complaints.push(objections);
    }
  }
  return complaints.join('; ') || 'nothing answers there';
};

/** @returns what is wrong with the answer; undefined: it is declared. */
export const judgeAnswer = (
  openApi: OpenApi,
  request: { readonly method: string; readonly target: string },
  answer: WireAnswer,
): string | undefined => {
  if (answer.status >= 500) return `a ${answer.status}: ${answer.body.toString('utf8', 0, 500)}`;
  const { of, exact } = candidates(openApi.operations, request.method, request.target);
  const wrong =
    answer.status >= 400
      ? judgeProblem(openApi, of, exact, answer, request.method)
      : judgeSuccess(openApi, of, answer, request.method);
  return wrong ?? judgeHeaders(answer);
};
