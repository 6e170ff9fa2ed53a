/** An erasure over HTTP: who may, what it takes, what is left, and that nothing comes back. */
import { type ErasureCertificate, redisKeys, streams, subjects } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { type JwkSet, verifySigned } from '@freight/vault';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';
import { type GatewayFixture, startGatewayFixture, until } from './gatewayFixture.ts';

let f: GatewayFixture;
let redis: Redis;
beforeAll(async () => {
  f = await startGatewayFixture();
  redis = new Redis(inject('servers').redisUrl);
});
afterAll(async () => {
  redis.disconnect();
  await f.stop();
});

const operator = (method: string, path: string, body?: unknown) =>
  f.api.call(method, path, { key: f.operatorKey, ...(body === undefined ? {} : { body }) });

const slugOf = async (id: string): Promise<string> => (await operator('GET', `/v1/tenants/${id}`)).body.slug;

const statusOf = async (id: string): Promise<string> => (await operator('GET', `/v1/tenants/${id}`)).body.status;

const connect2 = (key: string, name: string) =>
  f.api.call('POST', '/v1/connections', {
    key,
    body: { name, system: 'attio', credentials: { apiKey: 'secret' } },
  });

/** Suspends, erases and waits. */
const erase = async (id: string): Promise<void> => {
  const slug = await slugOf(id);
  expect((await operator('POST', `/v1/tenants/${id}/suspend`)).status).toBe(200);
  expect((await operator('POST', `/v1/tenants/${id}/erase`, { slug })).status).toBe(200);
  await until('the tenant is erased', async () => (await statusOf(id)) === 'erased', 20_000);
};

it('takes a suspended tenant, its slug, and an operator', async () => {
  const [tenant, other] = [await f.tenant(), await f.tenant()];
  const path = `/v1/tenants/${tenant.id}/erase`;
  const slug = await slugOf(tenant.id);
  expect((await f.api.call('POST', path, { key: tenant.key, body: { slug } })).status).toBe(403);
  expect((await operator('POST', path, { slug })).body).toMatchObject({ code: 'tenant_not_suspended', status: 409 });
  await operator('POST', `/v1/tenants/${tenant.id}/suspend`);
  const wrong = { slug: await slugOf(other.id) };
  expect((await operator('POST', path, wrong)).body).toMatchObject({ code: 'slug_mismatch', status: 422 });
  expect((await operator('POST', path, {})).status).toBe(400);
  expect((await operator('POST', `/v1/tenants/${newId()}/erase`, { slug })).status).toBe(404);
  expect(await statusOf(tenant.id)).toBe('suspended');
});

it('removes a tenant from everywhere but for its id, and gives a certificate that anybody can check', async () => {
  const [tenant, other] = [await f.tenant(), await f.tenant()];
  const slug = await slugOf(tenant.id);
  await connect2(tenant.key, 'Marked connection');
  await connect2(other.key, 'Other connection');
  await operator('PATCH', `/v1/tenants/${tenant.id}`, { name: 'Marked name' });
  await redis.set(redisKeys.activeJobs(tenant.id), 'x');
  await redis.set(redisKeys.activeJobs(other.id), 'x');
  await f.bus.putDead({ subject: subjects.command(tenant.id, 'jobs', 'x'), data: Buffer.from('x') }, 'jobs', 'x', 'x');
  expect((await operator('GET', `/v1/tenants/${tenant.id}/erasure-certificate`)).status).toBe(404);
  await erase(tenant.id);

  expect((await connect2(tenant.key, 'x')).status).toBe(401);
  expect((await operator('POST', `/v1/tenants/${tenant.id}/activate`)).body.code).toBe('tenant_erased');
  expect((await operator('POST', `/v1/tenants/${tenant.id}/export`)).body.code).toBe('tenant_erased');
  expect((await operator('POST', `/v1/tenants/${tenant.id}/erase`, { slug })).body.status).toBe('erased');
  // Its audit log does not begin anew: what operators do is in their own.
  expect(await f.database.admin`select 1 from audit_log where tenant_id = ${tenant.id}`).toHaveLength(0);
  const acts = await f.database.admin`select operation from audit_log where subject_tenant_id = ${tenant.id}`;
  expect(acts.map(row => row['operation'])).toContain('eraseTenant');
  // The slug is free again; the id never is.
  expect((await operator('POST', '/v1/tenants', { name: 'Another', slug })).status).toBe(201);

  const certificate = (await operator('GET', `/v1/tenants/${tenant.id}/erasure-certificate`))
    .body as ErasureCertificate;
  const published = (await f.api.call('GET', '/v1/signing-keys')).body as JwkSet;
  expect(verifySigned(certificate, published, 'freight.erasure')).toBeUndefined();
  expect(certificate.content.removed).toMatchObject({
    rows: { connections: 1, connection_secrets: 1, api_keys: 1, tenant_events: 6 },
    messages: { [streams.dead]: 1 },
  });
  expect(certificate.content.removed.messages[streams.events]).toBeGreaterThanOrEqual(6);
  expect(certificate.content.removed.redisKeys).toBeGreaterThanOrEqual(1);

  expect(await redis.keys(`freight:${tenant.id}:*`)).toEqual([]);
  expect(await redis.keys(`freight:${other.id}:jobs:*`)).toHaveLength(1);
  const nc = await connect(asUser(f.nats));
  const manager = await jetstreamManager(nc);
  const held = async (id: string) =>
    Promise.all(
      Object.entries(subjects.ofTenant(id)).map(([stream, filter]) =>
        // The stream of work is the job service's to make: one that nobody made holds nothing.
        manager.streams.info(stream, { subjects_filter: filter }).then(
          info => Object.keys(info.state.subjects ?? {}).length,
          () => 0,
        ),
      ),
    );
  await until('the last event is sent', async () => (await held(tenant.id)).reduce((a, b) => a + b, 0) === 1);
  const last = await manager.streams.getMessage(streams.events, {
    last_by_subj: subjects.event(tenant.id, 'tenants', tenant.id, 'tenant-erased'),
  });
  expect(last?.json()).toMatchObject({ type: 'freight.tenants.tenant-erased' });
  expect((await held(other.id)).reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
  await nc.close();

  // Nothing that people wrote is left anywhere in the database.
  const tables = await f.database.admin<{ name: string }[]>`
    select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`;
  for (const { name } of tables) {
    const rows = await f.database.admin`select t::text as row from ${f.database.admin(name)} t`;
    const found = rows
      .map(row => String(row['row']))
      .filter(row => /Marked/.test(row) || row.includes(tenant.key.slice(0, 17)));
    expect(found, name).toEqual([]);
  }
});

it('is carried on by a tenant service that is started anew', async () => {
  const tenant = await f.tenant();
  const slug = await slugOf(tenant.id);
  await operator('POST', `/v1/tenants/${tenant.id}/suspend`);
  await operator('POST', `/v1/tenants/${tenant.id}/erase`, { slug });
  await f.stopTenants();
  expect(await statusOf(tenant.id)).toBe('erasing');
  const waiting = await operator('GET', `/v1/tenants/${tenant.id}/erasure-certificate`);
  expect([waiting.status, waiting.headers.get('retry-after')]).toEqual([409, '5']);
  await f.startTenants();
  await until('the tenant is erased', async () => (await statusOf(tenant.id)) === 'erased', 20_000);
});
