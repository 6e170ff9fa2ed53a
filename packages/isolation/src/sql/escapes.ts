import type postgres from 'postgres';
import type { Recorder } from '../attempt.ts';
import type { SqlDoor } from './door.ts';
import { memberships } from './reviewed.ts';

const denied = '42501';

/** What a service's role must not get at, whatever it is told to run. */
const statements: readonly (readonly [string, string])[] = [
  ['makes a table', 'create table public.mine (id int)'],
  ['makes a function for all', `create function public.mine() returns int language sql as 'select 1'`],
  ['makes a role', 'create role freight_mine'],
  ['gives itself the right to bypass row security', 'alter role current_user bypassrls'],
  ['turns off triggers and foreign keys', 'set local session_replication_role = replica'],
  ['reads the hashes of the roles’ passwords', 'select rolpassword from pg_authid limit 1'],
  ['reads a file of the server', `select pg_read_file('/etc/hostname')`],
  ['lists a folder of the server', `select pg_ls_dir('.')`],
  ['imports a file', `select lo_import('/etc/hostname')`],
  ['copies to a file', `copy (select 1) to '/tmp/freight-isolation'`],
  ['copies to a program', `copy (select 1) to program 'true'`],
  [
    'replaces the function that names the tenant',
    `create or replace function public.freight_tenant() returns uuid language sql as 'select null::uuid'`,
  ],
  ['sets a scope for everybody who logs in', `alter role all set freight.tenant_id = ''`],
];

/** Tries to leave the role and its scope. */
export const tryEscapes = async (options: {
  readonly record: Recorder;
  readonly admin: postgres.Sql;
  readonly door: SqlDoor;
  readonly roles: readonly string[];
  readonly a: string;
}): Promise<void> => {
  const { record, admin, door, roles, a } = options;
  const all = (await admin<{ name: string }[]>`select rolname as name from pg_roles order by 1`).map(one => one.name);
  const sequences = await admin<{ name: string }[]>`
    select relname as name from pg_class where relkind = 'S' and relnamespace = 'public'::regnamespace order by 1`;
  for (const role of roles) {
    const refused = (tried: string, run: (sql: postgres.TransactionSql) => Promise<unknown>) =>
      record.attempt({ floor: 'sql', name: role, tried, expected: 'refused' }, async () => {
        const verdict = await door.tryOut(role, { tenant: a }, async sql => {
          await run(sql);
          return 0;
        });
        if ('rows' in verdict) return 'it was allowed';
        return verdict.refused === denied ? undefined : `${verdict.refused} ${verdict.message}`;
      });
    for (const other of all) {
      if (other === role || memberships.includes(`${other} to ${role}`)) continue;
      await refused(`takes on ${other}`, sql => sql`set local role ${sql(other)}`);
      if (!other.startsWith('pg_'))
        await refused(`logs in anew as ${other}`, sql => sql`set local session authorization ${sql(other)}`);
    }
    for (const [what, statement] of statements) await refused(what, sql => sql.unsafe(statement));
    for (const { name } of sequences) {
      await refused(`reads the sequence ${name}`, sql => sql`select last_value from ${sql(name)}`);
      await refused(`draws from the sequence ${name}`, sql => sql`select nextval(${`public.${name}`})`);
    }
    await record.attempt(
      { floor: 'sql', name: role, tried: 'reads the statistics of tenant tables', expected: 'no row' },
      async () => {
        const verdict = await door.tryOut(role, { tenant: a }, async sql => {
          const rows = await sql`
            select from pg_stats s join pg_class c on c.relname = s.tablename and c.relnamespace = 'public'::regnamespace
            where s.schemaname = 'public' and c.relrowsecurity`;
          return rows.length;
        });
        return 'rows' in verdict && verdict.rows === 0 ? undefined : JSON.stringify(verdict);
      },
    );
    await record.attempt(
      { floor: 'sql', name: role, tried: 'a scope after the transaction that set it', expected: 'none' },
      async () => {
        await door.tryOut(role, { tenant: a }, () => Promise.resolve(0));
        const verdict = await door.tryOut(role, 'nobody', async sql => {
          const [row] = await sql<{ scope: string | null }[]>`select freight_tenant()::text as scope`;
          return row?.scope === null ? 0 : 1;
        });
        return 'rows' in verdict && verdict.rows === 0 ? undefined : JSON.stringify(verdict);
      },
    );
  }
};
