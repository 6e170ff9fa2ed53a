import type postgres from 'postgres';
import type { Trial } from '../attempt.ts';
import {
  crossTenantPolicies,
  definerFunctions,
  keysOverTenants,
  memberships,
  readerColumns,
  scopedRoles,
  secretColumns,
  secretName,
  withoutTenants,
} from './reviewed.ts';
import { freightRoles, tenantColumn } from './tables.ts';

/** One thing that the catalog was asked for; `seen` says what is wrong. */
export interface Finding extends Omit<Trial, 'floor'> {
  readonly seen?: string | undefined;
}

const tables = async (sql: postgres.ISql): Promise<readonly Finding[]> => {
  const rows = await sql<
    {
      name: string;
      hasTenant: boolean;
      enabled: boolean;
      forced: boolean;
      owner: string;
      policies: { qual: string; check: string; cmd: string; name: string }[];
      columns: string[];
    }[]
  >`
    select relname as name, relrowsecurity as enabled, relforcerowsecurity as forced, pg_get_userbyid(relowner) as owner,
      array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
      coalesce((select jsonb_agg(jsonb_build_object('qual', p.qual, 'check', p.with_check, 'cmd', p.cmd, 'name', p.policyname)) from pg_policies p
        where p.schemaname = 'public' and p.tablename = relname and p.roles = '{public}' and p.permissive = 'PERMISSIVE'), '[]') as policies
    from pg_class c where relkind in ('r', 'p', 'f') and relnamespace = 'public'::regnamespace order by 1`;
  return rows.flatMap(({ name, columns, enabled, forced, policies }) => {
    if (name in withoutTenants) {
      const column = columns.find(one => one.includes('tenant'));
      return [
        {
          name,
          tried: 'a table that was reviewed to hold no tenant’s data',
          expected: 'no column of a tenant',
          seen: column === undefined ? undefined : `the column ${column}`,
        },
      ];
    }
    const rule = `(${tenantColumn(name)} = freight_tenant())`;
    const [policy, ...more] = policies;
    const isRight = policy?.qual === rule && policy.check === rule && policy.cmd === 'ALL' && more.length === 0;
    const shown = policies.map(one => `${one.name} ${one.cmd} using ${one.qual} with check ${one.check}`).join('; ');
    return [
      {
        name,
        tried: 'row security',
        expected: 'enabled',
        seen: enabled ? undefined : `${name}: row security is not enabled`,
      },
      {
        name,
        tried: 'row security',
        expected: 'forced',
        seen: forced ? undefined : `${name}: row security is not forced`,
      },
      {
        name,
        tried: 'policies for everybody',
        expected: `one, with ${rule}`,
        seen: isRight
          ? undefined
          : `${name}: not exactly one policy for everybody, with ${rule}${shown === '' ? '' : `, but ${shown}`}`,
      },
    ];
  });
};

const policies = async (sql: postgres.ISql): Promise<readonly Finding[]> => {
  const rows = await sql<{ table: string; line: string; cmd: string; logsIn: boolean }[]>`
    select tablename as table, format('%s %s %s', tablename, policyname, array_to_string(roles, ',')) as line, cmd,
      exists (select from pg_roles where rolname = any (roles) and rolcanlogin) as "logsIn"
    from pg_policies where schemaname = 'public' and roles <> '{public}' order by 1`;
  return rows.map(({ table, line, cmd, logsIn }) => ({
    name: table,
    tried: `the policy ${line}`,
    expected: 'reviewed, for reading, to a role without log-in',
    seen: !crossTenantPolicies.includes(line)
      ? `${line}: not reviewed`
      : cmd !== 'SELECT' || logsIn
        ? `${line}: for ${cmd}${logsIn ? ', to a role that logs in' : ''}`
        : undefined,
  }));
};

const keys = async (sql: postgres.ISql): Promise<readonly Finding[]> => {
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
  const expected = 'starts with the tenant';
  return [
    ...unique
      .filter(({ table }) => !(table in withoutTenants))
      .map(({ name, table, first }) => ({
        name: table,
        tried: `the unique key ${name}`,
        expected,
        seen: name in keysOverTenants || first === tenantColumn(table) ? undefined : `${name} starts with ${first}`,
      })),
    ...foreign.map(key => ({
      name: key.table,
      tried: `the foreign key ${key.name}`,
      expected,
      seen:
        key.first === tenantColumn(key.table) && key.target_first === tenantColumn(key.target)
          ? undefined
          : `${key.name} leads from ${key.first} to ${key.target_first}`,
    })),
  ];
};

const views = async (sql: postgres.ISql): Promise<readonly Finding[]> => {
  const found = await sql<{ name: string; kind: string; invoker: boolean }[]>`
    select relname as name, relkind::text as kind, coalesce('security_invoker=true' = any (reloptions), false) as invoker
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')`;
  const bad = found.filter(one => one.kind === 'm' || !one.invoker);
  return [
    {
      name: 'views',
      tried: 'views, materialised or with their owner’s rights',
      expected: 'none',
      seen: bad.length === 0 ? undefined : bad.map(one => one.name).join(', '),
    },
  ];
};

const functions = async (sql: postgres.ISql): Promise<readonly Finding[]> => {
  const found = await sql<{ name: string; fixed: boolean; callers: string[] }[]>`
    select proname as name, coalesce(array_to_string(proconfig, ' ') like '%search_path=%', false) as fixed,
      array(select rolname::text from pg_roles where rolname like 'freight\\_%' and not rolsuper and has_function_privilege(oid, p.oid, 'execute')
        order by 1) as callers
    from pg_proc p where pronamespace = 'public'::regnamespace and prosecdef`;
  return found.map(({ name, fixed, callers }) => ({
    name: 'functions',
    tried: `${name}, which runs with its owner’s rights`,
    expected: 'reviewed, its search path fixed, for the reviewed callers only',
    seen: !(name in definerFunctions)
      ? `${name}: not reviewed`
      : !fixed
        ? `${name}: its search path is not fixed`
        : callers.join() === [...(definerFunctions[name]?.roles ?? [])].sort().join()
          ? undefined
          : `${name}: may be called by ${callers.join(', ')}`,
  }));
};

const roles = async (sql: postgres.ISql): Promise<readonly Finding[]> => {
  const found = await sql<
    { name: string; powers: string; members: string[]; owns: number; creates: boolean; scope: string | null }[]
  >`
    select rolname as name,
      concat_ws(', ', case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypassrls' end,
        case when rolcreaterole then 'createrole' end, case when rolcreatedb then 'createdb' end,
        case when rolreplication then 'replication' end, case when rolinherit then 'inherit' end) as powers,
      array(select format('%s to %s%s', g.rolname, r.rolname, case when admin_option then ' with admin option' end)
        from pg_auth_members join pg_roles g on g.oid = roleid where member = r.oid order by 1) as members,
      (select count(*)::int from pg_shdepend where deptype = 'o' and refobjid = r.oid) as owns,
      has_schema_privilege(r.oid, 'public', 'create') as creates,
      (select array_to_string(setconfig, ' ') from pg_db_role_setting where setrole = r.oid
        and array_to_string(setconfig, ' ') ~ 'freight\\.tenant_id|role=|row_security|session_replication' limit 1) as scope
    from pg_roles r where rolname like 'freight\\_%' and rolname <> pg_get_userbyid((select relowner from pg_class where relname = 'tenants' and relnamespace = 'public'::regnamespace)) order by 1`;
  return found.flatMap(({ name, powers, members, owns, creates, scope }) => {
    const unknown = members.filter(one => !memberships.includes(one));
    return [
      { name, tried: 'powers of the role', expected: 'none', seen: powers === '' ? undefined : powers },
      {
        name,
        tried: 'roles that it may take on',
        expected: 'the reviewed ones',
        seen: unknown.join('; ') || undefined,
      },
      {
        name,
        tried: 'what it owns or may make',
        expected: 'nothing',
        seen: owns > 0 ? `owns ${owns} things` : creates ? 'may create in the schema' : undefined,
      },
      { name, tried: 'settings at log-in', expected: 'none that give a scope', seen: scope ?? undefined },
    ];
  });
};

const grants = async (sql: postgres.ISql): Promise<readonly Finding[]> => {
  const all = await freightRoles(sql);
  const names = all.map(one => one.name);
  const rows = await sql<
    { role: string; name: string; forbidden: string; writes: boolean; columns: string[]; total: number }[]
  >`
    select r as role, relname as name,
      concat_ws(', ', case when has_table_privilege(r, c.oid, 'truncate') then 'truncate' end,
        case when has_any_column_privilege(r, c.oid, 'references') then 'references' end,
        case when has_table_privilege(r, c.oid, 'trigger') then 'trigger' end) as forbidden,
      has_any_column_privilege(r, c.oid, 'insert') or has_any_column_privilege(r, c.oid, 'update') or has_table_privilege(r, c.oid, 'delete') as writes,
      array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped
        and has_column_privilege(r, attrelid, attnum, 'select') order by 1) as columns,
      (select count(*)::int from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as total
    from unnest(${names}::text[]) r, pg_class c
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')`;
  const readers = new Set(all.filter(one => !one.logsIn && !(one.name in scopedRoles)).map(one => one.name));
  return rows.flatMap(({ role, name, forbidden, writes, columns, total }): readonly Finding[] => {
    const right = {
      name,
      tried: `truncate, references, trigger for ${role}`,
      expected: 'not granted',
      seen: forbidden || undefined,
    };
    if (!readers.has(role) || name in withoutTenants) return [right];
    const reviewed = readerColumns[role]?.[name] ?? '';
    const isReviewed =
      reviewed === '*'
        ? columns.length === total
        : [...columns].join() === reviewed.split(' ').filter(Boolean).sort().join();
    const more = columns.filter(one => !reviewed.split(' ').includes(one));
    return [
      right,
      {
        name,
        tried: `what ${role} reads of every tenant`,
        expected: reviewed === '' ? 'nothing' : `the reviewed columns: ${reviewed}`,
        // A column too few is for the services' own tests to notice.
        seen:
          isReviewed || (reviewed !== '*' && more.length === 0) || reviewed === '*'
            ? undefined
            : `also ${more.join(', ')}`,
      },
      {
        name,
        tried: `writes by ${role}`,
        expected: 'not granted',
        seen: writes ? `${role} may change ${name}` : undefined,
      },
    ];
  });
};

const secrets = async (sql: postgres.ISql): Promise<readonly Finding[]> => {
  const rows = await sql<{ table: string; column: string; readers: string[] }[]>`
    select relname as table, attname as column,
      array(select rolname::text from pg_roles where rolname like 'freight\\_%' and not rolsuper
        and has_column_privilege(oid, attrelid, attnum, 'select') order by 1) as readers
    from pg_attribute join pg_class c on c.oid = attrelid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped
      and (atttypid = 'bytea'::regtype or (attname ~ ${secretName} and atttypid <> 'boolean'::regtype))`;
  return rows.map(({ table, column, readers }) => {
    const reviewed = (secretColumns[`${table}.${column}`] ?? '').split(' ');
    const more = readers.filter(role => !reviewed.includes(role));
    return {
      name: table,
      tried: `who reads ${column}, which is sealed or hashed`,
      expected: `at most ${reviewed.join(', ') || 'nobody'}`,
      seen: more.length === 0 ? undefined : `also ${more.join(', ')}`,
    };
  });
};

const everybody = async (sql: postgres.ISql): Promise<readonly Finding[]> => {
  const [row] = await sql<{ tables: string[] | null; sequences: string[] | null }[]>`
    select
      (select array_agg(relname::text) from pg_class, aclexplode(relacl) where relnamespace = 'public'::regnamespace and grantee = 0) as tables,
      (select array_agg(r || ' ' || relname) from (select rolname as r from pg_roles where rolname like 'freight\\_%' and not rolsuper) roles, pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'S'
          and (has_sequence_privilege(r, pg_class.oid, 'usage') or has_sequence_privilege(r, pg_class.oid, 'select') or has_sequence_privilege(r, pg_class.oid, 'update'))) as sequences`;
  return [
    { name: 'everybody', tried: 'grants to everybody', expected: 'none', seen: row?.tables?.join(', ') },
    { name: 'sequences', tried: 'grants on sequences', expected: 'none', seen: row?.sequences?.join(', ') },
  ];
};

/** Everything that the catalog can say about who sees what: tables, policies, keys, views, functions, roles, grants. Reads only. */
export const readCatalog = async (sql: postgres.ISql): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const ask of [tables, policies, keys, views, functions, roles, grants, secrets, everybody]) {
    findings.push(...(await ask(sql)));
  }
  return findings;
};
