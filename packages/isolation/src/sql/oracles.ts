import type postgres from 'postgres';
import type { TableTrial } from './rows.ts';
import { tenantColumn } from './tables.ts';

const denied = '42501';
const uniqueViolation = '23505';
const foreignKeyViolation = '23503';
const raised = 'P0001';

/** The columns of each of a table's unique keys, but for the tenant's. */
const uniqueKeys = async (sql: postgres.TransactionSql, table: string): Promise<readonly (readonly string[])[]> => {
  const rows = await sql<{ columns: string[] }[]>`
    select array_agg(attname::text) as columns from pg_index join pg_attribute on attrelid = indrelid and attnum = any (indkey)
    where indrelid = ${table}::regclass and indisunique and attidentity = '' and attgenerated = ''
      and attname <> ${tenantColumn(table)}
    group by indexrelid`;
  return rows.map(one => one.columns);
};

type Row = Readonly<Record<string, unknown>>;
const rowsMax = 500;

/** A row of B in whose keys A has nothing itself; undefined when there is none. Both use names such as `persons`. */
const rowOfBAlone = async (
  sql: postgres.TransactionSql,
  { table, a, b }: TableTrial,
  keys: readonly (readonly string[])[],
): Promise<Row | undefined> => {
  const columns = [...new Set(keys.flat())];
  const read = async (tenant: string): Promise<readonly Row[]> => {
    await sql`select set_config('freight.tenant_id', ${tenant}, true)`;
    return sql<Row[]>`
      select ${sql(columns)} from ${sql(table)} where ${sql(tenantColumn(table))} = ${tenant} limit ${rowsMax}`;
  };
  const valuesOf = (row: Row) =>
    keys.flatMap((key, i) =>
      key.some(name => row[name] === null) ? [] : [`${i} ${JSON.stringify(key.map(name => row[name]))}`],
    );
  const theirs = await read(b);
  const own = new Set((await read(a)).flatMap(valuesOf));
  return theirs.find(row => valuesOf(row).every(value => !own.has(value)));
};

/** Adds B's keys under A: who saw "taken" would know that B has them. */
const conflicts = async (trial: TableTrial): Promise<void> => {
  const { record, door, role, table, rights, a, b, sample } = trial;
  if (table === 'tenants' || !rights.verbs.has('insert')) return;
  await record.attempt(
    { floor: 'sql', name: table, tried: `${role} adds a row with B's keys as tenant A`, expected: 'the keys are free' },
    async () => {
      const verdict = await door.tryOut(role, { tenant: b }, async sql => {
        const keys = await uniqueKeys(sql, table);
        // One row a tenant: there is no second one to make.
        if (keys.length === 0) return 1;
        const may = (name: string) => rights.columns.insert.has(name) && rights.columns.select.has(name);
        const usable = keys.filter(key => key.every(may));
        const taken = usable.length > 0 ? await rowOfBAlone(sql, trial, usable) : undefined;
        await sql`select set_config('freight.tenant_id', ${a}, true)`;
        const row: Record<string, unknown> = { ...sample.row, ...taken, [tenantColumn(table)]: a };
        return (await sql`insert into ${sql(table)} ${sql(row)}`).count;
      });
      if ('rows' in verdict) return verdict.rows === 1 ? undefined : `${verdict.rows} rows`;
      // What it refers to is not there for A either: also an answer as for nothing.
      if (verdict.refused === foreignKeyViolation) return undefined;
      const words = `${verdict.refused} ${verdict.message}`;
      if (verdict.refused === uniqueViolation) return words;
      throw new Error(words);
    },
  );
};

/** A function that is cheaper than the policy is evaluated first, unless the policy is a barrier: it would tell what it was shown. */
const leakyFunction = async (trial: TableTrial): Promise<void> => {
  const { record, door, role, table, rights, a } = trial;
  const may = rights.columns.select.has(tenantColumn(table));
  await record.attempt(
    {
      floor: 'sql',
      name: table,
      tried: `${role} reads as tenant A through a function that tells what it is shown`,
      expected: may ? "it is shown A's rows only" : 'refused',
    },
    async () => {
      const verdict = await door.tryOut(role, { tenant: a }, async sql => {
        await sql.unsafe(`create function pg_temp.tell(uuid) returns boolean language plpgsql cost 0.0000001 as
          'begin if $1 <> ''${a}'' then raise exception ''saw %'', $1; end if; return true; end'`);
        const [row] = await sql<{ n: number }[]>`
          select count(*)::int as n from ${sql(table)} where pg_temp.tell(${sql(tenantColumn(table))})`;
        return row?.n ?? -1;
      });
      if ('rows' in verdict) return may ? undefined : `${verdict.rows} rows`;
      if (verdict.refused === raised) return verdict.message;
      return verdict.refused === denied ? undefined : `${verdict.refused} ${verdict.message}`;
    },
  );
};

const copies = async (trial: TableTrial): Promise<void> => {
  const { record, door, role, table, rights, a } = trial;
  const column = tenantColumn(table);
  const may = rights.columns.select.has(column);
  await record.attempt(
    {
      floor: 'sql',
      name: table,
      tried: `${role} copies the table out as tenant A`,
      expected: may ? "A's rows only" : 'refused',
    },
    async () => {
      const verdict = await door.tryOut(role, { tenant: a }, async sql => {
        const stream = await sql`copy ${sql(table)} (${sql(column)}) to stdout`.readable();
        let text = '';
        for await (const chunk of stream) text += String(chunk);
        return text.split('\n').filter(line => line !== '' && line !== a).length;
      });
      if ('rows' in verdict) return may && verdict.rows === 0 ? undefined : `${verdict.rows} rows of others`;
      return verdict.refused === denied && !may ? undefined : `${verdict.refused} ${verdict.message}`;
    },
  );
};

/** Ways around the policy that nobody ought to have a right to. */
const detours = (table: string): readonly (readonly [string, string])[] => [
  ['empties the table', `truncate ${table}`],
  ['reads with row security off', `set local row_security = off; select 1 from ${table} limit 1`],
  ['turns row security off', `alter table ${table} disable row level security`],
  ['unforces row security', `alter table ${table} no force row level security`],
  ['drops the policy', `drop policy tenant_isolation on ${table}`],
  ['adds a policy', `create policy mine on ${table} using (true)`],
  // Whoever has nothing to give gets a warning, and no error.
  [
    'grants the table to everybody',
    `grant select on ${table} to public; do $$ begin if not has_table_privilege('public', '${table}', 'select') then
      raise insufficient_privilege; end if; end $$`,
  ],
  [
    'puts a trigger on the table',
    `create trigger t before insert on ${table} for each row execute function suppress_redundant_updates_trigger()`,
  ],
  ['makes a view of the table', `create view public.mine as select * from ${table}`],
];

const tryDetours = async (trial: TableTrial): Promise<void> => {
  const { record, door, role, table, a } = trial;
  for (const [what, statement] of detours(table)) {
    await record.attempt(
      { floor: 'sql', name: table, tried: `${role} ${what} as tenant A`, expected: 'refused' },
      async () => {
        const verdict = await door.tryOut(role, { tenant: a }, async sql => {
          await sql.unsafe(statement);
          return 0;
        });
        if ('rows' in verdict) return 'it was allowed';
        return verdict.refused === denied ? undefined : `${verdict.refused} ${verdict.message}`;
      },
    );
  }
};

/** What a table might tell although its rows are hidden. */
export const tryOracles = async (trial: TableTrial): Promise<void> => {
  await conflicts(trial);
  await leakyFunction(trial);
  await copies(trial);
  await tryDetours(trial);
};
