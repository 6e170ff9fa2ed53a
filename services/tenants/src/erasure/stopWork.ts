import type { Database, TenantSql } from '@freight/postgres';

/**
 * Takes the tenant's batches away from whoever holds them: the raised fence keeps their results out, and their next sign of life tells them.
 * @returns when the last of them has also lost the right to send, by the database's clock.
 */
export const fenceOut = (db: Database, tenantId: string): Promise<Date> =>
  db.withTenantAs('freight_eraser', tenantId, async sql => {
    const [row] = await sql<{ quiet_at: Date }[]>`
      with fenced as (
        update batches set state = 'done', folded = true, done_at = now(), fence = fence + 1
        where tenant_id = freight_tenant() and state <> 'done' returning leased_until
      )
      select greatest(now(), max(leased_until)) as quiet_at from fenced`;
    if (!row) throw new Error('An aggregate without a row');
    return row.quiet_at;
  });

/** The tables of the logs, and the relays that carry them. */
const relays = { job_events: 'relay job', tenant_events: 'relay tenant' } as const;

/**
 * Whether a relay has sent all that a log holds of the tenant and noted so: what it has not sent yet it would send after the streams are
 * emptied.
 */
export const isRelayed = async (sql: TenantSql, log: keyof typeof relays): Promise<boolean> => {
  const [row] = await sql<{ waits: boolean }[]>`
    select exists (
      select from ${sql(log)} e
      where e.tenant_id = freight_tenant() and not exists (
        select from relay_positions p where p.relay = ${relays[log]} and (e.tx, e.seq) <= (p.tx, p.seq))
    ) as waits`;
  return row?.waits === false;
};
