import { sqlState } from '@freight/postgres';
import postgres from 'postgres';
import { scopedRoles } from './reviewed.ts';
import { insertSample, type Sample } from './samples.ts';

/** Whose rows a transaction is to see. */
export type Scope = { readonly tenant: string } | 'nobody' | 'an empty scope';

export const scopeName = (scope: Scope, tenantA: string): string =>
  typeof scope === 'string' ? scope : scope.tenant === tenantA ? 'tenant A' : 'tenant B';

/** What came of a statement that leaves nothing behind: rows concerned, or the SQLSTATE and message of the refusal. */
export type Verdict = { readonly rows: number } | { readonly refused: string; readonly message: string };

export type Statement = (sql: postgres.TransactionSql) => Promise<number>;

/** A way into the database as a service's role. Whatever is done there is rolled back. */
export interface SqlDoor {
  tryOut(role: string, scope: Scope, statement: Statement): Promise<Verdict>;
  close(): Promise<void>;
}

const rolledBack = new Error('rolled back');

/** A hole could let a statement touch or wait for other people's rows: it gives up soon. */
const patience = { lock_timeout: 3000, statement_timeout: 20_000 } as const;

/** It was in somebody's way, or somebody in its: no verdict. Lock not available, deadlock, serialization, cancelled for its time. */
const inTheWay = new Set(['55P03', '40P01', '40001', '57014']);

const attemptIn = async (
  driver: postgres.Sql,
  prepare: (sql: postgres.TransactionSql) => Promise<void>,
  scope: Scope,
  statement: Statement,
): Promise<Verdict> => {
  let rows = -1;
  try {
    await driver.begin(async sql => {
      await prepare(sql);
      if (scope !== 'nobody') {
        const tenant = scope === 'an empty scope' ? '' : scope.tenant;
        await sql`select set_config('freight.tenant_id', ${tenant}, true)`;
      }
      rows = await statement(sql);
      throw rolledBack;
    });
  } catch (error) {
    if (error === rolledBack) return { rows };
    const refused = sqlState(error);
    if (refused === undefined || !/^[0-9A-Z]{5}$/.test(refused) || inTheWay.has(refused)) throw error;
    const detail = (error as { detail?: string }).detail;
    return { refused, message: `${(error as Error).message}${detail === undefined ? '' : ` (${detail})`}` };
  }
  throw new Error('the attempt was kept');
};

/** Connections that leave no trace but their name. */
export const openDriver = (url: string): postgres.Sql =>
  postgres(url, {
    max: 2,
    connect_timeout: 10,
    onnotice: () => {},
    connection: { application_name: 'freight-isolation', ...patience },
  });

/** Logs in as the services do. @param urls by role. */
export const openLogins = (urls: ReadonlyMap<string, string>): SqlDoor => {
  const drivers = new Map([...urls].map(([role, url]) => [role, openDriver(url)] as const));
  return {
    tryOut: (role, scope, statement) => {
      const service = scopedRoles[role];
      const driver = drivers.get(service ?? role);
      if (!driver) throw new RangeError(`no address for ${role}`);
      const becomes = async (sql: postgres.TransactionSql) => {
        if (service !== undefined) await sql`set local role ${sql(role)}`;
      };
      return attemptIn(driver, becomes, scope, statement);
    },
    close: async () => {
      await Promise.all([...drivers.values()].map(driver => driver.end({ timeout: 5 })));
    },
  };
};

/**
 * For a table in which neither tenant has a row: puts a made-up one of each there, becomes the role, tries, and takes it all back, in one
 * transaction that nobody else ever sees. @param admin a superuser.
 */
export const borrowRows = (
  admin: postgres.Sql,
  table: string,
  rows: readonly { readonly tenantId: string; readonly sample: Sample }[],
): SqlDoor => ({
  tryOut: (role, scope, statement) =>
    attemptIn(
      admin,
      async sql => {
        // Rows that refer to nothing are enough here: only who sees them is asked.
        await sql`set local session_replication_role = replica`;
        for (const { tenantId, sample } of rows) await insertSample(sql, table, tenantId, sample);
        await sql`set local session_replication_role = origin`;
        await sql`set local session authorization ${sql(scopedRoles[role] ?? role)}`;
        if (role in scopedRoles) await sql`set local role ${sql(role)}`;
      },
      scope,
      statement,
    ),
  close: () => Promise.resolve(),
});
