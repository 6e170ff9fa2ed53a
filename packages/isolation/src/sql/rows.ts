import type postgres from 'postgres';
import type { Recorder } from '../attempt.ts';
import { type Scope, type SqlDoor, scopeName, type Verdict } from './door.ts';
import type { Rights } from './rights.ts';
import type { Sample } from './samples.ts';
import { tenantColumn } from './tables.ts';

/** One table, tried by one role. */
export interface TableTrial {
  readonly record: Recorder;
  readonly door: SqlDoor;
  readonly role: string;
  readonly table: string;
  readonly rights: Rights;
  readonly sample: Sample;
  readonly a: string;
  readonly b: string;
}

const denied = '42501';

const describe = (verdict: Verdict): string =>
  'rows' in verdict ? `${verdict.rows} rows` : `${verdict.refused} ${verdict.message}`;

/** No row where it may do such a thing, a refusal where it may not. */
const judge = (verdict: Verdict, isGranted: boolean): string | undefined => {
  if ('rows' in verdict) return isGranted && verdict.rows === 0 ? undefined : describe(verdict);
  return verdict.refused === denied && !isGranted ? undefined : describe(verdict);
};

const scopesOf = (a: string): readonly Scope[] => [{ tenant: a }, 'nobody', 'an empty scope'];

/** Statements that concern B's rows; without a scope, those of A too: nobody is to be seen at all. */
const foreign = (trial: TableTrial, scope: Scope, sql: postgres.TransactionSql) => {
  const column = sql(tenantColumn(trial.table));
  return typeof scope === 'string' ? sql`${column} in (${trial.a}, ${trial.b})` : sql`${column} = ${trial.b}`;
};

const reads = async (trial: TableTrial): Promise<void> => {
  const { record, door, role, table, rights, a } = trial;
  for (const scope of scopesOf(a)) {
    await record.attempt(
      {
        floor: 'sql',
        name: table,
        tried: `${role} reads others' rows as ${scopeName(scope, a)}`,
        expected: rights.verbs.has('select') ? 'no row' : 'refused',
      },
      async () =>
        judge(
          await door.tryOut(role, scope, async sql => {
            const column = sql(tenantColumn(table));
            const others = typeof scope === 'string' ? sql`true` : sql`${column} is distinct from ${a}`;
            const [row] = await sql<{ n: number }[]>`select count(*)::int as n from ${sql(table)} where ${others}`;
            return row?.n ?? -1;
          }),
          rights.verbs.has('select'),
        ),
    );
  }
};

const updates = async (trial: TableTrial): Promise<void> => {
  const { record, door, role, table, rights, a, b, sample } = trial;
  const tenant = tenantColumn(table);
  const columns = [...rights.columns.update];
  // A key's own column would be refused by the key rather than by the policy.
  const column =
    columns.find(name => !/^(id|tenant_id|.*_id|slug)$/.test(name)) ?? columns.find(name => name !== tenant);
  for (const scope of scopesOf(a)) {
    await record.attempt(
      {
        floor: 'sql',
        name: table,
        tried: `${role} changes B's rows as ${scopeName(scope, a)}`,
        expected: column === undefined ? 'refused' : 'no row',
      },
      async () =>
        judge(
          await door.tryOut(role, scope, async sql => {
            const name = column ?? tenant;
            const result = await sql`
              update ${sql(table)} set ${sql({ [name]: sample.values[name] as never })} where ${foreign(trial, scope, sql)}`;
            return result.count;
          }),
          column !== undefined,
        ),
    );
  }
  await record.attempt(
    { floor: 'sql', name: table, tried: `${role} moves A's rows to B as tenant A`, expected: 'refused' },
    async () => {
      const verdict = await door.tryOut(role, { tenant: a }, async sql => {
        const result = await sql`update ${sql(table)} set ${sql({ [tenant]: b })} where ${sql(tenant)} = ${a}`;
        return result.count;
      });
      // Where it sees no row of A either there is nothing to move.
      if ('rows' in verdict)
        return verdict.rows === 0 && !rights.columns.select.has(tenant) ? undefined : describe(verdict);
      return verdict.refused === denied ? undefined : describe(verdict);
    },
  );
};

const deletes = async (trial: TableTrial): Promise<void> => {
  const { record, door, role, table, rights, a } = trial;
  for (const scope of scopesOf(a)) {
    await record.attempt(
      {
        floor: 'sql',
        name: table,
        tried: `${role} deletes B's rows as ${scopeName(scope, a)}`,
        expected: rights.verbs.has('delete') ? 'no row' : 'refused',
      },
      async () =>
        judge(
          await door.tryOut(role, scope, async sql => {
            const result = await sql`delete from ${sql(table)} where ${foreign(trial, scope, sql)}`;
            return result.count;
          }),
          rights.verbs.has('delete'),
        ),
    );
  }
};

const inserts = async (trial: TableTrial): Promise<void> => {
  const { record, door, role, table, rights, a, b, sample } = trial;
  const may = rights.verbs.has('insert');
  for (const scope of scopesOf(a)) {
    await record.attempt(
      {
        floor: 'sql',
        name: table,
        tried: `${role} adds a row to B as ${scopeName(scope, a)}`,
        expected: may ? 'refused by the policy' : 'refused',
      },
      async () => {
        const row = { ...sample.row, [tenantColumn(table)]: b };
        const verdict = await door.tryOut(role, scope, async sql => {
          return (await sql`insert into ${sql(table)} ${sql(row)}`).count;
        });
        // Where it may insert at all, it is the policy that has to refuse, not a lacking right to one column.
        const words = may ? 'row-level security' : 'permission denied';
        return 'refused' in verdict && verdict.refused === denied && verdict.message.includes(words)
          ? undefined
          : describe(verdict);
      },
    );
  }
};

/** Every verb on one table as one role: as tenant A on B's rows, and without any scope. */
export const tryRows = async (trial: TableTrial): Promise<void> => {
  await reads(trial);
  await updates(trial);
  await deletes(trial);
  await inserts(trial);
  trial.record.cover('table', trial.table);
};
