import { headers, type MsgHdrs } from '@nats-io/transport-node';
import {
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api';

const setter: TextMapSetter<MsgHdrs> = { set: (carrier, key, value) => carrier.set(key, value) };
const getter: TextMapGetter<MsgHdrs> = {
  keys: carrier => carrier.keys(),
  get: (carrier, key) => carrier.get(key) || undefined,
};

const tracer = () => trace.getTracer('freight-bus');

/** Headers that carry the current trace. Source: W3C Trace Context; the names are the HTTP ones. */
export const tracedHeaders = (): MsgHdrs => {
  const carrier = headers();
  propagation.inject(context.active(), carrier, setter);
  return carrier;
};

const inSpan = async <T>(span: Span, work: () => Promise<T>): Promise<T> => {
  try {
    return await context.with(trace.setSpan(context.active(), span), work);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    if (error instanceof Error) span.recordException({ name: error.name, message: error.message });
    throw error;
  } finally {
    span.end();
  }
};

/** A span around sending; `destination` is a template without ids, so that names stay few. */
export const publishing = <T>(destination: string, tenantId: string, work: () => Promise<T>): Promise<T> =>
  inSpan(
    tracer().startSpan(`publish ${destination}`, {
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'nats',
        'messaging.operation.type': 'send',
        'messaging.destination.template': destination,
        'freight.tenant.id': tenantId,
      },
    }),
    work,
  );

/** A span around handling a message, as a child of the one that sent it. */
export const processing = <T>(
  destination: string,
  carrier: MsgHdrs | undefined,
  tenantId: string,
  work: () => Promise<T>,
): Promise<T> => {
  const parent = carrier ? propagation.extract(context.active(), carrier, getter) : context.active();
  return context.with(parent, () =>
    inSpan(
      tracer().startSpan(`process ${destination}`, {
        kind: SpanKind.CONSUMER,
        attributes: {
          'messaging.system': 'nats',
          'messaging.operation.type': 'process',
          'messaging.destination.template': destination,
          'freight.tenant.id': tenantId,
        },
      }),
      work,
    ),
  );
};

/** The current trace as the text of a `traceparent` header; undefined where nothing is traced. */
export const currentTraceparent = (): string | undefined => {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier['traceparent'];
};

/** Runs something as part of the trace of a stored `traceparent`, so that work that was planned long after a request still belongs to it. */
export const inTrace = <T>(traceparent: string | undefined, work: () => Promise<T>): Promise<T> =>
  traceparent === undefined ? work() : context.with(propagation.extract(context.active(), { traceparent }), work);
