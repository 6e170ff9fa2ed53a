/** What the gateway writes into the audit log, and how it is read. */
import { hashOf, verifyChain } from '@freight/audit';
import type { CommandHandlers } from '@freight/commands';
import { type AuditEntry, generateApiKey, jobCommands, platformTenantId, problem } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GatewayFixture, startGatewayFixture, until } from './gatewayFixture.ts';

let f: GatewayFixture;
let tenant: { id: string; key: string };

beforeAll(async () => {
  f = await startGatewayFixture({ FREIGHT_AUDIT_REFUSALS_MS: '40', FREIGHT_AUDIT_STRANGERS_MS: '40' });
  const unknown = () => Promise.resolve(() => Promise.resolve({ status: 404, body: { ...problem('not_found') } }));
  const handlers: unknown = Object.fromEntries(Object.keys(jobCommands).map(type => [type, unknown]));
  f.answerJobs(handlers as CommandHandlers<typeof jobCommands>);
});
afterAll(() => f.stop());
beforeEach(async () => {
  tenant = await f.tenant();
});

const lines = (text: string): AuditEntry[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as AuditEntry);

/** The log as it is in the database; reading it through the API would be written down. */
const logOf = async (tenantId: string): Promise<AuditEntry[]> => {
  const rows = await f.database.admin<{ text: string; hash: string }[]>`
    select freight_audit_canonical(a) as text, encode(hash, 'hex') as hash from audit_log a
    where tenant_id = ${tenantId} order by seq`;
  return rows.map(({ text, hash }) => ({ ...(JSON.parse(text) as AuditEntry), hash }));
};
const written = async (tenantId: string, what: (entry: AuditEntry) => boolean, count = 1): Promise<AuditEntry[]> => {
  let found: AuditEntry[] = [];
  const enough = async () => {
    found = (await logOf(tenantId)).filter(what);
    return found.reduce((sum, entry) => sum + entry.count, 0) >= count;
  };
  await until('it is in the log', enough).catch(async (error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify(await logOf(tenantId), null, 1)}`);
  });
  return found;
};
const keyIdOf = async (tenantId: string) => {
  const [row] = await f.database
    .admin`select id from api_keys where tenant_id = ${tenantId} order by created_at limit 1`;
  return row?.['id'] as string;
};
const connection = { name: 'Old', system: 'affinity', credentials: { apiKey: 'secret-of-the-vendor' } };

describe('every operation that changes something', () => {
  interface Operation {
    readonly method: string;
    readonly path: string;
    readonly operationId: string;
    readonly description: string;
  }
  const operations = async (): Promise<Operation[]> => {
    const { body } = await f.api.call('GET', '/openapi.json');
    return Object.entries(body.paths as Record<string, Record<string, Operation>>).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
    );
  };
  const isRead = ({ method, description }: Operation) => method === 'GET' || /Scope: `read`/.test(description);
  const isOperators = ({ description }: Operation) => /Scope: `operator`/.test(description);

  it('is in the log once for each request, with the status of its answer, and without a word in its route', async () => {
    const all = (await operations()).filter(one => !isRead(one));
    expect(all.length).toBeGreaterThan(15);
    const busy = await f.tenant({ requestBurst: 10_000, requestsPerSecond: 10_000 });
    const readOnly = await f.storeKey(busy.id, { scopes: ['read'] });
    for (const operation of all) {
      const path = operation.path.replaceAll(/\{\w+\}/g, () => newId());
      const refused = await f.api.call(operation.method, path, { key: readOnly, body: {} });
      expect([operation.operationId, refused.status]).toEqual([operation.operationId, 403]);
      await written(busy.id, entry => entry.operation === operation.operationId && entry.code === 'forbidden');

      const caller = isOperators(operation) ? { id: platformTenantId, key: f.operatorKey } : busy;
      const before = (await logOf(caller.id)).length;
      const answer = await f.api.call(operation.method, path, { key: caller.key, body: {} });
      // 202: recorded; the entry comes with the reply.
      if (answer.status === 202) continue;
      const isIt = (entry: AuditEntry) => entry.operation === operation.operationId && entry.seq > before;
      const entries = await written(caller.id, isIt);
      expect(entries).toMatchObject([{ status: answer.status, source: '127.0.0.1', count: 1 }]);
    }
    // Nothing came late and twice.
    const counts = new Map<string, number>();
    for (const { commandId } of await logOf(busy.id)) {
      if (commandId !== null) counts.set(commandId, (counts.get(commandId) ?? 0) + 1);
    }
    expect([...counts.values()].every(count => count === 1)).toBe(true);
  });

  it('that reads only is not in it, unless it was refused for the key or its number', async () => {
    const readOperations = (await operations()).filter(isRead);
    const writeOnly = await f.storeKey(tenant.id, { scopes: ['write'] });
    const before = await logOf(tenant.id);
    for (const operation of readOperations) {
      const path = operation.path.replaceAll(/\{\w+\}/g, () => newId());
      const body = operation.method === 'GET' ? {} : { body: {} };
      await f.api.call(operation.method, path, { key: tenant.key, ...body });
    }
    // Refused as an operator's, the last of them: what came before it would be there as well.
    await f.api.call('GET', '/v1/jobs', { key: writeOnly });
    await written(tenant.id, entry => entry.operation === 'listJobs' && entry.code === 'forbidden');
    const now = (await logOf(tenant.id)).slice(before.length);
    expect(now.filter(entry => entry.status < 400 || entry.status === 404)).toEqual([]);
    const operators = readOperations.filter(isOperators).map(one => one.operationId);
    expect(new Set(now.map(entry => entry.operation))).toEqual(new Set([...operators, 'listJobs']));
  });
});

describe('a command', () => {
  it('says who, what, on what and from where; a repeat of it says nothing more, a misused key does', async () => {
    const headers = { 'idempotency-key': newId() };
    const made = await f.api.call('POST', '/v1/connections', { key: tenant.key, body: connection, headers });
    const again = await f.api.call('POST', '/v1/connections', { key: tenant.key, body: connection, headers });
    expect([made.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 201, 'true']);
    const other = { ...connection, name: 'Other' };
    expect((await f.api.call('POST', '/v1/connections', { key: tenant.key, body: other, headers })).status).toBe(422);
    await written(tenant.id, entry => entry.code === 'idempotency_key_reused');
    const entries = (await logOf(tenant.id)).filter(entry => entry.operation === 'createConnection');
    const common = {
      actorKind: 'tenant',
      actorId: await keyIdOf(tenant.id),
      source: '127.0.0.1',
      resourceKind: 'connection',
    };
    expect(entries).toMatchObject([
      { ...common, outcome: 'accepted', status: 201, code: null, resourceId: made.body.id },
      { ...common, outcome: 'refused', status: 422, commandId: null, resourceId: null },
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/secret-of-the-vendor|Old|frt_/);
  });

  it('of an operator is in the tenant’s log as an operator’s, without the address, and in the operators’', async () => {
    const operatorId = await keyIdOf(platformTenantId);
    await f.api.call('POST', `/v1/tenants/${tenant.id}/suspend`, { key: f.operatorKey });
    await f.api.call('POST', `/v1/tenants/${tenant.id}/activate`, { key: f.operatorKey });
    const key = await f.api.call('POST', `/v1/tenants/${tenant.id}/api-keys`, {
      key: f.operatorKey,
      body: { label: 'x', scopes: ['read'] },
    });
    const actor = { actorKind: 'operator', actorId: operatorId };
    expect(await logOf(tenant.id)).toMatchObject([
      { ...actor, operation: 'createTenant', resourceKind: 'tenant', resourceId: tenant.id, source: null },
      { ...actor, operation: 'suspendTenant', resourceId: tenant.id, source: null },
      { ...actor, operation: 'activateTenant', resourceId: tenant.id, source: null },
      { ...actor, operation: 'createTenantApiKey', resourceKind: 'api-key', resourceId: key.body.id, source: null },
    ]);
    const operators = (await logOf(platformTenantId)).filter(entry => entry.subjectTenantId === tenant.id);
    expect(operators.map(entry => [entry.operation, entry.source])).toEqual(
      ['createTenant', 'suspendTenant', 'activateTenant', 'createTenantApiKey'].map(name => [name, '127.0.0.1']),
    );
    expect((await logOf(platformTenantId))[0]).toMatchObject({ operation: 'bootstrap', actorKind: 'cli' });
  });

  it('that a tenant aims at another is in its own log only', async () => {
    const other = await f.tenant();
    await f.api.call('POST', `/v1/tenants/${other.id}/suspend`, { key: tenant.key });
    const [entry] = await written(tenant.id, one => one.operation === 'suspendTenant');
    expect(entry).toMatchObject({ outcome: 'refused', code: 'forbidden', subjectTenantId: null });
    expect((await logOf(other.id)).map(one => one.operation)).toEqual(['createTenant']);
  });
});

describe('a key that is not let in', () => {
  const knock = (key: string) => f.api.call('GET', '/v1/jobs', { key });

  it('is in the log of its tenant when it is revoked, expired, or of a suspended tenant', async () => {
    const expired = await f.storeKey(tenant.id, { expiresAt: new Date(Date.now() - 1000) });
    const made = await f.api.call('POST', '/v1/api-keys', { key: tenant.key, body: { label: 'x', scopes: ['read'] } });
    expect((await f.api.call('DELETE', `/v1/api-keys/${made.body.id}`, { key: tenant.key })).status).toBe(204);
    expect([(await knock(made.body.secret)).status, (await knock(expired)).status]).toEqual([401, 401]);
    await written(tenant.id, entry => entry.code === 'unauthenticated' && entry.actorId === made.body.id);
    await written(tenant.id, entry => entry.code === 'unauthenticated' && entry.actorId !== made.body.id);
    await f.api.call('POST', `/v1/tenants/${tenant.id}/suspend`, { key: f.operatorKey });
    expect((await knock(tenant.key)).status).toBe(403);
    const [entry] = await written(tenant.id, one => one.code === 'tenant_suspended');
    expect(entry).toMatchObject({ actorId: await keyIdOf(tenant.id), operation: 'listJobs', outcome: 'refused' });
  });

  it('is in the operators’ log when its tenant is being erased or was: nothing comes back into what was removed', async () => {
    const made = await f.api.call('POST', '/v1/api-keys', { key: tenant.key, body: { label: 'x', scopes: ['read'] } });
    await f.api.call('DELETE', `/v1/api-keys/${made.body.id}`, { key: tenant.key });
    for (const status of ['erasing', 'erased']) {
      await f.database.admin`update tenants set status = ${status} where id = ${tenant.id}`;
      const before = await logOf(tenant.id);
      const operatorsBefore = (await logOf(platformTenantId)).length;
      expect((await knock(made.body.secret)).status).toBe(401);
      await written(
        platformTenantId,
        entry => entry.subjectTenantId === tenant.id && entry.actorId === made.body.id && entry.seq > operatorsBefore,
      );
      expect(await logOf(tenant.id)).toEqual(before);
    }
  });

  it('is counted in the operators’ log by address and reason when nobody knows it, and in no tenant’s', async () => {
    const before = (await logOf(platformTenantId)).length;
    const tenants = await f.database
      .admin`select count(*)::int as n from audit_log where tenant_id <> ${platformTenantId}`;
    for (let n = 0; n < 30; n++) await f.api.call('GET', '/v1/jobs', { key: `frt_test_${n}` });
    await f.api.call('GET', '/v1/jobs');
    await knock(generateApiKey('live'));
    await knock(generateApiKey('test'));
    const isIt = (entry: AuditEntry) => entry.actorKind === 'unknown' && entry.seq > before;
    const entries = await written(platformTenantId, isIt, 33);
    expect(entries.length).toBeLessThan(33);
    expect(new Set(entries.map(entry => [entry.code, entry.source, entry.operation].join(' ')))).toEqual(
      new Set(['unauthenticated 127.0.0.1 ', 'wrong_environment 127.0.0.1 ']),
    );
    expect(
      await f.database.admin`select count(*)::int as n from audit_log where tenant_id <> ${platformTenantId}`,
    ).toEqual(tenants);
  });
});

describe('while the log cannot be written', () => {
  const asIfAway = async (work: () => Promise<void>) => {
    await f.database.admin`revoke insert on audit_log from freight_gateway`;
    try {
      await work();
    } finally {
      const columns =
        'tenant_id, requested_at, actor_kind, actor_id, source, operation, resource_kind, resource_id, subject_tenant_id, outcome, status, code, count, command_id, trace_id';
      await f.database.admin.unsafe(`grant insert (${columns}) on audit_log to freight_gateway`);
    }
  };

  it('refusals are refused all the same, and are written afterwards; nothing is handed out', async () => {
    const readOnly = await f.storeKey(tenant.id, { scopes: ['read'] });
    await asIfAway(async () => {
      for (let n = 0; n < 5; n++) {
        expect((await f.api.call('POST', '/v1/jobs', { key: readOnly, body: {} })).status).toBe(403);
      }
      const download = await f.api.call('GET', '/v1/audit-log', { key: readOnly, headers: { accept: 'text/csv' } });
      expect([download.status, download.text.includes('createTenant')]).toEqual([500, false]);
    });
    await written(tenant.id, entry => entry.operation === 'createJob', 5);
    expect((await logOf(tenant.id)).filter(entry => entry.operation === 'listAuditLog')).toEqual([]);
  });
});

describe('the log', () => {
  const fill = async (count: number) => {
    for (let n = 0; n < count; n++) {
      await f.api.call('POST', '/v1/connections', { key: tenant.key, body: { ...connection, name: `C ${n}` } });
    }
  };
  const get = (query: string, options: { key?: string; accept?: string } = {}) =>
    f.api.call('GET', `/v1/audit-log${query}`, {
      key: options.key ?? tenant.key,
      ...(options.accept === undefined ? {} : { headers: { accept: options.accept } }),
    });

  it('is read in pages, newest first, that stay the same while entries come', async () => {
    await fill(5);
    const first = await get('?limit=4');
    expect(first.body.items.map((entry: AuditEntry) => entry.seq)).toEqual([6, 5, 4, 3]);
    await fill(2);
    const second = await get(`?limit=4&cursor=${first.body.nextCursor}`);
    expect(second.body.items.map((entry: AuditEntry) => entry.seq)).toEqual([2, 1]);
    expect(second.body.nextCursor).toBeNull();
    expect(first.headers.get('freight-audit-head')).toBe(`6:${first.body.items[0].hash}`);
    for (const entry of [...first.body.items, ...second.body.items]) expect(hashOf(entry)).toBe(entry.hash);
    const others = await f.tenant();
    const cursor = first.body.nextCursor;
    expect((await get(`?limit=4&cursor=${cursor}`, { key: others.key })).body.code).toBe('invalid_cursor');
    expect((await get(`?outcome=refused&cursor=${cursor}`)).body.code).toBe('invalid_cursor');
  });

  it('is filtered by time, key, operation, resource and outcome', async () => {
    await fill(2);
    await f.api.call('DELETE', `/v1/connections/${newId()}`, { key: tenant.key });
    const { items } = (await get('')).body as { items: AuditEntry[] };
    const [removed, second, first, made] = items;
    const seqs = async (query: string) =>
      ((await get(query)).body.items as AuditEntry[]).map(entry => entry.seq).join();
    expect(await seqs('?outcome=refused')).toBe('4');
    expect(await seqs('?operation=createConnection')).toBe('3,2');
    expect(await seqs(`?actorId=${made?.actorId}`)).toBe('1');
    expect(await seqs('?resourceKind=tenant')).toBe('1');
    expect(await seqs(`?resourceId=${first?.resourceId}`)).toBe('2');
    expect(await seqs(`?from=${second?.at}`)).toBe('4,3');
    expect(await seqs(`?to=${second?.at}&from=${first?.at}`)).toBe('2');
    expect(removed?.code).toBe('not_found');
    expect((await get('?from=yesterday&colour=red')).body.errors).toHaveLength(2);
  });

  it('shows each tenant its own, and operators any tenant’s and their own', async () => {
    const other = await f.tenant();
    await fill(1);
    expect((await get('')).body.items).toHaveLength(2);
    expect((await get('', { key: other.key })).body.items).toHaveLength(1);
    const seen = await f.api.call('GET', `/v1/tenants/${tenant.id}/audit-log`, { key: f.operatorKey });
    expect(seen.body.items).toEqual((await get('')).body.items);
    const nobody = await f.api.call('GET', `/v1/tenants/${newId()}/audit-log`, { key: f.operatorKey });
    expect(nobody.status).toBe(404);
    const own = await get('?operation=bootstrap', { key: f.operatorKey });
    expect(own.body.items).toHaveLength(1);
  });

  it('is downloaded whole and in order, proves itself, and the download is an entry', async () => {
    await fill(3);
    // More than is read at once.
    await f.database.admin`
      insert into audit_log (tenant_id, requested_at, actor_kind, outcome, status, operation)
      select ${tenant.id}, now(), 'service', 'accepted', 200, '=1+1' from generate_series(1, 2500)`;
    const download = await get('', { accept: 'application/x-ndjson' });
    expect(download.headers.get('content-type')).toBe('application/x-ndjson');
    expect(download.headers.get('content-disposition')).toContain('attachment');
    const entries = lines(download.text);
    async function* each() {
      await Promise.resolve();
      yield* entries;
    }
    const report = await verifyChain(each(), { tenantId: tenant.id });
    expect(report).toMatchObject({ entries: 2504, broken: undefined });
    expect(download.headers.get('freight-audit-head')).toBe(`2504:${report.head.hash}`);
    const [entry] = (await get('?limit=1')).body.items as AuditEntry[];
    expect(entry).toMatchObject({
      seq: 2505,
      operation: 'listAuditLog',
      outcome: 'accepted',
      status: 200,
      resourceKind: 'audit-log',
    });

    const csv = await get('?operation=createTenant', { accept: 'text/csv' });
    const [head, row, ...more] = csv.text.split('\r\n');
    expect(new Set(head?.split(','))).toEqual(new Set(Object.keys(entries[0] ?? {})));
    expect([row?.split(',').length, more]).toEqual([head?.split(',').length, ['']]);
    const guarded = await get('', { accept: 'text/csv' });
    expect(guarded.text).toContain(",'=1+1,");
    expect(guarded.text).not.toContain(',=1+1');
  });

  it('that an operator downloads is an entry in the tenant’s log and in theirs', async () => {
    const headers = { accept: 'application/x-ndjson' };
    await f.api.call('GET', `/v1/tenants/${tenant.id}/audit-log`, { key: f.operatorKey, headers });
    expect((await logOf(tenant.id)).at(-1)).toMatchObject({
      operation: 'listTenantAuditLog',
      actorKind: 'operator',
      source: null,
    });
    expect((await logOf(platformTenantId)).at(-1)).toMatchObject({
      operation: 'listTenantAuditLog',
      subjectTenantId: tenant.id,
    });
  });

  it('has its end told to whoever keeps the logs of the services', async () => {
    await fill(1);
    const last = (await logOf(tenant.id)).at(-1);
    const line = () => f.logs.find(one => one.includes('audit log ends') && one.includes(last?.hash ?? '?'));
    await until('the end is logged', () => line() !== undefined);
    expect(JSON.parse(line() ?? '')).toMatchObject({ tenantId: tenant.id, seq: 2, hash: last?.hash });
  });
});
