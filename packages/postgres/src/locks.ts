import type { TenantSql } from './database.ts';

/**
 * Lets whoever makes a job with a tenant's connections (`shared`) and whoever deletes one (`exclusive`) wait for each other's commit, so that
 * what comes second sees the first. Until the transaction ends.
 */
export const lockConnections = async (sql: TenantSql, mode: 'shared' | 'exclusive'): Promise<void> => {
  const name = sql`hashtextextended('freight connections ' || freight_tenant(), 0)`;
  await (mode === 'shared'
    ? sql`select pg_advisory_xact_lock_shared(${name})`
    : sql`select pg_advisory_xact_lock(${name})`);
};
