/** A connection that a job uses is not deleted, whichever of the two commands comes first, and however close together. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Bus, connectBus } from '@freight/bus';
import { type CommandReply, type CommandService, tenantSettings } from '@freight/contracts';
import { compose as composeJobs, readConfig as readJobsConfig } from '@freight/jobs/compose';
import { newId } from '@freight/kernel';
import { createLogger, type RunningService, runStopSteps } from '@freight/runtime';
import { type NatsServer, startNats } from '@freight/servers';
import { compose as composeTenants, readConfig as readTenantsConfig } from '@freight/tenants/compose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';

let database: TestDatabase;
let nats: NatsServer;
let bus: Bus;
let services: readonly RunningService[];
let tenantId: string;
const logger = createLogger({ service: 'test', level: 'error', destination: { write: () => {} } });

const send = async (service: CommandService, type: string, body: Record<string, unknown>): Promise<CommandReply> => {
  const id = newId();
  await database.admin`
    insert into commands (tenant_id, id, service, type, subject_tenant_id, fingerprint, sealed)
    values (${tenantId}, ${id}, ${service}, ${type}, ${tenantId}, ${randomBytes(32)}, ${randomBytes(32)})`;
  const reply = bus.awaitReply(id, 10_000);
  const actor = { kind: 'api-key', id: 'test' } as const;
  const issuedAt = new Date().toISOString();
  await bus.publishCommand({ id, type, tenantId, callerTenantId: tenantId, actor, issuedAt, body }, service);
  const answer = await reply;
  if (!answer) throw new Error(`no reply to ${type}`);
  return answer;
};

beforeAll(async () => {
  database = await createTestDatabase();
  nats = await startNats({ dir: join(import.meta.dirname, '../../.freight'), durable: false });
  const common = (role: 'freight_tenants' | 'freight_jobs') => ({
    FREIGHT_ENVIRONMENT: 'test',
    FREIGHT_DATABASE_URL: database.url(role),
    FREIGHT_NATS_URL: nats.url,
    FREIGHT_HEALTH_PORT: '0',
    FREIGHT_HEALTH_HOST: '127.0.0.1',
  });
  services = [
    await composeTenants(readTenantsConfig(common('freight_tenants')), { logger }),
    await composeJobs(readJobsConfig(common('freight_jobs')), { logger }),
  ];
  bus = await connectBus({ url: nats.url, name: 'test', replicas: 1, onStatus: () => {} });
  tenantId = newId();
  const key = { keyId: newId(), prefix: 'frt_test_00000000', hash: 'hash' };
  const request = { name: 'T', slug: `t-${tenantId.slice(-12)}`, settings: tenantSettings.parse({}) };
  const made = await send('tenants', 'create-tenant', { request, key });
  if (made.status !== 201) throw new Error(`no tenant: ${JSON.stringify(made)}`);
});
afterAll(async () => {
  for (const service of services) await runStopSteps(service.stopSteps, logger);
  await bus.close();
  await nats.stop();
  await database.drop();
});

const connection = async (system: 'affinity' | 'attio'): Promise<string> => {
  const connectionId = newId();
  const body = { connectionId, name: system, system, baseUrl: 'https://crm.example', sealedCredentials: 'AAAA' };
  expect((await send('tenants', 'create-connection', body)).status).toBe(201);
  return connectionId;
};

const createJob = (source: string, target: string) => {
  const jobId = newId();
  const request = { name: 'J', source: { connectionId: source }, target: { connectionId: target } };
  return { jobId, reply: send('jobs', 'create-job', { jobId, request }) };
};

const deleteConnection = (connectionId: string) => send('tenants', 'delete-connection', { connectionId });

it('is refused while a job has not ended, and done when it has', async () => {
  const [source, target] = [await connection('affinity'), await connection('attio')];
  const { jobId, reply } = createJob(source, target);
  expect((await reply).status).toBe(201);
  for (const id of [source, target]) {
    expect(await deleteConnection(id)).toMatchObject({
      status: 409,
      body: { code: 'connection_in_use', detail: expect.stringContaining(jobId) as string },
    });
  }
  const secrets =
    await database.admin`select 1 from connection_secrets where connection_id in ${database.admin([source, target])}`;
  expect(secrets).toHaveLength(2);
  expect((await send('jobs', 'cancel-job', { jobId })).status).toBe(200);
  for (const id of [source, target]) expect((await deleteConnection(id)).status).toBe(204);
});

it('never leaves a job with a connection that is gone, when both commands come at once', async () => {
  const target = await connection('attio');
  const ends: string[] = [];
  for (let i = 0; i < 30; i++) {
    const source = await connection('affinity');
    const first = i % 2 === 0 ? deleteConnection(source) : undefined;
    const job = createJob(source, target).reply;
    const [deleted, created] = await Promise.all([first ?? deleteConnection(source), job]);
    ends.push(`${deleted.status} ${created.status}`);
  }
  expect(ends.filter(one => one !== '204 422' && one !== '409 201')).toEqual([]);
});
