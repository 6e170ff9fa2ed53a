import { FreightError } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import type { TenantVault } from '@freight/vault';
import { namesIn } from './names.ts';
import { type Row, type SealedColumn, type TenantTable, tenantTables } from './tables.ts';

const rowsAtOnce = 500;

/** What a look at everything sealed of a tenant found. */
export interface Resealed {
  /** Values that an old version of the key had sealed, and now the newest. */
  readonly resealed: number;
  /** Values that do not open: they are left as they are. */
  readonly broken: number;
}

const withSealed = tenantTables.filter(
  (table): table is TenantTable & { readonly sealed: SealedColumn } => table.sealed !== undefined,
);

interface Page {
  readonly resealed: number;
  readonly broken: number;
  /** The key of the last row looked at; undefined: there are no more. */
  readonly last: readonly unknown[] | undefined;
}

/** The form of a sealed value is known to the vault alone; here only its first bytes are compared. See `TenantVault.seal`. */
const resealPage = (
  db: Database,
  vault: TenantVault,
  tenantId: string,
  table: TenantTable & { readonly sealed: SealedColumn },
  after: readonly unknown[] | undefined,
): Promise<Page> =>
  db.withTenantAs('freight_resealer', tenantId, async sql => {
    const { column, context } = table.sealed;
    const newest = Buffer.alloc(4);
    newest.writeUInt32BE(vault.newest());
    const keys = namesIn(sql, table.key);
    const rows = await sql<(Row & { place: string })[]>`
      select ctid::text as place, ${keys}, ${sql(column)} from ${sql(table.name)}
      where tenant_id = freight_tenant() and ${sql(column)} is not null
        and (get_byte(${sql(column)}, 0) = 1 or substring(${sql(column)} from 2 for 4) < ${newest})
        ${after ? sql`and (${keys}) > (${after.map((value, i) => sql`${i > 0 ? sql`, ` : sql``}${value as string}`)})` : sql``}
      order by ${keys} limit ${rowsAtOnce}`;
    const fresh: { place: string; old: Buffer; sealed: Buffer }[] = [];
    let broken = 0;
    for (const row of rows) {
      const old = row[column] as Buffer;
      try {
        const bound = context(tenantId, row);
        fresh.push({ place: row.place, old, sealed: vault.seal(vault.open(old, bound), bound) });
      } catch (error) {
        if (!(error instanceof FreightError && error.code === 'seal_broken')) throw error;
        broken++;
      }
    }
    // Only what is still the same: whoever changes a value meanwhile seals it with the newest version.
    if (fresh.length > 0) {
      await sql`
        update ${sql(table.name)} t set ${sql(column)} = decode(v.sealed, 'hex')
        from unnest(${fresh.map(one => one.place)}::text[]::tid[], ${fresh.map(one => one.old.toString('hex'))}::text[],
          ${fresh.map(one => one.sealed.toString('hex'))}::text[]) as v (place, old, sealed)
        where t.ctid = v.place and t.${sql(column)} = decode(v.old, 'hex')`;
    }
    const last = rows.at(-1);
    return { resealed: fresh.length, broken, last: last && table.key.map(name => last[name]) };
  });

/** Seals what old versions of a tenant's key have sealed with the newest one. Safe to interrupt, to repeat and to run beside everything else. */
export const resealTenant = async (db: Database, vault: TenantVault, tenantId: string): Promise<Resealed> => {
  let [resealed, broken] = [0, 0];
  for (const table of withSealed) {
    let after: readonly unknown[] | undefined;
    do {
      const page = await resealPage(db, vault, tenantId, table, after);
      resealed += page.resealed;
      broken += page.broken;
      after = page.last;
    } while (after);
  }
  return { resealed, broken };
};

/** Commands of a tenant that wait: they may hold credentials that an old version sealed, and nobody can see that from outside. */
export const countPendingCommands = (db: Database, tenantId: string): Promise<number> =>
  db.withTenantAs('freight_resealer', tenantId, async sql => {
    const [row] = await sql<{ n: number }[]>`
      select count(*) as n from commands where tenant_id = freight_tenant() and state = 'pending'`;
    return row?.n ?? 0;
  });
