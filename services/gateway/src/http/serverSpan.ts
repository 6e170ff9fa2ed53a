import {
  type Context,
  context,
  isSpanContextValid,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
} from '@opentelemetry/api';

const getter: TextMapGetter<Headers> = {
  keys: headers => [...headers.keys()],
  get: (headers, name) => headers.get(name) ?? undefined,
};

/**
 * Runs the handling of a request in a span of its own, a child of the caller's trace where it sent one.
 * @param route the template of the path: ids and queries never get into a span.
 */
export const inServerSpan = <T>(
  headers: Headers,
  method: string,
  route: string,
  work: (span: Span) => Promise<T>,
): Promise<T> => {
  const parent: Context = propagation.extract(context.active(), headers, getter);
  const span = trace
    .getTracer('freight-gateway')
    .startSpan(
      `${method} ${route}`,
      { kind: SpanKind.SERVER, attributes: { 'http.request.method': method, 'http.route': route } },
      parent,
    );
  return context.with(trace.setSpan(parent, span), () => work(span).finally(() => span.end()));
};

/** What became of the request; only our own faults make the span an error. Source: OpenTelemetry, HTTP spans, status. */
export const describeAnswer = (span: Span, status: number, tenantId: string | undefined): void => {
  span.setAttribute('http.response.status_code', status);
  if (tenantId !== undefined) span.setAttribute('freight.tenant.id', tenantId);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
};

/** The trace that is active; undefined where nothing is traced. */
export const currentTraceId = (): string | undefined => {
  const span = trace.getActiveSpan()?.spanContext();
  return span && isSpanContextValid(span) ? span.traceId : undefined;
};
