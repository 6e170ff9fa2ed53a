/**
 * Nobody sees, changes or adds another tenant's rows: the catalog is read, so that a new table is refused until it is protected, and then
 * every service role tries every verb, and every way around, on every table as another tenant and as nobody. The attempts are those of
 * `./freight isolation`.
 */
import {
  type Attempt,
  createRecorder,
  type Finding,
  insertSample,
  type Recorder,
  readCatalog,
  sampleOf,
  scopedRoles,
  tenantTables,
  trySql,
} from '@freight/isolation';
import { newId } from '@freight/kernel';
import { type Database, type ScopedRole, type ServiceRole, serviceRoles } from '@freight/postgres';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';

let database: TestDatabase;
let services: Record<ServiceRole, Database>;
let tables: readonly string[];
const a = newId();
const b = newId();

const isScopedRole = (role: string): role is ScopedRole => role in scopedRoles;

const wrongIn = (findings: readonly Finding[]): readonly string[] => findings.flatMap(one => one.seen ?? []);

beforeAll(async () => {
  database = await createTestDatabase();
  services = Object.fromEntries(serviceRoles.map(role => [role, database.open(role)])) as typeof services;
  tables = await tenantTables(database.admin);
  const rows = await Promise.all(
    tables.flatMap(table =>
      [a, b].map(async tenant => ({ table, tenant, sample: await sampleOf(database.admin, table) })),
    ),
  );
  await database.admin.begin(async sql => {
    // Rows that refer to nothing are enough here: only who sees them is asked.
    await sql`set local session_replication_role = replica`;
    for (const { table, tenant, sample } of rows) await insertSample(sql, table, tenant, sample);
  });
});
afterAll(() => database.drop());

describe('the catalog', () => {
  it('has row security, enabled and forced, and one policy by tenant on every table that holds a tenant’s data', async () => {
    const findings = await readCatalog(database.admin);
    for (const table of tables) {
      const own = findings.filter(one => one.name === table).map(one => `${one.tried}: ${one.expected}`);
      expect(own).toEqual(expect.arrayContaining(['row security: enabled', 'row security: forced']));
    }
    expect(tables.length).toBeGreaterThan(15);
    expect(wrongIn(findings)).toEqual([]);
  });

  const rolledBack = new Error('rolled back');
  /** What the catalog says of a change that is taken back. */
  const afterChange = async (change: string): Promise<readonly string[]> => {
    let wrong: readonly string[] = [];
    await database.admin
      .begin(async sql => {
        await sql.unsafe(change);
        wrong = wrongIn(await readCatalog(sql));
        throw rolledBack;
      })
      .catch(error => {
        if (error !== rolledBack) throw error;
      });
    return wrong;
  };

  it('is refused with a table that somebody forgot to protect, or protected by halves', async () => {
    const wrong = await afterChange(`
      create table forgotten (tenant_id uuid, id uuid unique);
      create table halfway (tenant_id uuid);
      alter table halfway enable row level security;
      create policy tenant_isolation on halfway using (tenant_id = freight_tenant()) with check (true)`);
    expect(wrong).toEqual([
      'forgotten: row security is not enabled',
      'forgotten: row security is not forced',
      'forgotten: not exactly one policy for everybody, with (tenant_id = freight_tenant())',
      'halfway: row security is not forced',
      'halfway: not exactly one policy for everybody, with (tenant_id = freight_tenant()), but tenant_isolation ALL using (tenant_id = freight_tenant()) with check true',
      'forgotten_id_key starts with id',
    ]);
  });

  it.each([
    [
      'a policy that was not reviewed',
      'create policy p on runs for select to freight_relay using (true)',
      /not reviewed/,
    ],
    [
      'a policy that a log-in role reads by',
      'create policy p on runs for select to freight_jobs using (true)',
      /not reviewed/,
    ],
    ['a materialised view', 'create materialized view v as select * from runs', /^v$/],
    ['a view with its owner’s rights', 'create view v as select * from runs', /^v$/],
    [
      'a function with its owner’s rights',
      `create function f() returns int language sql security definer as 'select 1'`,
      /f: not reviewed/,
    ],
    [
      'one more caller of a reviewed function',
      'grant execute on function freight_analyze_staged() to freight_workers',
      /may be called by/,
    ],
    ['a role that may do more', 'alter role freight_jobs createrole', /createrole/],
    ['a role that inherits', 'alter role freight_jobs inherit', /inherit/],
    ['a membership', 'grant freight_operator to freight_workers', /freight_operator to freight_workers/],
    [
      'a membership that may be passed on',
      'grant freight_relay to freight_jobs with admin option',
      /with admin option/,
    ],
    ['a table that a service owns', 'alter table runs owner to freight_jobs', /owns 1/],
    [
      'a scope that comes with the log-in',
      `alter role freight_gateway set freight.tenant_id = '${newId()}'`,
      /freight.tenant_id/,
    ],
    ['a right to truncate', 'grant truncate on runs to freight_jobs', /truncate/],
    [
      'a sequence',
      'grant select on all sequences in schema public to freight_gateway',
      /freight_gateway tenant_events_seq_seq/,
    ],
    ['something for everybody', 'grant select (id) on connections to public; grant select on runs to public', /runs/],
    [
      'a reader that writes',
      'grant update (status) on migration_jobs to freight_dispatcher',
      /may change migration_jobs/,
    ],
    ['a column too many for a reader', 'grant select (name) on migration_jobs to freight_dispatcher', /also name/],
    [
      'a sealed column for one more',
      'grant select (sealed) on connection_secrets to freight_gateway',
      /also freight_gateway/,
    ],
    [
      'a foreign key past the tenant',
      'alter table migration_jobs add unique (id); alter table batches add foreign key (job_id) references migration_jobs (id) not valid',
      /leads from job_id to id/,
    ],
    [
      'a tenant’s column where none should be',
      'alter table rate_pacing add column tenant_id uuid',
      /the column tenant_id/,
    ],
  ] as const)('is refused with %s', async (_, change, words) => {
    expect(await afterChange(change)).toEqual(expect.arrayContaining([expect.stringMatching(words)]));
  });
});

describe('every service role', () => {
  let attempts: readonly Attempt[];
  let coverage: ReturnType<Recorder['coverage']>;
  beforeAll(async () => {
    const record = createRecorder();
    const urls = new Map(serviceRoles.map(role => [role, database.url(role)] as const));
    await trySql({ record, urls, adminUrl: undefined, a, b });
    coverage = record.coverage('table');
    attempts = record.attempts;
  }, 120_000);
  const of = (words: RegExp) => attempts.filter(one => words.test(one.tried));
  const notHeld = (some: readonly Attempt[]) =>
    some.filter(one => one.result !== 'held').map(one => `${one.name}: ${one.tried}: ${one.seen}`);

  it('tries every table', () => {
    expect(coverage).toEqual({ covered: tables.length, total: tables.length, missing: [] });
  });

  it.each([
    ['reads its tenant’s rows only, and none without a scope', /^freight_\w+ reads others' rows as/, 12],
    ['updates its tenant’s rows only, and moves none to another tenant', /changes B's rows as|moves A's rows to B/, 16],
    ['deletes its tenant’s rows only', /^freight_\w+ deletes B's rows as (tenant A|nobody|an empty)/, 12],
    ['adds no row to another tenant, and none without a scope', /adds a row to B/, 12],
    [
      'finds no way around the policy: truncate, copy, a leaky function, row_security, definitions',
      /empties|copies the table|tells what|turns row|adds a policy/,
      20,
    ],
  ] as const)('%s', (_, words, aTable) => {
    expect(of(words).length).toBeGreaterThanOrEqual(aTable * tables.length);
    expect(notHeld(of(words))).toEqual([]);
  });

  it('learns nothing of another tenant from a conflict: the same key in its own scope is free', () => {
    expect(of(/B's keys as tenant A/).length).toBeGreaterThan(10);
    expect(notHeld(of(/B's keys as tenant A|refers from A's row to B's/))).toEqual([]);
  });

  it('takes on the reviewed reader roles alone, and changes nothing as one', () => {
    expect(of(/^takes on freight_/).length).toBeGreaterThan(20);
    expect(of(/ as freight_\w+ (changes|deletes) /).length).toBeGreaterThan(100);
    expect(notHeld(attempts)).toEqual([]);
  });
});

describe.each(Object.keys(scopedRoles).filter(isScopedRole))('%s', role => {
  it.each(serviceRoles)('is for %s only if it was given', async service => {
    const taken = services[service].withTenantAs(role, a, sql => sql`select 1`);
    if (service === scopedRoles[role]) await taken;
    else await expect(taken).rejects.toMatchObject({ code: '42501' });
  });
});

it('roles of one tenant’s scope change and delete what they are for, and nobody changes an event', async () => {
  const scoped = Object.keys(scopedRoles);
  const rows = await database.admin<{ line: string }[]>`
    select r || ' ' || relname || '.' || attname as line from unnest(${scoped}::text[]) r, pg_class c, pg_attribute t
    where relnamespace = 'public'::regnamespace and relkind = 'r' and attrelid = c.oid and attnum > 0 and not attisdropped
      and has_column_privilege(r, c.oid, attnum, 'update') order by 1`;
  expect(rows.map(row => row.line)).toEqual([
    'freight_eraser batches.done_at',
    'freight_eraser batches.fence',
    'freight_eraser batches.folded',
    'freight_eraser batches.state',
    'freight_key_rehash api_key_hashes.hash',
    'freight_key_rehash tenants.api_key_hash',
    'freight_resealer commands.sealed',
    'freight_resealer connection_schemas.sealed',
    'freight_resealer connection_secrets.sealed',
    'freight_resealer record_outcomes.sealed_message',
    'freight_resealer run_agreements.sealed',
    'freight_resealer staged_records.sealed',
  ]);
  const [row] = await database.admin`
    select array_agg(distinct r) as deleting from unnest(${scoped}::text[]) r, pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and has_table_privilege(r, oid, 'delete')`;
  expect(row).toEqual({ deleting: ['freight_eraser', 'freight_retention'] });
});

describe('a list of jobs among 50,000 of 50 tenants', () => {
  const tenants = Array.from({ length: 50 }, () => newId());
  beforeAll(async () => {
    await database.admin`
      insert into migration_jobs (tenant_id, id, name, source_connection_id, target_connection_id, source_system, target_system, status,
        config, objects, created_at, updated_at, deleted_at, version)
      select (${tenants}::uuid[])[1 + n % 50], gen_random_uuid(), 'x', gen_random_uuid(), gen_random_uuid(), 'affinity', 'attio',
        case when n % 500 < 50 then 'running' else 'completed' end, '{}', '{}', now() - n * interval '1 minute', now(),
        case when n % 7 = 0 then now() end, 1
      from generate_series(1, 50000) n`;
    await database.admin`analyze migration_jobs`;
  });

  interface Plan {
    readonly 'Node Type': string;
    readonly 'Index Name'?: string;
    readonly 'Index Cond'?: string;
    readonly Plans?: readonly Plan[];
  }
  const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];
  const explain = (statement: (sql: postgres.TransactionSql) => postgres.Fragment) =>
    services.freight_gateway.withTenant(tenants[7] ?? '', async sql => {
      const rows = await sql`explain (format json) ${statement(sql)}`;
      const [plan] = (rows[0]?.['QUERY PLAN'] ?? []) as { Plan: Plan }[];
      if (!plan) throw new Error('no plan');
      return nodes(plan.Plan);
    });

  it('by status reads the index of tenant and status, as the gateway under row security', async () => {
    const plan = await explain(
      sql => sql`select id, name from migration_jobs where status = 'running' and deleted_at is null`,
    );
    const index = plan.find(node => node['Index Name'] === 'migration_jobs_by_status');
    expect(plan.map(node => node['Node Type'])).not.toContain('Seq Scan');
    expect(index?.['Index Cond']).toMatch(/tenant_id.*status/s);
  });

  it('by age reads the index of tenant and age in its order, as the gateway under row security', async () => {
    const plan = await explain(
      sql =>
        sql`select id, name from migration_jobs where deleted_at is null order by created_at desc, id desc limit 20`,
    );
    const index = plan.find(node => node['Index Name'] === 'migration_jobs_by_age');
    expect(plan.map(node => node['Node Type'])).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/Seq Scan|Sort/)]),
    );
    expect(index?.['Index Cond']).toContain('tenant_id');
  });
});

describe('the look-up of a key among 10,000 tenants', () => {
  beforeAll(async () => {
    await database.admin`
      with made as (select gen_random_uuid() as tenant, gen_random_uuid() as id, 'frt_live_' || lpad(n::text, 8, '0') as prefix
        from generate_series(1, 10000) n),
      hashes as (insert into api_key_hashes (tenant_id, key_id, hash) select tenant, id, 'x' from made)
      insert into api_keys (tenant_id, id, prefix, label, scopes, created_at) select tenant, id, prefix, 'x', '{read}', now() from made`;
    await database.admin`analyze api_keys, api_key_hashes`;
  });

  it('reads the index of the prefix and one row of each table, as the role that may', async () => {
    const plan = await services.freight_gateway.withRole('freight_key_lookup', async sql => {
      const rows = await sql`
        explain (format json) select k.tenant_id, k.id, h.hash
        from api_keys k join api_key_hashes h on h.tenant_id = k.tenant_id and h.key_id = k.id
        where k.prefix = 'frt_live_00000007' and k.revoked_at is null limit 8`;
      return JSON.stringify(rows[0]?.['QUERY PLAN']);
    });
    expect(plan).toContain('"Index Name":"api_keys_by_prefix"');
    expect(plan).toContain('"Index Name":"api_key_hashes_pkey"');
    expect(plan).not.toContain('Seq Scan');
  });
});
