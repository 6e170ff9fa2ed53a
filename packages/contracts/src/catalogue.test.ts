/** What crosses a process or is kept for ever: every entry of the catalogues, with an example. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  commandEnvelope,
  commandReply,
  createConnectionBody,
  createJobBody,
  createTenantBody,
  jobCommands,
  jobConfig,
  jobEvents,
  lane,
  tenantCommands,
  tenantEvents,
  tenantSettings,
  toCloudEvent,
  updateConnectionBody,
  uuid,
  workerCommands,
  workMessage,
} from './index.ts';

const id = '0192f0a4-7c1e-7c35-9b0a-3f5d2c8e1a77';
const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

interface StoredEvent {
  readonly type: string;
  readonly data: object;
}
/** Events as they were stored. Lines are added, never changed: these shapes lie in the logs of deployments. */
const stored = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/events.json'), 'utf8')) as Record<
  'tenant' | 'job',
  StoredEvent[]
>;
const catalogues: Record<'tenant' | 'job', Record<string, z.ZodType>> = { tenant: tenantEvents, job: jobEvents };

describe.each(['tenant', 'job'] as const)('the events of the %s log', log => {
  it.each(stored[log].map(event => [event.type, event] as const))('read what was once stored: %s', (type, event) => {
    const parsed = catalogues[log][type]?.parse(event.data);
    // New fields may get a default; none of the stored ones is lost or changed.
    expect(parsed).toMatchObject(event.data);
  });

  it('each have a stored example in fixtures/events.json', () => {
    expect(new Set(stored[log].map(event => event.type))).toEqual(new Set(Object.keys(catalogues[log])));
  });
});

const key = { keyId: id, prefix: 'frt_live_8FkQ2xZp', hash: '$2b$12$abc' };
const commandBodies: Record<string, unknown> = {
  'create-tenant': { request: { name: 'Birch', slug: 'birch', settings: tenantSettings.parse({}) }, key },
  'create-api-key': { key, label: 'ci', scopes: ['read'], expiresAt: null },
  'revoke-api-key': { keyId: id, force: false },
  'rotate-api-key': { keyId: id, key, overlapSeconds: 0, expiresAt: '2027-01-31T12:00:00.000Z' },
  'update-tenant': { name: 'Birch', settings: { requestsPerSecond: 5 } },
  'suspend-tenant': {},
  'activate-tenant': {},
  'erase-tenant': { slug: 'birch' },
  'create-connection': {
    connectionId: id,
    name: 'Affinity',
    system: 'affinity',
    baseUrl: 'https://api.affinity.co',
    sealedCredentials: 'AQID',
  },
  'update-connection': { connectionId: id, name: 'Affinity', baseUrl: 'https://x', sealedCredentials: 'AQID' },
  'delete-connection': { connectionId: id },
  'create-subscription': {
    subscriptionId: id,
    name: 'Warehouse',
    aggregate: 'jobs',
    eventType: null,
    startAt: 'new',
    userKey: `U${'A'.repeat(55)}`,
  },
  'revoke-subscription': { subscriptionId: id },
  'create-job': {
    jobId: id,
    request: { name: 'Move', source: { connectionId: id }, target: { connectionId: id }, config: jobConfig.parse({}) },
  },
  'start-job': { jobId: id, runId: id },
  'pause-job': { jobId: id },
  'resume-job': { jobId: id },
  'cancel-job': { jobId: id },
  'delete-job': { jobId: id },
  'test-connection': { connectionId: id },
  'read-schema': { connectionId: id },
};

describe('the commands', () => {
  const catalogue: Record<string, z.ZodType> = { ...tenantCommands, ...jobCommands, ...workerCommands };

  it.each(Object.keys(catalogue))('arrive as they were sent: %s', type => {
    expect(commandBodies[type], 'an example in this file').toBeDefined();
    const envelope = {
      id,
      type,
      tenantId: id,
      callerTenantId: id,
      actor: { kind: 'api-key', id },
      issuedAt: '2026-10-01T12:00:00.000Z',
      body: commandBodies[type],
    };
    const received = commandEnvelope.parse(overTheWire(envelope));
    expect(received).toEqual(envelope);
    expect(catalogue[type]?.parse(received.body)).toEqual(commandBodies[type]);
  });

  it('refuse a body without what it needs', () => {
    const accepted: string[] = [];
    for (const [type, schema] of Object.entries(catalogue)) {
      const body = commandBodies[type] as Record<string, unknown>;
      const spoilt = ['connectionId', 'subscriptionId', 'jobId', 'runId', 'keyId', 'key', 'request']
        .filter(name => name in body)
        .flatMap(name => [
          { ...body, [name]: undefined },
          { ...body, [name]: 'not-an-id' },
        ]);
      accepted.push(
        ...spoilt.filter(one => schema.safeParse(one).success).map(one => `${type} ${JSON.stringify(one)}`),
      );
    }
    expect(accepted).toEqual([]);
  });
});

describe('a message', () => {
  it('names tenants by UUIDs in lower case only: nothing else becomes part of a subject', () => {
    for (const bad of ['', '*', '>', `${id}.>`, id.toUpperCase(), `${id}\n`, '00000000-0000-0000-0000-000000000000'])
      expect(uuid.safeParse(bad).success, bad).toBe(false);
    expect(uuid.safeParse(id).success).toBe(true);
  });

  it('of work names a batch and a positive issue', () => {
    const message = { tenantId: id, jobId: id, batchId: id, kind: 'load', issue: 1 };
    expect(workMessage.parse(overTheWire(message))).toEqual(message);
    for (const issue of [0, -1, 1.5, '1', null])
      expect(workMessage.safeParse({ ...message, issue }).success).toBe(false);
  });

  it('of a reply has an answer’s status', () => {
    const reply = { commandId: id, status: 201, body: { a: 1 } };
    expect(commandReply.parse(overTheWire(reply))).toEqual(reply);
    for (const status of [199, 600, '200', 200.5])
      expect(commandReply.safeParse({ ...reply, status }).success).toBe(false);
  });

  it('goes to one of the shared lanes or a tenant’s own', () => {
    for (const good of ['high', 'default', 'low', `tenant-${id}`]) expect(lane.safeParse(good).success).toBe(true);
    for (const bad of ['', 'tenant-x', `tenant-${id}.x`, 'High', 'a.b', '*', 7])
      expect(lane.safeParse(bad).success).toBe(false);
  });
});

describe('a job’s configuration', () => {
  const policy = { same: 'key_and_name', existing: 'match_and_fill_empty' };
  const defaults = {
    objects: ['organizations', 'persons', 'opportunities'],
    policies: { organizations: policy, persons: policy, opportunities: policy },
    lane: 'default',
  };

  it('is all defaults when nothing is said, and keeps what is', () => {
    expect(jobConfig.parse({})).toMatchObject(defaults);
    expect(jobConfig.parse({ policies: { persons: { same: 'never' } } })).toMatchObject({
      ...defaults,
      policies: { organizations: policy, persons: { ...policy, same: 'never' }, opportunities: policy },
    });
    const named = { name: ' Move ', source: { connectionId: id }, target: { connectionId: id } };
    const { lane: _, ...askedFor } = defaults;
    // Which lane it is, the tenant's settings say.
    expect(createJobBody.parse(named).config).toEqual(askedFor);
    expect(createJobBody.parse({ ...named, config: { lane: 'own' } }).config.lane).toBe('own');
  });

  it('is a fresh one each time: changing one does not change the next', () => {
    const one = jobConfig.parse({});
    one.objects.pop();
    one.policies.persons.same = 'never';
    expect(jobConfig.parse({})).toMatchObject(defaults);
  });

  it('refuses what it does not know, an object named twice and none at all', () => {
    for (const bad of [
      { objets: [] },
      { objects: [] },
      { objects: ['persons', 'persons'] },
      { objects: ['deals'] },
      { lane: 'x' },
    ])
      expect(jobConfig.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
  });
});

describe('a request', () => {
  it('to make a tenant has a slug that can stand in a URL', () => {
    for (const good of ['a', 'a-b', '0', 'a'.repeat(50)])
      expect(createTenantBody.safeParse({ name: 'x', slug: good }).success, good).toBe(true);
    for (const bad of ['', '-a', 'a-', 'A', 'a_b', 'a b', 'a'.repeat(51), 'ä', 'a\n'])
      expect(createTenantBody.safeParse({ name: 'x', slug: bad }).success, bad).toBe(false);
  });

  it('for a connection has an address of HTTP only, and a change changes something', () => {
    const body = { name: 'x', system: 'attio', credentials: { apiKey: 'k' } };
    expect(createConnectionBody.safeParse(body).success).toBe(true);
    for (const baseUrl of ['ftp://x', 'file:///etc/passwd', 'javascript:alert(1)', 'x', ''])
      expect(createConnectionBody.safeParse({ ...body, baseUrl }).success, baseUrl).toBe(false);
    expect(updateConnectionBody.safeParse({}).success).toBe(false);
  });
});

describe('a logged event as CloudEvent', () => {
  const logged = {
    id,
    tenantId: id,
    streamId: id,
    version: 3,
    event: { type: 'job-started', data: { runId: id } },
    metadata: {},
    occurredAt: new Date('2026-10-01T12:00:00Z'),
  };

  it('has its id, tenant, stream and version, and a trace only where there was one', () => {
    expect(toCloudEvent('jobs', logged)).toEqual({
      specversion: '1.0',
      id,
      source: '/freight/jobs',
      type: 'freight.jobs.job-started',
      subject: id,
      time: '2026-10-01T12:00:00.000Z',
      datacontenttype: 'application/json',
      tenantid: id,
      streamversion: 3,
      data: { runId: id },
    });
    expect(
      toCloudEvent('jobs', { ...logged, metadata: { traceparent: '00-x', actor: { kind: 'cli', id: 'x' } } }),
    ).toMatchObject({
      traceparent: '00-x',
    });
  });

  it('tells nobody who caused it', () => {
    const event = toCloudEvent('jobs', {
      ...logged,
      metadata: { commandId: id, actor: { kind: 'api-key', id: 'whose' } },
    });
    expect(JSON.stringify(event)).not.toContain('whose');
  });
});
