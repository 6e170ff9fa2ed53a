/** The audit log in the database: who writes cannot choose, and whoever changes what is written is found. */
import { type AuditHead, appendAudit, type NewAuditEntry, readAudit, readAuditHead, verifyChain } from '@freight/audit';
import { type AuditEntry, platformTenantId } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { type Database, type ServiceRole, serviceRoles, type TenantSql } from '@freight/postgres';
import type postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';
import { until } from './until.ts';

let database: TestDatabase;
let services: Record<ServiceRole, Database>;
let tenant: string;

beforeAll(async () => {
  database = await createTestDatabase();
  services = Object.fromEntries(serviceRoles.map(role => [role, database.open(role)])) as typeof services;
});
afterAll(() => database.drop());
beforeEach(() => {
  tenant = newId();
});

const act = (over: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  requestedAt: new Date('2026-11-23T10:15:00.123Z'),
  actorKind: 'tenant',
  actorId: newId(),
  source: '2001:db8::1',
  operation: 'createJob',
  resourceKind: 'job',
  resourceId: newId(),
  outcome: 'accepted',
  status: 201,
  code: null,
  ...over,
});

const write = async (over: Partial<NewAuditEntry> = {}, role: ServiceRole = 'freight_jobs', of = tenant) => {
  const heads = await services[role].withTenant(of, sql => appendAudit(sql, { caller: of, subject: of }, [act(over)]));
  return heads[0] as AuditHead;
};
const read = (of = tenant): Promise<readonly AuditEntry[]> =>
  readAudit(services.freight_gateway, of, {}, { order: 'oldest', limit: 10_000 });
async function* each(entries: readonly unknown[]) {
  await Promise.resolve();
  yield* entries;
}
const verify = async (anchors: readonly AuditHead[] = []) =>
  verifyChain(each(await read()), { tenantId: tenant, anchors });
const brokenLink = async (anchors: readonly AuditHead[] = []) => {
  const { broken } = await verify(anchors);
  return broken && `${broken.seq} ${broken.kind}`;
};

describe('the log of a tenant', () => {
  it('is one chain without gaps, whoever writes, with the same digests here and there', async () => {
    const odd = 'quotes " and \\ backslashes, \u0001\u001f\t\n\u007f \u2028 é 日本 🛰';
    for (const role of serviceRoles) await write({ code: odd, source: null, resourceId: null }, role);
    const last = await write({
      status: 409,
      outcome: 'refused',
      code: 'invalid_transition',
      count: 12,
      commandId: newId(),
      traceId: 'a'.repeat(32),
    });
    expect(await verify()).toEqual({
      tenantId: tenant,
      entries: 5,
      head: { seq: last.seq, hash: last.hash },
      broken: undefined,
    });
    expect(await readAuditHead(services.freight_gateway, tenant)).toEqual(last);
    expect((await read()).map(entry => entry.seq)).toEqual([1, 2, 3, 4, 5]);
  });

  it('stays one chain when many write at once, also operators on several tenants', async () => {
    const tenants = [newId(), newId(), newId()];
    for (const id of tenants) {
      await database.admin`
        insert into tenants (id, name, slug, status, settings, version, created_at, updated_at)
        values (${id}, 'x', ${id}, 'active', '{}', 1, now(), now())`;
    }
    const before = await readAuditHead(services.freight_gateway, platformTenantId);
    await Promise.all(
      Array.from({ length: 90 }, (_, n) => {
        const subject = tenants[n % 3] as string;
        const caller = n % 2 === 0 ? subject : platformTenantId;
        const db = services[serviceRoles[n % 4] as ServiceRole];
        return db.withTenant(subject, sql => appendAudit(sql, { caller, subject }, [act()]));
      }),
    );
    for (const id of tenants) {
      const entries = await read(id);
      expect(await verifyChain(each(entries), { tenantId: id })).toMatchObject({ entries: 30, broken: undefined });
    }
    const operators = await verifyChain(each(await read(platformTenantId)));
    expect(operators).toMatchObject({ entries: before.seq + 45, broken: undefined });
  });

  it('has an operator’s act beside the operators’, without their address; a tenant that never was gets none', async () => {
    await database.admin`
      insert into tenants (id, name, slug, status, settings, version, created_at, updated_at)
      values (${tenant}, 'x', ${tenant}, 'active', '{}', 1, now(), now())`;
    const nobody = newId();
    for (const subject of [tenant, nobody]) {
      await services.freight_tenants.withTenant(subject, sql =>
        appendAudit(sql, { caller: platformTenantId, subject }, [
          act({ actorKind: 'operator', source: '203.0.113.9' }),
        ]),
      );
    }
    expect(await read()).toMatchObject([{ actorKind: 'operator', source: null, subjectTenantId: null }]);
    expect((await read(platformTenantId)).slice(-2)).toMatchObject([
      { actorKind: 'operator', source: '203.0.113.9', subjectTenantId: tenant },
      { actorKind: 'operator', source: '203.0.113.9', subjectTenantId: nobody },
    ]);
    expect(await read(nobody)).toEqual([]);
  });

  it('lets writers of one tenant take turns, and no other tenant’s wait for them', async () => {
    const waiting = async () => {
      const [row] = await database.admin<{ n: number }[]>`
        select count(*)::int as n from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'`;
      return row?.n ?? 0;
    };
    const other = newId();
    const second = await services.freight_tenants.withTenant(tenant, async sql => {
      await appendAudit(sql, { caller: tenant, subject: tenant }, [act()]);
      const waits = write();
      await until('the other writer of the tenant waits', async () => (await waiting()) === 1);
      expect((await write({}, 'freight_workers', other)).seq).toBe(1);
      return { waits };
    });
    expect((await second.waits).seq).toBe(2);
  });

  it('of 50,000 entries is read from its newest end, and from a time on, by an index', async () => {
    await database.admin`
      insert into audit_log (tenant_id, requested_at, actor_kind, outcome, status)
      select ${tenant}, now(), 'tenant', 'accepted', 200 from generate_series(1, 50000)`;
    await database.admin`analyze audit_log`;
    const planOf = (statement: (sql: TenantSql) => postgres.Fragment) =>
      services.freight_gateway.withTenant(tenant, async sql =>
        JSON.stringify(await sql`explain (format json) ${statement(sql)}`),
      );
    const newest = await planOf(
      sql => sql`select hash from audit_log where tenant_id = freight_tenant() order by seq desc limit 50`,
    );
    const since = await planOf(
      sql => sql`select hash from audit_log where tenant_id = freight_tenant() and at >= now() order by seq limit 50`,
    );
    expect(newest).toContain('audit_log_pkey');
    expect(since).toContain('audit_log_by_time');
    expect(newest + since).not.toContain('Seq Scan');
  });

  it('lets no service choose a place, a time or a digest, nor change, remove or empty anything', async () => {
    await write();
    const refusals = [
      'insert into audit_log (tenant_id, requested_at, actor_kind, outcome, status, seq) values ($1, now(), $2, $3, 200, 7)',
      'insert into audit_log (tenant_id, requested_at, actor_kind, outcome, status, hash) values ($1, now(), $2, $3, 200, $4)',
      'insert into audit_log (tenant_id, requested_at, actor_kind, outcome, status, previous_hash) values ($1, now(), $2, $3, 200, $4)',
      'insert into audit_log (tenant_id, requested_at, actor_kind, outcome, status, at) values ($1, now(), $2, $3, 200, now())',
      'update audit_log set status = 200',
      'delete from audit_log',
      'truncate audit_log',
      'alter table audit_log disable trigger audit_log_chain',
    ];
    for (const role of serviceRoles) {
      for (const text of refusals) {
        const values = [tenant, 'tenant', 'accepted', Buffer.alloc(32)].slice(
          0,
          Number(/.*\$(\d)/.exec(text)?.[1] ?? 0),
        );
        const done = services[role].withTenant(tenant, sql => sql.unsafe(text, values as never[]));
        await expect(done, `${role}: ${text}`).rejects.toMatchObject({ code: '42501' });
      }
    }
    expect(await verify()).toMatchObject({ entries: 1, broken: undefined });
  });

  it('is not misled by a table of the same name that a service made for itself', async () => {
    await write();
    await services.freight_jobs.withTenant(tenant, async sql => {
      await sql`create temporary table audit_log (tenant_id uuid, seq bigint, hash bytea) on commit drop`;
      await sql`insert into pg_temp.audit_log values (${tenant}, 41, '\\x00')`;
      await sql`
        insert into public.audit_log (tenant_id, requested_at, actor_kind, outcome, status)
        values (${tenant}, now(), 'tenant', 'accepted', 200)`;
    });
    expect(await verify()).toMatchObject({ entries: 2, broken: undefined });
  });

  it('has one entry of a command, whatever is delivered twice', async () => {
    const commandId = newId();
    await write({ commandId });
    await expect(write({ commandId })).rejects.toMatchObject({ code: '23505' });
    expect(await verify()).toMatchObject({ entries: 1, broken: undefined });
  });
});

describe('an attacker with the database', () => {
  let heads: AuditHead[];
  beforeEach(async () => {
    heads = [];
    for (let n = 0; n < 9; n++) heads.push(await write({ commandId: newId(), traceId: 'a'.repeat(32), code: 'c' }));
  });

  it('who changes any column of an entry is found at that entry', async () => {
    const columns = await database.admin<{ name: string; type: string }[]>`
      select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = 'audit_log'::regclass and attnum > 0 and not attisdropped`;
    expect(columns.length).toBeGreaterThan(18);
    const other: Record<string, string> = {
      uuid: 'gen_random_uuid()',
      bigint: '1000',
      integer: '418',
      'timestamp with time zone': "now() + interval '1 microsecond'",
      bytea: "sha256('x')",
      text: "'other'",
    };
    const values: Record<string, string> = { actor_kind: "'cli'", outcome: "'failed'" };
    for (const { name, type } of columns) {
      const found = await database.admin
        .begin(async sql => {
          await sql.unsafe(
            `update audit_log set ${name} = ${values[name] ?? other[type]} where tenant_id = $1 and seq = 5`,
            [tenant],
          );
          throw Object.assign(new Error('rolled back'), {
            entries:
              await sql`select freight_audit_canonical(a) as text, encode(hash, 'hex') as hash from audit_log a where tenant_id = ${tenant} order by seq`,
          });
        })
        .catch(async (error: { entries?: { text: string; hash: string }[] }) => {
          if (!error.entries) throw error as Error;
          const entries = error.entries.map(({ text, hash }) => ({ ...(JSON.parse(text) as object), hash }));
          const { broken } = await verifyChain(each(entries), { tenantId: tenant });
          return broken?.seq;
        });
      expect([name, found]).toEqual([name, 5]);
    }
  });

  it('who removes one, changes the places of two, or puts one in is found at that place', async () => {
    const { admin } = database;
    const asBefore = async (work: () => Promise<unknown>, expected: string) => {
      await admin`drop table if exists kept`;
      await admin`create table kept as select * from audit_log where tenant_id = ${tenant}`;
      await work();
      expect(await brokenLink()).toBe(expected);
      await admin.begin(async sql => {
        await sql`set local session_replication_role = replica`;
        await sql`delete from audit_log where tenant_id = ${tenant}`;
        await sql`insert into audit_log select * from kept`;
        await sql`drop table kept`;
      });
      expect(await brokenLink()).toBeUndefined();
    };
    await asBefore(() => admin`delete from audit_log where tenant_id = ${tenant} and seq = 4`, '4 missing');
    await asBefore(async () => {
      await admin`update audit_log set seq = 1000 where tenant_id = ${tenant} and seq = 3`;
      await admin`update audit_log set seq = 3 where tenant_id = ${tenant} and seq = 7`;
      await admin`update audit_log set seq = 7 where tenant_id = ${tenant} and seq = 1000`;
    }, '3 reordered');
    await asBefore(
      () =>
        admin.begin(async sql => {
          await sql`set local session_replication_role = replica`;
          await sql`update audit_log set seq = seq + 1000 where tenant_id = ${tenant} and seq >= 6`;
          await sql`update audit_log set seq = seq - 999 where tenant_id = ${tenant} and seq >= 1000`;
          // Knows how entries are digested: the forged one is whole.
          await sql`insert into audit_log select (jsonb_populate_record(a, jsonb_build_object('seq', 6, 'previous_hash', a.hash, 'command_id', gen_random_uuid()))).*
            from audit_log a where tenant_id = ${tenant} and seq = 5`;
          await sql`update audit_log a set hash = sha256(convert_to(freight_audit_canonical(a), 'UTF8')) where tenant_id = ${tenant} and seq = 6`;
        }),
      '7 inserted',
    );
  });

  it('who cuts the end off, or writes it anew, is found by an anchor that was kept elsewhere', async () => {
    await database.admin`delete from audit_log where tenant_id = ${tenant} and seq > 6`;
    expect(await brokenLink()).toBeUndefined();
    expect(await brokenLink(heads)).toBe('7 cut');
    await write();
    await write();
    await write();
    expect(await brokenLink()).toBeUndefined();
    expect(await brokenLink(heads)).toBe('7 replaced');
  });
});
