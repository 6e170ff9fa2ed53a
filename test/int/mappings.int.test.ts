/** What a mapping is made from: both systems as a worker reads them, through the API. */
import type { Mapping } from '@freight/contracts';
import { createLogger, runStopSteps } from '@freight/runtime';
import {
  type AffinityRow,
  createSandboxClient,
  type Sandbox,
  type SandboxClient,
  startSandbox,
} from '@freight/sandbox';
import { compose, readConfig, type WorkersService } from '@freight/workers/compose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type GatewayFixture, startGatewayFixture } from './gatewayFixture.ts';

let f: GatewayFixture;
let sandbox: Sandbox;
let control: SandboxClient;
let worker: WorkersService;
let tenant: { id: string; key: string };
const logger = createLogger({ service: 'test', level: 'error', destination: { write: () => {} } });

beforeAll(async () => {
  sandbox = await startSandbox();
  control = createSandboxClient(sandbox.url);
  const { host } = new URL(sandbox.url);
  f = await startGatewayFixture({ FREIGHT_ALLOWED_HOSTS: host });
  worker = await compose(
    readConfig({
      FREIGHT_ENVIRONMENT: 'test',
      FREIGHT_DATABASE_URL: f.database.url('freight_workers'),
      FREIGHT_NATS_URL: f.nats.url,
      FREIGHT_REDIS_URL: inject('servers').redisUrl,
      FREIGHT_KEYS_DIR: f.keysDir,
      FREIGHT_ALLOWED_HOSTS: host,
      FREIGHT_HEALTH_PORT: '0',
      FREIGHT_HEALTH_HOST: '127.0.0.1',
      FREIGHT_AFFINITY_CALLS_PER_MINUTE: '0',
      FREIGHT_ATTIO_READS_PER_SECOND: '0',
      FREIGHT_ATTIO_WRITES_PER_SECOND: '0',
    }),
    { logger },
  );
  tenant = await f.tenant();
});
afterAll(async () => {
  await runStopSteps(worker.stopSteps, logger);
  await f.stop();
  await sandbox.stop();
});

const option = (id: number, text: string, rank: number) => ({ id, text, rank, color: 0 });
const rows: readonly AffinityRow[] = [
  { kind: 'user', id: 90, first_name: 'Ines', last_name: 'Holm', email: 'Ines@birch.example' },
  { kind: 'field', id: 1, name: 'LinkedIn URL', entity_type: 1, value_type: 6 },
  {
    kind: 'field',
    id: 2,
    name: 'Industry',
    entity_type: 1,
    value_type: 2,
    allows_multiple: true,
    dropdown_options: [option(1, 'SaaS', 0), option(2, 'Health', 1)],
  },
  { kind: 'list', id: 28, name: 'Pipeline', type: 8, public: true, owner_id: 90 },
  {
    kind: 'field',
    id: 3,
    name: 'Status',
    list_id: 28,
    entity_type: 8,
    value_type: 7,
    dropdown_options: [option(4, 'Won', 5), option(3, 'New', 0)],
  },
  { kind: 'field', id: 4, name: 'Owners', list_id: 28, entity_type: 8, value_type: 0, allows_multiple: true },
  { kind: 'list', id: 27, name: 'Watch list', type: 1, public: false, owner_id: 90 },
  { kind: 'field', id: 5, name: 'Next step', list_id: 27, entity_type: 1, value_type: 4 },
];

const connect = async (system: 'affinity' | 'attio', token: string): Promise<string> => {
  const answer = await f.api.call('POST', '/v1/connections', {
    key: tenant.key,
    body: { name: system, system, baseUrl: `${sandbox.url}/${system}`, credentials: { apiKey: token } },
  });
  expect(answer.status).toBe(201);
  return answer.body.id;
};
const open = async () => {
  const source = await control.createWorkspace({ kind: 'affinity', name: 'Birch', limits: null });
  await control.seed(source.id, rows);
  const target = await control.createWorkspace({
    kind: 'attio',
    name: 'Birch',
    limits: null,
    options: { dealsEnabled: true, members: [{ email: 'ines@birch.example', firstName: 'Ines', lastName: 'Holm' }] },
  });
  return {
    source,
    ends: {
      source: { connectionId: await connect('affinity', source.token) },
      target: { connectionId: await connect('attio', target.token) },
    },
  };
};
const post = (path: string, body: unknown) => f.api.call('POST', path, { key: tenant.key, body });

describe('discovery', () => {
  it('says what the source holds: fields with their meaning and options, lists with their size, colleagues', async () => {
    const { ends } = await open();
    const path = `/v1/connections/${ends.source.connectionId}/schema`;
    const { status, body } = await f.api.call('GET', path, { key: tenant.key });
    expect(status).toBe(200);
    expect(body.target).toBeNull();
    const organizations = body.source.objects.find((one: { object: string }) => one.object === 'organizations');
    expect(organizations.fields).toMatchObject([
      { id: 'name', type: 'text' },
      { id: 'domains', type: 'domain', isMultiple: true },
      { id: 'field-1', name: 'LinkedIn URL', type: 'text', role: 'linkedin' },
      { id: 'field-2', type: 'option', isMultiple: true, options: ['SaaS', 'Health'] },
    ]);
    expect(body.source.lists).toMatchObject([
      { id: '27', object: 'organizations', isPublic: false, size: 0, fields: [{ id: 'field-5', type: 'date' }] },
      {
        id: '28',
        object: 'opportunities',
        ownerId: '90',
        fields: [
          { id: 'field-3', type: 'status', role: 'stage' },
          { id: 'field-4', type: 'user' },
        ],
      },
    ]);
    expect(body.source.users).toEqual([
      { id: '90', name: 'Ines Holm', emails: ['Ines@birch.example'], isActive: true },
    ]);
  });

  it('asks the system again only for an answer younger than the one it has', async () => {
    const { source, ends } = await open();
    const path = `/v1/connections/${ends.source.connectionId}/schema`;
    const first = await f.api.call('GET', path, { key: tenant.key });
    await control.seed(source.id, [
      { kind: 'list', id: 30, name: 'New', type: 0, public: true, owner_id: 90 },
    ] as never);
    const again = await f.api.call('GET', path, { key: tenant.key });
    expect(again.text).toBe(first.text);
    const fresh = await f.api.call('GET', `${path}?maxAgeSeconds=0`, { key: tenant.key });
    expect(fresh.body.source.lists).toHaveLength(first.body.source.lists.length + 1);
  });

  it('keeps what it read sealed: names of fields and people are the customer’s', async () => {
    const { ends } = await open();
    await f.api.call('GET', `/v1/connections/${ends.source.connectionId}/schema`, { key: tenant.key });
    const [row] = await f.database.admin<{ sealed: Buffer }[]>`
      select sealed from connection_schemas where connection_id = ${ends.source.connectionId}`;
    expect(row?.sealed.includes('Pipeline')).toBe(false);
    const replies = await f.database.admin<
      { reply_body: unknown }[]
    >`select reply_body from commands where type = 'read-schema'`;
    expect(JSON.stringify(replies)).not.toContain('Pipeline');
  });

  it('says what to do when the system refuses, and shows nothing of another tenant’s', async () => {
    const broken = await connect('affinity', 'wrong');
    const refused = await f.api.call('GET', `/v1/connections/${broken}/schema`, { key: tenant.key });
    expect(refused).toMatchObject({ status: 422, body: { code: 'connection_not_usable' } });
    expect(refused.body.detail).toContain('Test the connection');
    const { ends } = await open();
    const stranger = await f.tenant();
    const path = `/v1/connections/${ends.source.connectionId}/schema`;
    await f.api.call('GET', path, { key: tenant.key });
    expect((await f.api.call('GET', path, { key: stranger.key })).status).toBe(404);
  });
});

describe('a mapping', () => {
  it('is proposed so that it can be carried out, and says what it adds to the target', async () => {
    const { ends } = await open();
    const { status, body } = await post('/v1/mappings/propose', ends);
    expect(status).toBe(200);
    expect(body.problems).toEqual([]);
    const mapping = body.mapping as Mapping;
    expect(Object.keys(mapping.users.members)).toEqual(['90']);
    expect(mapping.objects.organizations?.fields).toContainEqual({ from: 'field-1', to: 'linkedin' });
    expect(mapping.objects.opportunities?.fields).toContainEqual({ from: 'field-3', to: 'stage' });
    expect(mapping.objects.opportunities?.fields).toContainEqual({ from: 'field-4', to: 'owner' });
    const changes = (body.changes as { kind: string; slug: string; title?: string }[]).map(one =>
      `${one.kind} ${one.slug} ${one.title ?? ''}`.trim(),
    );
    expect(changes).toEqual([
      'list watch_list',
      'list pipeline',
      'attribute industry',
      'attribute next_step',
      'option industry SaaS',
      'option industry Health',
      'option stage New',
      'option stage Won',
    ]);
  });

  it('is judged with all its problems at once', async () => {
    const { ends } = await open();
    const proposed = (await post('/v1/mappings/propose', ends)).body.mapping as Mapping;
    const mapping = {
      ...proposed,
      users: { members: {}, fallback: 'nobody' },
      objects: { ...proposed.objects, persons: { to: 'humans', fields: [] } },
    };
    const { status, body } = await post('/v1/mappings/validate', { ...ends, mapping });
    expect(status).toBe(200);
    expect((body.problems as { code: string }[]).map(one => one.code)).toEqual(['unknown_member', 'unknown_object']);
  });

  it('needs a system to read from and one to write to', async () => {
    const { ends } = await open();
    const swapped = { source: ends.target, target: ends.source };
    expect((await post('/v1/mappings/propose', swapped)).body).toMatchObject({ code: 'wrong_system' });
    const missing = { ...ends, target: { connectionId: tenant.id } };
    expect((await post('/v1/mappings/propose', missing)).body).toMatchObject({
      code: 'unknown_connection',
      errors: [{ pointer: '/target/connectionId' }],
    });
  });
});
