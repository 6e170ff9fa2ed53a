import { newId } from '@freight/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayFixture, startGatewayFixture } from './gatewayFixture.ts';

let f: GatewayFixture;
type Json = Awaited<ReturnType<GatewayFixture['api']['call']>>['body'];
let document: Json;

beforeAll(async () => {
  f = await startGatewayFixture();
  document = (await f.api.call('GET', '/openapi.json')).body;
});
afterAll(() => f.stop());

const operations = (): { method: string; path: string; operation: Json }[] =>
  Object.entries(document.paths as Record<string, Record<string, unknown>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

describe('the OpenAPI document', () => {
  it('has every operation of the API', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(
      operations()
        .map(one => `${one.method} ${one.path}`)
        .sort(),
    ).toEqual(
      [
        'POST /v1/tenants',
        'GET /v1/tenants',
        'GET /v1/tenants/{tenantId}',
        'PATCH /v1/tenants/{tenantId}',
        'POST /v1/tenants/{tenantId}/suspend',
        'POST /v1/tenants/{tenantId}/activate',
        'POST /v1/tenants/{tenantId}/export',
        'POST /v1/tenants/{tenantId}/erase',
        'GET /v1/tenants/{tenantId}/erasure-certificate',
        'POST /v1/tenants/{tenantId}/api-keys',
        'GET /v1/tenants/{tenantId}/api-keys',
        'DELETE /v1/tenants/{tenantId}/api-keys/{keyId}',
        'POST /v1/api-keys',
        'GET /v1/api-keys',
        'DELETE /v1/api-keys/{keyId}',
        'POST /v1/api-keys/{keyId}/rotate',
        'POST /v1/connections',
        'GET /v1/connections',
        'GET /v1/connections/{connectionId}',
        'PATCH /v1/connections/{connectionId}',
        'DELETE /v1/connections/{connectionId}',
        'POST /v1/connections/{connectionId}/test',
        'GET /v1/connections/{connectionId}/schema',
        'POST /v1/mappings/propose',
        'POST /v1/mappings/validate',
        'POST /v1/jobs',
        'GET /v1/jobs',
        'GET /v1/jobs/{jobId}',
        'DELETE /v1/jobs/{jobId}',
        'POST /v1/jobs/{jobId}/start',
        'POST /v1/jobs/{jobId}/pause',
        'POST /v1/jobs/{jobId}/resume',
        'POST /v1/jobs/{jobId}/cancel',
        'GET /v1/jobs/{jobId}/events',
        'GET /v1/jobs/{jobId}/records',
        'POST /v1/subscriptions',
        'GET /v1/subscriptions',
        'GET /v1/subscriptions/{subscriptionId}',
        'DELETE /v1/subscriptions/{subscriptionId}',
        'GET /v1/commands/{commandId}',
        'GET /v1/audit-log',
        'GET /v1/tenants/{tenantId}/audit-log',
      ].sort(),
    );
    const ids = operations().map(one => one.operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('resolves every reference, and declares every parameter of a path', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(match => match[1] ?? '');
    expect(references.length).toBeGreaterThan(10);
    for (const reference of references) {
      const target = reference.split('/').reduce((node, step) => node?.[step], document);
      expect([reference, target !== undefined]).toEqual([reference, true]);
    }
    for (const { path, operation } of operations()) {
      const declared = (operation.parameters ?? [])
        .filter((one: { in: string }) => one.in === 'path')
        .map((one: { name: string }) => one.name);
      expect(declared).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(match => match[1]));
    }
  });

  it('describes operations that all refuse a request without a key with the same bytes', async () => {
    const texts = new Set<string>();
    for (const { method, path } of operations()) {
      const answer = await f.api.call(method, path.replace(/\{\w+\}/g, newId()));
      expect([method, path, answer.status]).toEqual([method, path, 401]);
      texts.add(answer.text);
    }
    expect(texts.size).toBe(1);
  });

  it('leads from the root, which needs no key', async () => {
    const root = await f.api.call('GET', '/');
    expect([root.status, root.body.links.openapi]).toEqual([200, '/openapi.json']);
    const events = await f.api.call('GET', root.body.links.asyncapi);
    expect([events.status, events.body.asyncapi]).toEqual([200, '3.0.0']);
  });
});
