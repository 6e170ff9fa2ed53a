import type { ProblemIssue } from '@freight/contracts';
import { err, ok, type Result } from '@freight/kernel';
import type { z } from 'zod';
import { type Answer, refuse } from './answer.ts';
import type { Route } from './defineRoute.ts';
import { isJson, readBody } from './readBody.ts';
import { findTextProblems, pointerStep, textProblem } from './textProblems.ts';

/** What a route's schemas made of a request. */
export interface ReadRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;
  readonly sentBody: unknown;
}

/** More than this helps nobody and would let a small request ask for a large answer: each pointer may repeat a name of a megabyte. */
const issuesMax = 100;
const issueMaxLength = 200;

const cut = (text: string): string =>
  text.length <= issueMaxLength ? text : `${text.slice(0, issueMaxLength).toWellFormed()}…`;

const issuesOf = (error: z.ZodError, pointer: (path: readonly PropertyKey[]) => string): ProblemIssue[] =>
  error.issues.flatMap(issue =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(key => ({ pointer: pointer([...issue.path, key]), detail: 'is not known here' }))
      : [{ pointer: pointer(issue.path), detail: issue.message }],
  );

const bodyPointer = (path: readonly PropertyKey[]): string => path.map(step => pointerStep(String(step))).join('');
const named = (place: string) => (path: readonly PropertyKey[]) => `${place}.${path.map(String).join('.')}`;

interface Part {
  readonly value: unknown;
  readonly issues: readonly ProblemIssue[];
}

const readPart = (
  schema: z.ZodType | undefined,
  given: unknown,
  pointer: (path: readonly PropertyKey[]) => string,
): Part => {
  if (!schema) return { value: {}, issues: [] };
  const parsed = schema.safeParse(given);
  return parsed.success
    ? { value: parsed.data, issues: [] }
    : { value: undefined, issues: issuesOf(parsed.error, pointer) };
};

const readQuery = (route: Route, url: string): Part => {
  const start = url.indexOf('?');
  const parameters = new URLSearchParams(start === -1 ? '' : url.slice(start + 1));
  const issues: ProblemIssue[] = [];
  const given: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of parameters) {
    if (!route.query || !Object.hasOwn(route.query.shape, name)) {
      issues.push({ pointer: `query.${name}`, detail: 'is not known here' });
    } else if (name in given) {
      issues.push({ pointer: `query.${name}`, detail: 'is given twice' });
    } else {
      const detail = textProblem(value);
      if (detail) issues.push({ pointer: `query.${name}`, detail });
      else given[name] = value;
    }
  }
  const part = readPart(route.query, { ...given }, named('query'));
  return { value: part.value, issues: [...issues, ...part.issues] };
};

const readHeaders = (route: Route, headers: Headers): Part => {
  if (!route.headers) return { value: {}, issues: [] };
  const given = Object.keys(route.headers.shape).flatMap(name => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return readPart(route.headers, Object.fromEntries(given), named('header'));
};

const isEmptyObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

/** A body that is there; `undefined` where the operation takes none and none (or an empty object) was sent. */
const parseJson = (text: string): Result<unknown, ProblemIssue> => {
  try {
    return ok(JSON.parse(text));
  } catch {
    return err({ pointer: '', detail: text === '' ? 'a JSON body is needed' : 'is not valid JSON' });
  }
};

/**
 * Reads path, query, headers and body by the route's schemas, and names everything that is wrong at once.
 * @returns a problem: 400 `invalid_request` | `malformed_json`, 413, 415.
 */
export const readRequest = async (
  route: Route,
  request: Request,
  pathParams: Readonly<Record<string, string>>,
  bodyMaxBytes: number,
): Promise<Result<ReadRequest, Answer>> => {
  const params = readPart(route.params, pathParams, named('path'));
  const query = readQuery(route, request.url);
  const headers = readHeaders(route, request.headers);
  const issues = [...params.issues, ...query.issues, ...headers.issues];

  let body: unknown;
  let sentBody: unknown = null;
  let malformed = false;
  if (route.method !== 'get') {
    if (route.body && !isJson(request.headers.get('content-type'))) return err(refuse('unsupported_media_type'));
    const text = await readBody(request, bodyMaxBytes);
    if (!text.ok && text.error === 'too_large') return err(refuse('body_too_large'));
    // Nobody is there any more to read the answer; it is no fault of ours.
    if (!text.ok && text.error === 'broken_off') return err(refuse('invalid_request'));
    if (route.body || !text.ok || text.value.trim() !== '') {
      const json = text.ok ? parseJson(text.value) : err({ pointer: '', detail: 'is not UTF-8' });
      if (!json.ok) {
        malformed = true;
        issues.push(json.error);
      } else if (route.body) {
        sentBody = json.value;
        const part = readPart(route.body, json.value, bodyPointer);
        body = part.value;
        issues.push(...findTextProblems(json.value, issuesMax), ...part.issues.slice(0, issuesMax));
      } else if (!isEmptyObject(json.value)) {
        issues.push({ pointer: '', detail: 'this operation takes no body' });
      }
    }
  }

  if (issues.length > 0) {
    const code = malformed ? 'malformed_json' : 'invalid_request';
    const errors = issues.slice(0, issuesMax).map(one => ({ pointer: cut(one.pointer), detail: cut(one.detail) }));
    return err(refuse(code, undefined, { errors }));
  }
  return ok({ params: params.value, query: query.value, headers: headers.value, body, sentBody });
};
