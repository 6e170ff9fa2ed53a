/** What operators change of a tenant: its name, its settings, and whether it may do anything at all. */
import { platformTenantId } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, type GatewayFixture, startGatewayFixture, until } from './gatewayFixture.ts';
import { quick, use, useToTheEnd } from './revocationUse.ts';

let f: GatewayFixture;
let other: { api: Api; stop(): Promise<void> };

beforeAll(async () => {
  f = await startGatewayFixture();
  other = await f.another({});
});
afterAll(async () => {
  await other.stop();
  await f.stop();
});

const operate = (method: string, path: string, body?: object) =>
  f.api.call(method, path, { key: f.operatorKey, ...(body === undefined ? {} : { body }) });

describe('a tenant', () => {
  it('is read and changed; what is not named stays, and the slug does', async () => {
    const { id } = await f.tenant({ requestsPerSecond: 20 });
    const before = (await operate('GET', `/v1/tenants/${id}`)).body;
    expect(before).toMatchObject({ id, status: 'active', settings: { requestsPerSecond: 20, requestBurst: 100 } });
    const changed = await operate('PATCH', `/v1/tenants/${id}`, { name: 'New', settings: { requestBurst: 7 } });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      name: 'New',
      slug: before.slug,
      settings: { requestsPerSecond: 20, requestBurst: 7, batchesOutstandingMax: 8 },
    });
    expect((await operate('GET', `/v1/tenants/${id}`)).body).toEqual(changed.body);
    for (const body of [
      {},
      { slug: 'x' },
      { settings: {} },
      { settings: { requestBurst: 0 } },
      { settings: { x: 1 } },
    ]) {
      const answer = await operate('PATCH', `/v1/tenants/${id}`, body);
      expect([body, answer.status, answer.body.code]).toEqual([body, 400, 'invalid_request']);
    }
  });

  it('is bound by its new limits after some seconds', async () => {
    const { id, key } = await f.tenant(quick);
    expect(await use(f.api, key)).toBe(200);
    await operate('PATCH', `/v1/tenants/${id}`, { settings: { requestsPerSecond: 1, requestBurst: 2 } });
    await until('the limit is in force', async () => (await use(f.api, key)) === 429, 5000);
  });

  it('that is not there, or is the operators’ own, is not found', async () => {
    const texts = new Set<string>();
    for (const id of [newId(), platformTenantId]) {
      for (const [method, path, body] of [
        ['GET', `/v1/tenants/${id}`],
        ['PATCH', `/v1/tenants/${id}`, { name: 'x' }],
        ['POST', `/v1/tenants/${id}/suspend`],
        ['POST', `/v1/tenants/${id}/activate`],
      ] as const) {
        const answer = await operate(method, path, body);
        expect([method, path, answer.status]).toEqual([method, path, 404]);
        texts.add(answer.text);
      }
    }
    expect(texts.size).toBe(1);
  });

  it('cannot read or change itself or another one', async () => {
    const [mine, theirs] = [await f.tenant(), await f.tenant()];
    const texts = new Set<string>();
    for (const id of [mine.id, theirs.id, newId()]) {
      for (const [method, path, body] of [
        ['GET', `/v1/tenants/${id}`],
        ['PATCH', `/v1/tenants/${id}`, { name: 'x' }],
        ['POST', `/v1/tenants/${id}/suspend`],
        ['POST', `/v1/tenants/${id}/activate`],
      ] as const) {
        const answer = await f.api.call(method, path, { key: mine.key, ...(body ? { body } : {}) });
        expect([method, answer.status]).toEqual([method, 403]);
        texts.add(answer.text);
      }
    }
    expect(texts.size).toBe(1);
  });
});

describe('a suspended tenant', () => {
  it('is refused within a second on every gateway, in so many words, and no other tenant is', async () => {
    const [mine, theirs] = [await f.tenant(quick), await f.tenant(quick)];
    for (const api of [f.api, other.api]) expect(await use(api, mine.key)).toBe(200);
    const suspended = await operate('POST', `/v1/tenants/${mine.id}/suspend`);
    expect([suspended.status, suspended.body.status]).toEqual([200, 'suspended']);
    const since = performance.now();
    for (const { refusedAfterMs, takenAfterMs } of await Promise.all(
      [f.api, other.api].map(api => useToTheEnd(api, mine.key, since, { refusals: [403] })),
    )) {
      expect(refusedAfterMs).toBeLessThan(1000);
      expect(takenAfterMs).toBeLessThan(refusedAfterMs);
    }
    const answer = await f.api.call('GET', '/v1/jobs', { key: mine.key });
    expect([answer.status, answer.body.code]).toEqual([403, 'tenant_suspended']);
    const write = await f.api.call('POST', '/v1/api-keys', { key: mine.key, body: { label: 'x' } });
    expect(write.status).toBe(403);
    expect(await use(f.api, theirs.key)).toBe(200);
    // A key that no gateway has seen before is told the same.
    const fresh = await f.storeKey(mine.id, {});
    expect((await f.api.call('GET', '/v1/jobs', { key: fresh })).body.code).toBe('tenant_suspended');
    expect((await operate('GET', '/v1/tenants?limit=200')).body.items).toContainEqual(suspended.body);

    const active = await operate('POST', `/v1/tenants/${mine.id}/activate`);
    expect([active.status, active.body.status]).toEqual([200, 'active']);
    for (const api of [f.api, other.api]) {
      await until('it is let in again', async () => (await use(api, mine.key)) === 200, 1000);
    }
  });

  it('is suspended and activated once; again changes nothing', async () => {
    const { id } = await f.tenant();
    const first = await operate('POST', `/v1/tenants/${id}/suspend`);
    expect((await operate('POST', `/v1/tenants/${id}/suspend`)).body).toEqual(first.body);
    await operate('POST', `/v1/tenants/${id}/activate`);
    await operate('POST', `/v1/tenants/${id}/activate`);
    const events = await f.database.admin`
      select type from tenant_events where tenant_id = ${id} and type like 'tenant-%' order by version`;
    expect(events.map(row => row['type'])).toEqual(['tenant-created', 'tenant-suspended', 'tenant-activated']);
  });
});
