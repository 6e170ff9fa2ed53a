import { type Origin, uuid } from '@freight/contracts';
import { FreightError, newId } from '@freight/kernel';
import { isTransient } from '@freight/postgres';
import type { Metrics } from '@freight/runtime';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { ClientAddress } from '../address/clientAddress.ts';
import { sourceOf } from '../address/sourceOf.ts';
import { judge } from '../audit/judge.ts';
import { nameResources } from '../audit/resourceOf.ts';
import type { AuditTrail } from '../audit/trail.ts';
import type { Authenticate, AuthRefusal } from '../auth/authenticate.ts';
import { type Caller, type KeyId, mayUse } from '../auth/caller.ts';
import type { Deps } from '../deps.ts';
import type { AdmitAddress } from '../limits/allowList.ts';
import type { RateLimit } from '../limits/rateLimit.ts';
import { type Answer, everyAnswer, refuse, retryAfter, toResponse } from './answer.ts';
import type { Route } from './defineRoute.ts';
import { hasKeyInQuery } from './keyInQuery.ts';
import { declaresTooMuch } from './readBody.ts';
import { readRequest } from './readRequest.ts';
import { currentTraceId, describeAnswer, inServerSpan } from './serverSpan.ts';

export interface AppOptions {
  readonly routes: readonly Route[];
  /** What anybody may read: fixed JSON by path. */
  readonly pages: Readonly<Record<string, unknown>>;
  readonly deps: Deps;
  readonly clientAddress: ClientAddress;
  readonly authenticate: Authenticate;
  readonly admitAddress: AdmitAddress;
  readonly rateLimit: RateLimit;
  readonly bodyMaxBytes: number;
  readonly metrics: Metrics;
  readonly audit: Pick<AuditTrail, 'record' | 'note'>;
  /** Told of each request whose key was right. */
  readonly onUse: (caller: Caller, at: Date) => void;
}

type HttpContext = Context<{ Bindings: HttpBindings }>;

/** What was learned of a request while it was handled: for its log line and its headers. */
interface Notes {
  caller?: Caller;
  /** A right key that may not be used. */
  refusedKey?: KeyId | undefined;
  headers: Readonly<Record<string, string>>;
}

/** A body that took longer to arrive outlives what was known of the key when it began. Milliseconds. */
const bodyPatienceMs = 100;

const unauthenticated = (refusal: AuthRefusal, environment: string): Answer => {
  const challenge = { headers: { 'www-authenticate': 'Bearer' } };
  switch (refusal) {
    case 'unauthenticated':
      return refuse('unauthenticated', 'Send a valid key in the header Authorization: Bearer frt_…', challenge);
    case 'wrong_environment':
      return refuse('wrong_environment', `This deployment takes keys that begin with frt_${environment}_.`, challenge);
    case 'tenant_suspended':
      return refuse('tenant_suspended', 'Ask those who run this platform.');
    case 'busy':
      return refuse('rate_limited', 'Too many keys from this address are being checked.', {
        headers: { 'retry-after': '1' },
      });
  }
};

/** Faults become answers here, and nowhere else; the message of an error that we do not know never leaves the process. */
const answerFault = (error: unknown, requestId: string): Answer => {
  if (isTransient(error)) {
    const waitMs = error instanceof FreightError ? (error.retryAfterMs ?? 1000) : 1000;
    return refuse('unavailable', 'Try again in a moment.', { headers: { 'retry-after': retryAfter(waitMs) } });
  }
  return refuse('internal', `Tell us this request id: ${requestId}`);
};

/** Builds the API from its declared operations. Every path, known or not, passes the same steps in the same order. */
export const createApp = (options: AppOptions): Hono<{ Bindings: HttpBindings }> => {
  const { deps, metrics } = options;
  const resourceOf = nameResources(options.routes);
  const app = new Hono<{ Bindings: HttpBindings }>();

  /** What is checked before anything is known of the route or the caller. */
  const admit = (request: Request): Answer | undefined => {
    if (declaresTooMuch(request, options.bodyMaxBytes)) return refuse('body_too_large');
    if (hasKeyInQuery(request.url)) {
      return refuse(
        'key_in_query',
        'Send the key in the header Authorization. Consider this key known, and replace it.',
      );
    }
    return undefined;
  };

  const addressOf = (c: HttpContext): string =>
    options.clientAddress(c.env?.incoming?.socket?.remoteAddress, c.req.raw.headers);

  /** An id of the path; whatever else stands in its place is nothing to be written down. */
  const idOf = (c: HttpContext, parameter: string | undefined): string | undefined =>
    parameter === undefined ? undefined : uuid.safeParse(c.req.param(parameter)).data;

  const originOf = (c: HttpContext, route: Route): Origin => {
    const { kind, parameter } = resourceOf(route);
    const id = idOf(c, parameter);
    const traceId = currentTraceId();
    return {
      operation: route.operationId,
      resource: { kind, ...(id === undefined ? {} : { id }) },
      source: addressOf(c),
      ...(traceId === undefined ? {} : { traceId }),
    };
  };

  /** Puts an answer into the audit log where it belongs there. @throws what the database throws: then the answer is not to be given. */
  const audit = async (c: HttpContext, route: Route, notes: Notes, answer: Answer): Promise<void> => {
    const verdict = judge(route, answer);
    if (verdict === 'nothing') return;
    const { code } = (answer.body ?? {}) as { readonly code?: unknown };
    const key = notes.caller ?? notes.refusedKey;
    const origin = originOf(c, route);
    const act = {
      key,
      // Whoever shows no key of ours is counted with his network: he may take any address in it.
      origin: key ? origin : { ...origin, source: sourceOf(addressOf(c)) },
      subjectTenantId: idOf(c, 'tenantId'),
      at: deps.now(),
      status: answer.status,
      code: answer.status >= 400 && typeof code === 'string' ? code : null,
    };
    if (verdict === 'note') return options.audit.note(act);
    try {
      await options.audit.record(act);
    } catch (error) {
      await answer.stream?.cancel();
      throw error;
    }
  };

  const runRoute = async (c: HttpContext, route: Route, notes: Notes): Promise<Answer> => {
    const address = addressOf(c);
    const source = sourceOf(address);
    const who = await options.authenticate(c.req.header('authorization'), source);
    if (!who.ok) {
      notes.refusedKey = who.key;
      return unauthenticated(who.error, deps.environment);
    }
    const caller = who.value;
    notes.caller = caller;
    options.onUse(caller, deps.now());
    // Before the rate limit: who has a key but calls from elsewhere must not spend the tenant's requests.
    if (!(await options.admitAddress(caller.tenantId, address))) {
      return refuse('address_not_allowed', 'Ask those who run this platform to add the address that you call from.');
    }
    const rate = await options.rateLimit(caller.tenantId);
    notes.headers = rate.headers;
    if (!rate.allowed) return refuse('rate_limited');
    if (!mayUse(caller, route)) return refuse('forbidden', `The key needs the scope ${route.scope}.`);
    const began = performance.now();
    const read = await readRequest(route, c.req.raw, c.req.param() as Record<string, string>, options.bodyMaxBytes);
    if (!read.ok) return read.error;
    if (performance.now() - began > bodyPatienceMs) {
      const still = await options.authenticate(c.req.header('authorization'), source);
      if (!still.ok) return unauthenticated(still.error, deps.environment);
    }
    return route.handle(
      {
        ...read.value,
        method: c.req.method,
        path: c.req.path,
        caller,
        origin: originOf(c, route),
        signal: () => c.req.raw.signal,
      },
      deps,
    );
  };

  /** One request: request id, span, handling, metrics, log line. */
  const handle = (
    c: HttpContext,
    template: string,
    run: (notes: Notes) => Promise<Answer>,
    after: (notes: Notes, answer: Answer) => Promise<void> = () => Promise.resolve(),
  ): Promise<Response> => {
    const method = c.req.method;
    return inServerSpan(c.req.raw.headers, method, template, async span => {
      const requestId = newId();
      const start = performance.now();
      const notes: Notes = { headers: {} };
      const fail = (error: unknown): Answer => {
        deps.logger.error({ err: error, requestId, route: template }, 'a request failed');
        return answerFault(error, requestId);
      };
      let answer: Answer;
      try {
        answer = admit(c.req.raw) ?? (await run(notes));
      } catch (error) {
        answer = fail(error);
      }
      try {
        await after(notes, answer);
      } catch (error) {
        answer = fail(error);
      }
      const seconds = (performance.now() - start) / 1000;
      metrics.httpRequestSeconds.observe({ method, route: template, status: answer.status }, seconds);
      describeAnswer(span, answer.status, notes.caller?.tenantId);
      deps.logger.info(
        {
          requestId,
          method,
          route: template,
          status: answer.status,
          durationMs: Math.round(seconds * 10_000) / 10,
          tenantId: notes.caller?.tenantId,
          keyId: notes.caller?.keyId,
        },
        'request',
      );
      return toResponse(answer, {
        ...notes.headers,
        ...everyAnswer(requestId),
        ...(deps.stopping.aborted ? { connection: 'close' } : {}),
      });
    });
  };

  const methodsOf = new Map<string, string[]>();
  for (const route of options.routes) {
    const path = route.path.replace(/\{(\w+)\}/g, ':$1');
    app.on(route.method.toUpperCase(), path, c =>
      handle(
        c,
        route.path,
        notes => runRoute(c, route, notes),
        (notes, answer) => audit(c, route, notes, answer),
      ),
    );
    methodsOf.set(route.path, [...(methodsOf.get(route.path) ?? []), route.method.toUpperCase()]);
  }
  for (const [path, content] of Object.entries(options.pages)) {
    app.get(path, c => handle(c, path, () => Promise.resolve({ status: 200, body: content })));
    methodsOf.set(path, ['GET']);
  }
  for (const [template, methods] of methodsOf) {
    const allow = methods.flatMap(one => (one === 'GET' ? ['GET', 'HEAD'] : [one])).join(', ');
    app.all(template.replace(/\{(\w+)\}/g, ':$1'), c =>
      handle(c, template, () => Promise.resolve(refuse('method_not_allowed', undefined, { headers: { allow } }))),
    );
  }
  app.notFound(c => handle(c, '(unknown)', () => Promise.resolve(refuse('not_found'))));
  return app;
};
