import type postgres from 'postgres';
import type { Recorder } from '../attempt.ts';
import type { SqlDoor, Verdict } from './door.ts';
import type { Rights } from './rights.ts';
import { type Sample, sampleOf } from './samples.ts';
import { tenantColumn } from './tables.ts';

interface ForeignKey {
  readonly name: string;
  readonly child: string;
  readonly parent: string;
  readonly childColumns: readonly string[];
  readonly parentColumns: readonly string[];
}

const uuids = /[0-9a-f]{8}-[0-9a-f-]{27}/g;

const words = (verdict: Verdict): string =>
  'rows' in verdict ? `${verdict.rows} rows` : `${verdict.refused} ${verdict.message.replace(uuids, '(id)')}`;

/** Refers from A's rows to B's, and to nothing: the answers are the same, and both no. */
export const tryForeignKeys = async (options: {
  readonly record: Recorder;
  readonly admin: postgres.Sql;
  readonly door: SqlDoor;
  readonly roles: readonly string[];
  readonly rightsOf: (role: string, table: string) => Rights;
  readonly a: string;
  readonly b: string;
}): Promise<void> => {
  const { record, admin, door, roles, rightsOf, a, b } = options;
  const keys = await admin<ForeignKey[]>`
    select conname as name, t.relname as child, r.relname as parent,
      array(select attname::text from unnest(conkey) with ordinality k (n, o) join pg_attribute on attrelid = conrelid and attnum = n order by o) as "childColumns",
      array(select attname::text from unnest(confkey) with ordinality k (n, o) join pg_attribute on attrelid = confrelid and attnum = n order by o) as "parentColumns"
    from pg_constraint c join pg_class t on t.oid = conrelid join pg_class r on r.oid = confrelid
    where contype = 'f' and t.relnamespace = 'public'::regnamespace`;
  for (const key of keys) {
    for (const role of roles) {
      const rights = rightsOf(role, key.child);
      if (
        !rights.verbs.has('insert') ||
        !key.parentColumns.every(one => rightsOf(role, key.parent).columns.select.has(one))
      )
        continue;
      const sample = await sampleOf(admin, key.child);
      await record.attempt(
        {
          floor: 'sql',
          name: key.child,
          tried: `${role} refers from A's row to B's by ${key.name}`,
          expected: 'refused as for nothing',
        },
        async () => {
          const yours = await refer(door, role, key, sample, { a, b, isReal: true });
          const nothing = await refer(door, role, key, sample, { a, b, isReal: false });
          if ('rows' in yours) return `it was allowed: ${words(yours)}`;
          return words(yours) === words(nothing) ? undefined : `${words(yours)} instead of ${words(nothing)}`;
        },
      );
    }
  }
};

const refer = (
  door: SqlDoor,
  role: string,
  key: ForeignKey,
  sample: Sample,
  { a, b, isReal }: { readonly a: string; readonly b: string; readonly isReal: boolean },
): Promise<Verdict> =>
  door.tryOut(role, { tenant: b }, async sql => {
    const [parent] = await sql<Record<string, never>[]>`
      select ${sql([...key.parentColumns])} from ${sql(key.parent)} where ${sql(tenantColumn(key.parent))} = ${b} limit 1`;
    if (!parent) throw new Error(`B has no row in ${key.parent}`);
    await sql`select set_config('freight.tenant_id', ${a}, true)`;
    const links = Object.fromEntries(
      key.childColumns.map((name, i) => [name, isReal ? parent[key.parentColumns[i] ?? ''] : sample.values[name]]),
    );
    const row = { ...sample.row, ...links, [tenantColumn(key.child)]: a };
    const { count } = await sql`insert into ${sql(key.child)} ${sql(row)}`;
    await sql`set constraints all immediate`;
    return count;
  });
