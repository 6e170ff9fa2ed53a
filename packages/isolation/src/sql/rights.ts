import type postgres from 'postgres';

export const verbs = ['select', 'insert', 'update', 'delete'] as const;
export type Verb = (typeof verbs)[number];

/** What a role may do with a table, by the catalog. */
export interface Rights {
  readonly verbs: ReadonlySet<Verb>;
  /** Columns that it may select, insert and update. */
  readonly columns: Readonly<Record<'select' | 'insert' | 'update', ReadonlySet<string>>>;
}

/** The rights of roles on tables. A role that the catalog says may do nothing is to be refused; one that may has its tenant's rows. */
export const readRights = async (
  sql: postgres.ISql,
  roles: readonly string[],
  tables: readonly string[],
): Promise<(role: string, table: string) => Rights> => {
  const rows = await sql<
    { role: string; table: string; column: string; s: boolean; i: boolean; u: boolean; d: boolean }[]
  >`
    select r as role, relname as table, attname as column,
      has_column_privilege(r, attrelid, attnum, 'select') as s, has_column_privilege(r, attrelid, attnum, 'insert') as i,
      has_column_privilege(r, attrelid, attnum, 'update') as u, has_table_privilege(r, attrelid, 'delete') as d
    from unnest(${[...roles]}::text[]) r
    cross join pg_class c join pg_attribute on attrelid = c.oid and attnum > 0 and not attisdropped
    where relnamespace = 'public'::regnamespace and relname = any (${[...tables]}::text[])`;
  const known = new Map<
    string,
    Rights & { verbs: Set<Verb>; columns: Record<'select' | 'insert' | 'update', Set<string>> }
  >();
  for (const row of rows) {
    const name = `${row.role} ${row.table}`;
    let rights = known.get(name);
    if (!rights) {
      rights = { verbs: new Set(), columns: { select: new Set(), insert: new Set(), update: new Set() } };
      known.set(name, rights);
    }
    for (const [verb, may] of [
      ['select', row.s],
      ['insert', row.i],
      ['update', row.u],
    ] as const) {
      if (!may) continue;
      rights.verbs.add(verb);
      rights.columns[verb].add(row.column);
    }
    if (row.d) rights.verbs.add('delete');
  }
  const none: Rights = { verbs: new Set(), columns: { select: new Set(), insert: new Set(), update: new Set() } };
  return (role, table) => known.get(`${role} ${table}`) ?? none;
};
