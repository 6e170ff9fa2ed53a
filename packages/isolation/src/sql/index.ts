import type { Recorder } from '../attempt.ts';
import { readCatalog } from './catalog.ts';
import { borrowRows, openDriver, openLogins, type SqlDoor } from './door.ts';
import { tryEscapes } from './escapes.ts';
import { tryForeignKeys } from './foreignKeys.ts';
import { tryOracles } from './oracles.ts';
import { tryReaders } from './readers.ts';
import { scopedRoles } from './reviewed.ts';
import { type Rights, readRights } from './rights.ts';
import { tryRows } from './rows.ts';
import { sampleOf } from './samples.ts';
import { freightRoles, tenantColumn, tenantTables } from './tables.ts';

export interface SqlFloor {
  readonly record: Recorder;
  /** Addresses by role, of those services that are to be tried. */
  readonly urls: ReadonlyMap<string, string>;
  /** A superuser's address: needed for tables in which the tenants have no row. */
  readonly adminUrl: string | undefined;
  readonly a: string;
  readonly b: string;
  /** Only these tables; all when not said. */
  readonly tables?: readonly string[];
}

/** Whether both tenants have a row there, as far as any of the services sees its own tenant's. */
const hasRows = async (
  door: SqlDoor,
  roles: readonly string[],
  rightsOf: (role: string, table: string) => Rights,
  table: string,
  tenants: readonly string[],
): Promise<boolean> => {
  const role = roles.find(one => rightsOf(one, table).columns.select.has(tenantColumn(table)));
  if (role === undefined) return false;
  for (const tenant of tenants) {
    const verdict = await door.tryOut(role, { tenant }, async sql => {
      const rows = await sql`select from ${sql(table)} where ${sql(tenantColumn(table))} = ${tenant} limit 1`;
      return rows.length;
    });
    if (!('rows' in verdict) || verdict.rows === 0) return false;
  }
  return true;
};

/** The floor of the database: what the catalog says, and then every verb and every way around it as every service's role. */
export const trySql = async (floor: SqlFloor): Promise<void> => {
  const { record, urls, a, b } = floor;
  const roles = [...urls.keys()];
  const allRoles = [...roles, ...Object.keys(scopedRoles).filter(role => roles.includes(scopedRoles[role] ?? ''))];
  const [firstUrl] = urls.values();
  if (firstUrl === undefined) throw new RangeError('no address of the database');
  // The catalog is open to everybody who may log in.
  const catalog = openDriver(floor.adminUrl ?? firstUrl);
  const door = openLogins(urls);
  try {
    for (const { seen, ...trial } of await readCatalog(catalog))
      await record.attempt({ floor: 'sql', ...trial }, () => seen);
    const allTables = await tenantTables(catalog);
    const tables = allTables.filter(table => floor.tables?.includes(table) ?? true);
    const everyRole = (await freightRoles(catalog)).map(one => one.name);
    const rightsOf = await readRights(catalog, everyRole, allTables);
    const isTried: string[] = [];
    for (const table of tables) {
      record.expect('table', table);
      try {
        const sample = await sampleOf(catalog, table);
        if (!(tenantColumn(table) in sample.values)) throw new Error(`it has no column ${tenantColumn(table)}`);
        let tableDoor = door;
        if (!(await hasRows(door, roles, rightsOf, table, [a, b]))) {
          if (floor.adminUrl === undefined)
            throw new Error('the tenants have no row in it, and there is no administrator to make one');
          tableDoor = borrowRows(catalog, table, [
            { tenantId: a, sample },
            { tenantId: b, sample: await sampleOf(catalog, table) },
          ]);
        }
        const tryAs = async (role: string) => {
          const trial = { record, door: tableDoor, role, table, rights: rightsOf(role, table), sample, a, b };
          await tryRows(trial);
          // Ways around the policy are the service's own: a role that it takes on owns no more than it.
          if (!(role in scopedRoles)) await tryOracles(trial);
        };
        if (tableDoor === door) await Promise.all(allRoles.map(tryAs));
        // Two transactions that borrow the same rows would wait for each other.
        else for (const role of allRoles) await tryAs(role);
        isTried.push(table);
      } catch (error) {
        record.cannot('table', table, error instanceof Error ? error.message : String(error));
      }
    }
    await tryReaders({ record, door, roles, tables: isTried, rightsOf, a, b });
    await tryForeignKeys({ record, admin: catalog, door, roles, rightsOf, a, b });
    await tryEscapes({ record, admin: catalog, door, roles, a });
  } finally {
    await door.close();
    await catalog.end({ timeout: 5 });
  }
};
