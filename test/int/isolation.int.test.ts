/**
 * Nobody sees, changes or adds another tenant's rows: the catalog is read, so that a new table is refused until it is protected, and then
 * every service role tries every verb on every table as another tenant and as nobody.
 */
import { newId } from '@freight/kernel';
import {
  type Database,
  type ReaderRole,
  type ScopedRole,
  type ServiceRole,
  serviceRoles,
  sqlState,
} from '@freight/postgres';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';

/** Tables that hold no tenant's data, and why they may stay without row security. */
const withoutTenants: Readonly<Record<string, string>> = {
  freight_migrations: 'names and digests of migration files',
  relay_positions: 'one row a relay: how far it has come',
  revocation_position: 'one row: how many changes that end or limit a key were committed',
  rate_pacing: 'the next moment of a call, by an account named by a digest',
};

/** Keys that do not start with the tenant, and why. */
const keysOverTenants: Readonly<Record<string, string>> = {
  tenants_pkey: 'the id is the tenant',
  tenants_slug_key: 'slugs are unique in a deployment; only operators make tenants',
};

/** Policies that show more than one tenant's rows: each names one role without log-in, that reads only. */
const crossTenantPolicies = [
  'api_key_hashes key_lookup_reads freight_key_lookup',
  'api_keys key_lookup_reads freight_key_lookup',
  'batches dispatcher_reads freight_dispatcher',
  'commands key_lookup_reads freight_key_lookup',
  'commands sweeper_reads freight_sweeper',
  'erasures erasure_lookup_reads freight_erasure_lookup',
  'job_events relay_reads freight_relay',
  'migration_jobs dispatcher_reads freight_dispatcher',
  'tenant_events relay_reads freight_relay',
  'tenants dispatcher_reads freight_dispatcher',
  'tenants key_lookup_reads freight_key_lookup',
  'tenants operator_reads freight_operator',
];

const memberships = [
  'freight_dispatcher to freight_jobs',
  'freight_eraser to freight_tenants',
  'freight_erasure_lookup to freight_tenants',
  'freight_exporter to freight_gateway',
  'freight_key_lookup to freight_gateway',
  'freight_key_rehash to freight_gateway',
  'freight_operator to freight_gateway',
  'freight_relay to freight_jobs',
  'freight_relay to freight_tenants',
  'freight_resealer to freight_tenants',
  'freight_retention to freight_jobs',
  'freight_sweeper to freight_gateway',
];

/** Functions that run with their owner's rights. */
const definerFunctions: Readonly<Record<string, string>> = {
  freight_analyze_staged: 'takes nothing, returns nothing, its search path is fixed',
};

const readerRoles: readonly ReaderRole[] = [
  'freight_relay',
  'freight_dispatcher',
  'freight_key_lookup',
  'freight_operator',
  'freight_sweeper',
  'freight_erasure_lookup',
];

/** Roles that may do more than their service, in one tenant's scope: what they may do is asked below. */
const serviceOf = {
  freight_eraser: 'freight_tenants',
  freight_exporter: 'freight_gateway',
  freight_key_rehash: 'freight_gateway',
  freight_resealer: 'freight_tenants',
  freight_retention: 'freight_jobs',
} as const satisfies Record<ScopedRole, ServiceRole>;
const isScopedRole = (role: string): role is ScopedRole => Object.hasOwn(serviceOf, role);
const scopedRoles = Object.keys(serviceOf).filter(isScopedRole);

/** Tables whose only key is the tenant: there is no second row to make. */
const oneRowATenant = new Set(['tenants', 'erasures']);

const tenantColumn = (table: string): string => (table === 'tenants' ? 'id' : 'tenant_id');

const tablesWithTenants = async (sql: postgres.ISql): Promise<readonly string[]> => {
  const rows = await sql<{ name: string; columns: string[] }[]>`
    select relname as name, array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0) as columns
    from pg_class c where relkind in ('r', 'p', 'f') and relnamespace = 'public'::regnamespace order by 1`;
  return rows
    .filter(({ name, columns }) => !(name in withoutTenants) && columns.includes(tenantColumn(name)))
    .map(({ name }) => name);
};

/** What is wrong with the protection of the tables, in words. */
const unprotected = async (sql: postgres.ISql): Promise<readonly string[]> => {
  const rows = await sql<
    { name: string; enabled: boolean; forced: boolean; policies: { qual: string; check: string; cmd: string }[] }[]
  >`
    select relname as name, relrowsecurity as enabled, relforcerowsecurity as forced,
      coalesce((select jsonb_agg(jsonb_build_object('qual', p.qual, 'check', p.with_check, 'cmd', p.cmd)) from pg_policies p
        where p.schemaname = 'public' and p.tablename = relname and p.roles = '{public}' and p.permissive = 'PERMISSIVE'), '[]') as policies
    from pg_class where relkind in ('r', 'p', 'f') and relnamespace = 'public'::regnamespace order by 1`;
  return rows.flatMap(({ name, enabled, forced, policies }) => {
    if (name in withoutTenants) return [];
    const rule = `(${tenantColumn(name)} = freight_tenant())`;
    const [policy, ...more] = policies;
    return [
      ...(enabled ? [] : [`${name}: row security is not enabled`]),
      ...(forced ? [] : [`${name}: row security is not forced`]),
      ...(policy?.qual === rule && policy.check === rule && policy.cmd === 'ALL' && more.length === 0
        ? []
        : [`${name}: not exactly one policy for everybody, with ${rule}`]),
    ];
  });
};

/** Unique and foreign keys that do not start with the tenant. */
const keysThatTell = async (sql: postgres.ISql): Promise<readonly string[]> => {
  const unique = await sql<{ name: string; table: string; first: string | null }[]>`
    select i.relname as name, t.relname as table,
      (select attname from pg_attribute where attrelid = t.oid and attnum = x.indkey[0]) as first
    from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
    where x.indisunique and t.relnamespace = 'public'::regnamespace`;
  const foreign = await sql<{ name: string; table: string; target: string; first: string; target_first: string }[]>`
    select c.conname as name, t.relname as table, r.relname as target,
      (select attname from pg_attribute where attrelid = c.conrelid and attnum = c.conkey[1]) as first,
      (select attname from pg_attribute where attrelid = c.confrelid and attnum = c.confkey[1]) as target_first
    from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_class r on r.oid = c.confrelid
    where c.contype = 'f' and t.relnamespace = 'public'::regnamespace`;
  return [
    ...unique
      .filter(({ table, name }) => !(table in withoutTenants) && !(name in keysOverTenants))
      .filter(({ table, first }) => first !== tenantColumn(table))
      .map(({ name }) => name),
    ...foreign
      .filter(key => key.first !== tenantColumn(key.table) || key.target_first !== tenantColumn(key.target))
      .map(({ name }) => name),
  ];
};

interface Column {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
}

interface Sample {
  /** The columns that a row must have: with these it fits the table. */
  readonly row: Record<string, unknown>;
  /** A value for every column. */
  readonly values: Record<string, unknown>;
}

/** A row that fits a table, from its catalog entry: nothing here knows a table by name. Its ids are new ones. */
const sampleOf = async (sql: postgres.Sql, table: string): Promise<Sample> => {
  const columns = await sql<Column[]>`
    select attname as name, format_type(atttypid, atttypmod) as type, attnotnull and not atthasdef and attidentity = '' as required
    from pg_attribute where attrelid = ${table}::regclass and attnum > 0 and not attisdropped`;
  const checks = await sql<{ definition: string; columns: string[] }[]>`
    select pg_get_constraintdef(oid) as definition,
      array(select attname::text from pg_attribute where attrelid = conrelid and attnum = any (conkey)) as columns
    from pg_constraint where conrelid = ${table}::regclass and contype = 'c'`;
  const allowed = new Map(
    checks.flatMap(({ definition, columns: [name, ...others] }) => {
      const first = /'([^']+)'/.exec(definition)?.[1];
      return name !== undefined && others.length === 0 && first !== undefined ? [[name, first] as const] : [];
    }),
  );
  const valueOf = ({ name, type }: Column): unknown => {
    if (allowed.has(name)) return allowed.get(name);
    if (type === 'uuid') return newId();
    if (type === 'text') return 'x';
    if (type === 'text[]') return ['x'];
    if (type === 'jsonb') return sql.json({});
    if (type === 'bytea') return Buffer.of(1);
    if (type === 'boolean') return false;
    if (type === 'xid8') return '1';
    if (type.startsWith('timestamp')) return new Date();
    if (/int|numeric|double/.test(type)) return 1;
    throw new Error(`${table}.${name}: no sample for the type ${type}`);
  };
  const values = Object.fromEntries(columns.map(column => [column.name, valueOf(column)]));
  return {
    values,
    row: Object.fromEntries(columns.filter(column => column.required).map(({ name }) => [name, values[name]])),
  };
};

const rolledBack = new Error('rolled back');

/** What came of an attempt that leaves nothing behind: rows concerned, or the SQLSTATE and message of the refusal. */
const attempt = async (
  run: (work: (sql: postgres.TransactionSql) => Promise<never>) => Promise<never>,
  statement: (sql: postgres.TransactionSql) => Promise<number>,
): Promise<{ rows: number } | { refused: string; message: string }> => {
  let rows = -1;
  try {
    await run(async sql => {
      rows = await statement(sql);
      throw rolledBack;
    });
  } catch (error) {
    if (error === rolledBack) return { rows };
    return { refused: sqlState(error) ?? String(error), message: String(error) };
  }
  throw new Error('the attempt was kept');
};

let database: TestDatabase;
let services: Record<ServiceRole, Database>;
let tables: readonly string[];
/** What tenant A has in each table, and tenant B. */
let samples: Map<string, { readonly a: Sample; readonly b: Sample }>;
const a = newId();
const b = newId();

const sampleOfA = (table: string): Sample => samples.get(table)?.a ?? { row: {}, values: {} };
const sampleOfB = (table: string): Sample => samples.get(table)?.b ?? { row: {}, values: {} };

beforeAll(async () => {
  database = await createTestDatabase();
  services = Object.fromEntries(serviceRoles.map(role => [role, database.open(role)])) as typeof services;
  // A table that is on no list and has no tenant's column is named by the first test.
  tables = await tablesWithTenants(database.admin);
  samples = new Map();
  for (const table of tables)
    samples.set(table, { a: await sampleOf(database.admin, table), b: await sampleOf(database.admin, table) });
  await database.admin.begin(async sql => {
    // Rows that refer to nothing are enough here: only who sees them is asked.
    await sql`set local session_replication_role = replica`;
    for (const table of tables) {
      for (const [tenant, sample] of [[a, sampleOfA(table)] as const, [b, sampleOfB(table)] as const]) {
        const row = { ...sample.row, [tenantColumn(table)]: tenant };
        if (table === 'tenants') Object.assign(row, { slug: tenant });
        await sql`insert into ${sql(table)} ${sql(row)}`;
      }
    }
  });
});
afterAll(() => database.drop());

describe('the catalog', () => {
  it('has row security, enabled and forced, and one policy by tenant on every table that holds a tenant’s data', async () => {
    expect(tables.length).toBeGreaterThan(15);
    expect(await unprotected(database.admin)).toEqual([]);
  });

  it('is refused with a table that somebody forgot to protect, or protected by halves', async () => {
    const verdicts = await database.admin
      .begin(async sql => {
        await sql`create table forgotten (tenant_id uuid, id uuid unique)`;
        await sql`create table halfway (tenant_id uuid)`;
        await sql`alter table halfway enable row level security`;
        await sql`create policy tenant_isolation on halfway using (tenant_id = freight_tenant()) with check (true)`;
        throw Object.assign(rolledBack, { verdicts: [...(await unprotected(sql)), ...(await keysThatTell(sql))] });
      })
      .catch(error => (error as { verdicts: string[] }).verdicts);
    expect(verdicts).toEqual([
      'forgotten: row security is not enabled',
      'forgotten: row security is not forced',
      'forgotten: not exactly one policy for everybody, with (tenant_id = freight_tenant())',
      'halfway: row security is not forced',
      'halfway: not exactly one policy for everybody, with (tenant_id = freight_tenant())',
      'forgotten_id_key',
    ]);
  });

  it('keeps its list of tables without tenants true: each exists and has no column of a tenant', async () => {
    const [row] = await database.admin`
      select count(distinct relname)::int as tables, count(attname) filter (where attname ~ 'tenant')::int as columns
      from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0
      where relname in ${database.admin(Object.keys(withoutTenants))} and relkind = 'r'`;
    expect(row).toEqual({ tables: Object.keys(withoutTenants).length, columns: 0 });
  });

  it('starts every unique and foreign key with the tenant', async () => {
    expect(await keysThatTell(database.admin)).toEqual([]);
  });

  it('shows several tenants’ rows only by the reviewed policies, to roles without log-in, for reading', async () => {
    const rows = await database.admin<{ line: string; cmd: string; can_login: boolean }[]>`
      select format('%s %s %s', tablename, policyname, array_to_string(roles, ',')) as line, cmd,
        exists (select from pg_roles where rolname = any (roles) and rolcanlogin) as can_login
      from pg_policies where schemaname = 'public' and policyname <> 'tenant_isolation' order by 1`;
    expect(rows.map(row => row.line)).toEqual(crossTenantPolicies);
    expect(rows.every(row => row.cmd === 'SELECT' && !row.can_login)).toBe(true);
  });

  it('has no materialised view, no view with its owner’s rights and no function with them that was not reviewed', async () => {
    const views = await database.admin`
      select relname from pg_class where relnamespace = 'public'::regnamespace
        and (relkind = 'm' or (relkind = 'v' and not coalesce('security_invoker=true' = any (reloptions), false)))`;
    expect(views.map(row => row['relname'])).toEqual([]);
    const functions = await database.admin<{ name: string; fixed: boolean }[]>`
      select proname as name, coalesce(array_to_string(proconfig, ' ') like '%search_path=%', false) as fixed
      from pg_proc where pronamespace = 'public'::regnamespace and prosecdef`;
    expect(functions.map(row => row.name)).toEqual(Object.keys(definerFunctions));
    expect(functions.every(row => row.fixed)).toBe(true);
  });
});

describe('the roles', () => {
  it('are no superusers, bypass nothing, make nothing, and inherit nothing', async () => {
    const rows = await database.admin<{ rolname: string; rolcanlogin: boolean; bad: boolean }[]>`
      select rolname, rolcanlogin, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or rolinherit as bad
      from pg_roles where rolname like 'freight\\_%' and rolname <> current_user order by 1`;
    expect(rows.filter(row => row.bad)).toEqual([]);
    expect(rows.filter(row => row.rolcanlogin).map(row => row.rolname)).toEqual([...serviceRoles].sort());
    expect(rows.filter(row => !row.rolcanlogin).map(row => row.rolname)).toEqual(
      [...readerRoles, ...scopedRoles].sort(),
    );
  });

  it('are members of exactly the reader roles that were reviewed, without passing them on', async () => {
    const rows = await database.admin<{ line: string; admin_option: boolean }[]>`
      select format('%s to %s', g.rolname, m.rolname) as line, admin_option
      from pg_auth_members join pg_roles g on g.oid = roleid join pg_roles m on m.oid = member
      where m.rolname like 'freight\\_%' order by 1`;
    expect(rows.map(row => row.line)).toEqual(memberships);
    expect(rows.some(row => row.admin_option)).toBe(false);
  });

  it('own nothing in this database and cannot make anything in its schema', async () => {
    const roles = [...serviceRoles, ...readerRoles, ...scopedRoles];
    const [row] = await database.admin`
      select (select count(*)::int from pg_shdepend where deptype = 'o'
          and refobjid in (select oid from pg_roles where rolname = any (${roles}))) as owned,
        (select count(*)::int from unnest(${roles}::text[]) r where has_schema_privilege(r, 'public', 'create')) as create`;
    expect(row).toEqual({ owned: 0, create: 0 });
  });

  it('may not truncate, refer to, trigger on or read the sequence of anything, and nothing is granted to everybody', async () => {
    const roles = [...serviceRoles, ...readerRoles, ...scopedRoles];
    const [row] = await database.admin`
      select
        (select array_agg(r || ' ' || relname) from unnest(${roles}::text[]) r, pg_class
          where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
            and (has_table_privilege(r, oid, 'truncate') or has_any_column_privilege(r, oid, 'references') or has_table_privilege(r, oid, 'trigger'))) as tables,
        (select array_agg(r || ' ' || relname) from unnest(${roles}::text[]) r, pg_class
          where relnamespace = 'public'::regnamespace and relkind = 'S'
            and (has_sequence_privilege(r, oid, 'usage') or has_sequence_privilege(r, oid, 'select') or has_sequence_privilege(r, oid, 'update'))) as sequences,
        (select array_agg(relname::text) from pg_class, aclexplode(relacl)
          where relnamespace = 'public'::regnamespace and grantee = 0) as everybody`;
    expect(row).toEqual({ tables: null, sequences: null, everybody: null });
  });

  it('that read across tenants change nothing', async () => {
    const [row] = await database.admin`
      select array_agg(r || ' ' || relname) as writable from unnest(${[...readerRoles]}::text[]) r, pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and (has_any_column_privilege(r, oid, 'insert') or has_any_column_privilege(r, oid, 'update') or has_table_privilege(r, oid, 'delete'))`;
    expect(row).toEqual({ writable: null });
  });
});

describe.each([...serviceRoles, ...scopedRoles])('%s', role => {
  const scopes = () => {
    type Work = (sql: postgres.TransactionSql) => Promise<never>;
    if (isScopedRole(role)) {
      const db = services[serviceOf[role]];
      return {
        'tenant A': (work: Work) => db.withTenantAs(role, a, work),
        'an empty scope': (work: Work) => db.withTenantAs(role, '', work),
      };
    }
    const db = services[role];
    return {
      'tenant A': (work: Work) => db.withTenant(a, work),
      nobody: (work: Work) => db.withoutTenant(work),
      'an empty scope': (work: Work) => db.withTenant('', work),
    };
  };
  const granted = async (table: string, verb: 'select' | 'insert' | 'update' | 'delete'): Promise<boolean> => {
    const sql = database.admin;
    const [row] =
      verb === 'delete'
        ? await sql`select has_table_privilege(${role}, ${table}::regclass, 'delete') as yes`
        : await sql`select has_any_column_privilege(${role}, ${table}::regclass, ${verb}) as yes`;
    return row?.['yes'] as boolean;
  };
  /** The verdict that is right for a verb that is granted or not, by scope. */
  const expected = (isGranted: boolean, scope: string) =>
    isGranted ? { rows: scope === 'tenant A' ? 1 : 0 } : expect.objectContaining({ refused: '42501' });

  it('reads its tenant’s rows only, and none without a scope', async () => {
    for (const table of tables) {
      const may = await granted(table, 'select');
      for (const [scope, run] of Object.entries(scopes())) {
        const verdict = await attempt(run, async sql => {
          const [row] = await sql<{ n: number }[]>`select count(*)::int as n from ${sql(table)}`;
          return row?.n ?? -1;
        });
        expect(verdict, `${table} as ${scope}`).toEqual(expected(may, scope));
      }
    }
  });

  it('updates its tenant’s rows only, and moves none to another tenant', async () => {
    for (const table of tables) {
      const columns = await database.admin<{ name: string }[]>`
        select attname as name from pg_attribute where attrelid = ${table}::regclass and attnum > 0 and not attisdropped
          and attidentity = '' and has_column_privilege(${role}, attrelid, attnum, 'update')`;
      const { values } = sampleOfA(table);
      const column = columns.find(({ name }) => !/^(id|tenant_id|.*_id|slug)$/.test(name))?.name;
      if (await granted(table, 'update')) expect(column, `${table}: a column to update`).toBeDefined();
      for (const [scope, run] of Object.entries(scopes())) {
        const verdict = await attempt(run, async sql => {
          const name = column ?? tenantColumn(table);
          const result = await sql`update ${sql(table)} set ${sql({ [name]: values[name] as never })}`;
          return result.count;
        });
        expect(verdict, `${table} as ${scope}`).toEqual(expected(column !== undefined, scope));
      }
      const moved = await attempt(
        scopes()['tenant A'],
        async sql => (await sql`update ${sql(table)} set ${sql({ [tenantColumn(table)]: b })}`).count,
      );
      expect(moved, `${table} moved to tenant B`).toMatchObject({ refused: '42501' });
    }
  });

  it('deletes its tenant’s rows only', async () => {
    for (const table of tables) {
      const may = await granted(table, 'delete');
      for (const [scope, run] of Object.entries(scopes())) {
        const verdict = await attempt(run, async sql => {
          // Rows that refer to the deleted one are looked at when the transaction ends, which it does not.
          return (await sql`delete from ${sql(table)}`).count;
        });
        expect(verdict, `${table} as ${scope}`).toEqual(expected(may, scope));
      }
    }
  });

  it('adds no row to another tenant, and none without a scope', async () => {
    for (const table of tables) {
      const may = await granted(table, 'insert');
      const columns = await database.admin<{ name: string }[]>`
        select attname as name from pg_attribute where attrelid = ${table}::regclass and attnum > 0
          and has_column_privilege(${role}, attrelid, attnum, 'insert')`;
      for (const [scope, run] of Object.entries(scopes())) {
        const row = { ...sampleOfA(table).row, [tenantColumn(table)]: b };
        const verdict = await attempt(run, async sql => (await sql`insert into ${sql(table)} ${sql(row)}`).count);
        // Where it may insert at all, it is the policy that refuses, not a lacking right.
        expect(verdict, `${table} as ${scope}`).toMatchObject({
          refused: '42501',
          message: expect.stringContaining(may ? 'row-level security' : 'permission denied') as string,
        });
        if (may) expect(columns.map(one => one.name)).toEqual(expect.arrayContaining(Object.keys(row)));
      }
    }
  });

  it('learns nothing of another tenant from a conflict: the same key in its own scope is free', async () => {
    for (const table of tables) {
      if (oneRowATenant.has(table) || !(await granted(table, 'insert'))) continue;
      // The same keys as B's row, in A's scope: who saw "taken" would know that B has them.
      const row = { ...sampleOfB(table).row, [tenantColumn(table)]: a };
      const verdict = await attempt(
        scopes()['tenant A'],
        async sql => (await sql`insert into ${sql(table)} ${sql(row)}`).count,
      );
      expect(verdict, table).toEqual({ rows: 1 });
    }
  });
});

describe.each(scopedRoles)('%s', role => {
  it.each(serviceRoles)('is for %s only if it was given', async service => {
    const taken = services[service].withTenantAs(role, a, sql => sql`select 1`);
    if (service === serviceOf[role]) await taken;
    else await expect(taken).rejects.toMatchObject({ code: '42501' });
  });
});

it('roles of one tenant’s scope change and delete what they are for, and nobody changes an event', async () => {
  const rows = await database.admin<{ line: string }[]>`
    select r || ' ' || relname || '.' || attname as line from unnest(${[...scopedRoles]}::text[]) r, pg_class c, pg_attribute t
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
    'freight_resealer connection_secrets.sealed',
    'freight_resealer record_outcomes.sealed_message',
    'freight_resealer staged_records.sealed',
  ]);
  const [row] = await database.admin`
    select array_agg(distinct r) as deleting from unnest(${[...scopedRoles]}::text[]) r, pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and has_table_privilege(r, oid, 'delete')`;
  expect(row).toEqual({ deleting: ['freight_eraser', 'freight_retention'] });
});

describe('a reader role', () => {
  it.each([
    ['freight_gateway', 'freight_relay'],
    ['freight_gateway', 'freight_dispatcher'],
    ['freight_tenants', 'freight_dispatcher'],
    ['freight_tenants', 'freight_key_lookup'],
    ['freight_tenants', 'freight_operator'],
    ['freight_jobs', 'freight_sweeper'],
    ['freight_jobs', 'freight_key_lookup'],
    ['freight_workers', 'freight_relay'],
    ['freight_workers', 'freight_dispatcher'],
    ['freight_workers', 'freight_sweeper'],
  ] as const)('%s may not take on %s', async (service, reader) => {
    await expect(services[service].withRole(reader, sql => sql`select 1`)).rejects.toMatchObject({ code: '42501' });
  });

  it('shows nothing of a sealed or hashed value but the hashes that log in', async () => {
    const secrets = ['connection_secrets', 'staged_records', 'staged_keys', 'record_outcomes', 'record_ids'];
    const [row] = await database.admin`
      select array_agg(r || ' ' || t) as readable from unnest(${[...readerRoles]}::text[]) r, unnest(${secrets}::text[]) t
      where has_any_column_privilege(r, t, 'select')`;
    expect(row).toEqual({ readable: null });
    const [columns] = await database.admin`
      select has_column_privilege('freight_operator', 'tenants', 'api_key_hash', 'select') as hash,
        has_column_privilege('freight_gateway', 'tenants', 'api_key_hash', 'select') as gateway_hash,
        has_column_privilege('freight_sweeper', 'commands', 'sealed', 'select') as sealed`;
    expect(columns).toEqual({ hash: false, gateway_hash: false, sealed: false });
  });
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
