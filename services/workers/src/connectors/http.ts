import { backoffMs, sleep } from '@freight/kernel';
import { type Attributes, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { CrmCall } from './call.ts';
import type { CrmAccess } from './connector.ts';
import { CrmError } from './crmError.ts';
import { failureOf, readJson, refusalOf, stoppedBefore } from './reply.ts';
import type { Vendor } from './vendor.ts';

/** The one way to a CRM. Keeps within the account's budget, traces, bounds and classifies. */
export interface CrmClient {
  /**
   * Sends one call and gives the reply's JSON, undefined for an empty body. What was certainly not carried out, reads, and writes that may be
   * repeated are tried again a few times; any other write that may have happened never is.
   * @throws CrmError; FreightError of `acquire`.
   */
  call(call: CrmCall, signal: AbortSignal): Promise<unknown>;
}

export interface CrmClientOptions {
  /** For one attempt, from its sending to the last byte of its reply. Milliseconds. */
  readonly timeoutMs?: number;
  /** How often a read, or a write that was certainly not carried out, is sent again in place. */
  readonly retriesMax?: number;
  /** How often a 429 is waited out in place, and the longest wait to sit out so; a longer one is the caller's business. */
  readonly waitsMax?: number;
  readonly waitMaxMs?: number;
  readonly bodyMaxBytes?: number;
}

const defaults = {
  timeoutMs: 15_000,
  retriesMax: 3,
  waitsMax: 5,
  waitMaxMs: 10_000,
  bodyMaxBytes: 32 * 1024 * 1024,
} as const satisfies Required<CrmClientOptions>;

/** How often one call was sent again, and why. */
interface Tries {
  waits: number;
  failures: number;
}

const tracer = trace.getTracer('freight-workers');

/** The headers that carry the trace on; baggage stays here, a vendor has no business with it. */
const traceHeaders = (span: Span): Record<string, string> => {
  const carrier: Record<string, string> = {};
  propagation.inject(trace.setSpan(context.active(), span), carrier);
  const { traceparent, tracestate } = carrier;
  return { ...(traceparent ? { traceparent } : {}), ...(tracestate ? { tracestate } : {}) };
};

/** Aborts with the caller's signal or after the time; `AbortSignal.any` on a signal that lives for hours would pile up listeners. */
const deadline = (ms: number, signal: AbortSignal) => {
  const controller = new AbortController();
  const abort = () => controller.abort(new Error('aborted'));
  const timer = setTimeout(() => controller.abort(new Error('timed out')), ms);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
};

/** Whether the call may be sent again by us: not when it will be refused for ever, nor a write that may have happened and must not happen twice. */
const maySendAgain = (call: CrmCall, error: unknown): boolean =>
  error instanceof CrmError &&
  (error.kind === 'unavailable' || (error.kind === 'outcome_unknown' && call.isRepeatable === true));

export const createCrmClient = (access: CrmAccess, vendor: Vendor, options: CrmClientOptions = {}): CrmClient => {
  const own = access.callTimeoutMs === undefined ? {} : { timeoutMs: access.callTimeoutMs };
  const limits = { ...defaults, ...own, ...options };
  const { hostname } = new URL(access.baseUrl);

  const attempt = async (call: CrmCall, span: Span, signal: AbortSignal): Promise<unknown> => {
    const about = { vendor, call };
    if (signal.aborted) throw stoppedBefore(about);
    using limit = deadline(limits.timeoutMs, signal);
    let response: Response;
    try {
      response = await fetch(`${access.baseUrl}${call.path ?? call.route}`, {
        method: call.method,
        headers: {
          accept: 'application/json',
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...vendor.headers(access.apiKey),
          ...traceHeaders(span),
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        // A redirect could lead to a host that connections must not reach.
        redirect: 'manual',
        signal: limit.signal,
      });
    } catch (cause) {
      throw failureOf(about, cause);
    }
    span.setAttribute('http.response.status_code', response.status);
    const body = await readJson(response, limits.bodyMaxBytes).catch((cause: unknown) => {
      if (response.ok) throw failureOf(about, cause);
      return undefined;
    });
    if (!response.ok) throw refusalOf(about, response, body);
    return body;
  };

  const traced = (call: CrmCall, resends: number, signal: AbortSignal): Promise<unknown> => {
    const attributes: Attributes = { 'http.request.method': call.method, 'server.address': hostname };
    if (resends > 0) attributes['http.request.resend_count'] = resends;
    return tracer.startActiveSpan(
      `${call.method} ${call.route}`,
      { kind: SpanKind.CLIENT, attributes },
      async (span: Span) => {
        const startedAt = performance.now();
        let status = 0;
        try {
          const body = await attempt(call, span, signal);
          status = 200;
          return body;
        } catch (error) {
          status = error instanceof CrmError ? (error.status ?? 0) : 0;
          span.setAttribute('error.type', error instanceof CrmError ? error.kind : 'unknown');
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
          access.onCall?.(call.callClass, status, (performance.now() - startedAt) / 1000);
        }
      },
    );
  };

  /** Sits out what can be sat out here. @returns false when the error is the caller's business. */
  const waitFor = async (call: CrmCall, error: unknown, tries: Tries, signal: AbortSignal): Promise<boolean> => {
    if (error instanceof CrmError && error.kind === 'rate_limited') {
      const ms = error.retryAfterMs ?? 0;
      await access.pauseAccount(ms);
      if (tries.waits >= limits.waitsMax || ms > limits.waitMaxMs) return false;
      tries.waits++;
      await sleep(ms, signal);
      return !signal.aborted;
    }
    if (!maySendAgain(call, error) || tries.failures >= limits.retriesMax) return false;
    tries.failures++;
    await sleep(backoffMs(tries.failures, { baseMs: 200, maxMs: 2000 }), signal);
    return !signal.aborted;
  };

  return {
    async call(call, signal) {
      const tries: Tries = { waits: 0, failures: 0 };
      for (;;) {
        await access.acquire(call.callClass, signal);
        try {
          return await traced(call, tries.waits + tries.failures, signal);
        } catch (error) {
          if (!(await waitFor(call, error, tries, signal))) throw error;
        }
      }
    },
  };
};
