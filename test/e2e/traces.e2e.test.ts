import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Platform } from '@freight/cli/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareMove, slice, startTestPlatform } from './platform.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly service: string;
  readonly attributes: ReadonlyMap<string, string>;
}

interface OtlpAttribute {
  key: string;
  value: { stringValue?: string; intValue?: string | number };
}
interface OtlpTraces {
  resourceSpans: {
    resource: { attributes: OtlpAttribute[] };
    scopeSpans: {
      spans: { traceId: string; spanId: string; parentSpanId?: string; name: string; attributes?: OtlpAttribute[] }[];
    }[];
  }[];
}

const valuesOf = (attributes: readonly OtlpAttribute[] = []): ReadonlyMap<string, string> =>
  new Map(attributes.map(one => [one.key, String(one.value.stringValue ?? one.value.intValue ?? '')]));

/** Takes OTLP over HTTP with JSON bodies, as a collector does. */
const startReceiver = async (): Promise<{ server: Server; url: string; spans: Span[] }> => {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      if (request.url === '/v1/traces') {
        for (const { resource, scopeSpans } of (JSON.parse(body) as OtlpTraces).resourceSpans) {
          const service = valuesOf(resource.attributes).get('service.name') ?? '';
          for (const span of scopeSpans.flatMap(one => one.spans)) {
            spans.push({ ...span, service, attributes: valuesOf(span.attributes) });
          }
        }
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans };
};

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let platform: Platform;
beforeAll(async () => {
  receiver = await startReceiver();
  const otlp = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '200',
  };
  platform = await startTestPlatform({ settings: { gateway: otlp, tenants: otlp, jobs: otlp, workers: otlp } });
});
afterAll(async () => {
  await platform?.stop();
  receiver?.server.close();
});

describe('a trace', () => {
  it('leads from the HTTP request over NATS through the services to the call of the CRM', async () => {
    const move = await prepareMove(platform, slice(10, 10));
    await move.start();
    await move.until('the job has ended', job => job.status === 'completed');

    const servicesOf = (root: Span) =>
      new Set(receiver.spans.filter(span => span.traceId === root.traceId).map(span => span.service));
    const rootOf = (name: RegExp) =>
      receiver.spans.find(span => span.service === 'freight-gateway' && name.test(span.name));

    // Creating a connection crosses gateway and tenants; testing it, gateway and workers, down to the vendor.
    const created = () => rootOf(/^POST \/v1\/connections$/);
    const tested = () => rootOf(/^POST \/v1\/connections\/.*test$/);
    const started = () => rootOf(/^POST \/v1\/jobs\/.*start$/);
    const seen = () => [created(), tested(), started()].map(root => (root ? [...servicesOf(root)].sort() : []));
    await expect
      .poll(seen, { timeout: 15_000 })
      .toEqual([
        expect.arrayContaining(['freight-gateway', 'freight-tenants']),
        expect.arrayContaining(['freight-gateway', 'freight-workers']),
        expect.arrayContaining(['freight-gateway', 'freight-jobs', 'freight-workers']),
      ]);
    const start = started();
    const inTrace = () => receiver.spans.filter(span => span.traceId === start?.traceId);
    const call = inTrace().find(span => span.service === 'freight-workers' && span.name.startsWith('POST /v2/objects'));
    expect(call, `spans seen: ${[...new Set(inTrace().map(span => span.name))].join(' | ')}`).toBeDefined();
    // Every span but the first hangs on another one of its trace; a parent may arrive after its children.
    const roots = () => {
      const ids = new Set(inTrace().map(span => span.spanId));
      return inTrace()
        .filter(span => !span.parentSpanId || !ids.has(span.parentSpanId))
        .map(span => span.name);
    };
    await expect.poll(roots, { timeout: 15_000 }).toEqual([start?.name]);
  });

  it('has few names, and none with an id in it', () => {
    const names = new Set(receiver.spans.map(span => span.name));
    expect(names.size).toBeLessThan(60);
    for (const name of names) expect(name).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
  });
});
