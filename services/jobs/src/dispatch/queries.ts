import type { Lane, TenantSettings, WorkKind } from '@freight/contracts';
import type { Database } from '@freight/postgres';
import type { JobRef } from '../planning/processJob.ts';

/** A batch that waits to be issued. */
export interface WaitingBatch extends JobRef {
  readonly batchId: string;
  readonly kind: WorkKind;
  readonly lane: Lane;
  readonly traceparent: string | undefined;
}

/** A tenant with work that waits, and how many more batches it may have out. */
export interface TenantShare {
  readonly tenantId: string;
  readonly slotsFree: number;
  /** In the order in which they are to be issued, jobs in turn. */
  readonly waiting: readonly WaitingBatch[];
}

interface WaitingRow {
  tenant_id: string;
  job_id: string;
  id: string;
  kind: WorkKind;
  lane: Lane;
  traceparent: string | null;
  settings: TenantSettings;
  outstanding: number;
}

/**
 * The waiting batches of running jobs, over all tenants, at most `perTenant` of each, with the tenant's occupied slots counted from the
 * batches themselves. Of each job only as many are looked at as may be out: a million records' worth may wait. Within a tenant its jobs take
 * turns: each job's n-th batch comes before any job's (n+1)-th.
 */
export const readShares = (
  db: Database,
  options: { readonly perTenant: number; readonly perJob: number },
): Promise<readonly TenantShare[]> =>
  db.withRole('freight_dispatcher', async sql => {
    const rows = await sql<WaitingRow[]>`
      with active as (
        select tenant_id, id as job_id, run_id, status from migration_jobs where status in ('running', 'cancelling')
      ), outstanding as (
        select tenant_id, job_id, count(*) as n from batches
        where state in ('issued', 'claimed') group by tenant_id, job_id
      ), waiting as (
        select b.tenant_id, b.job_id, b.id, b.kind, b.lane, b.traceparent,
          row_number() over (partition by b.tenant_id, b.job_id order by b.seq) + coalesce(o.n, 0) as turn
        from active a
        cross join lateral (
          select p.tenant_id, p.job_id, p.id, p.kind, p.lane, p.traceparent, p.seq from batches p
          where p.tenant_id = a.tenant_id and p.run_id = a.run_id and p.state = 'pending' and p.next_attempt_at <= now()
            and (a.status = 'running' or p.kind = 'settle')
          order by p.seq limit ${options.perJob}
        ) b
        left join outstanding o on o.tenant_id = a.tenant_id and o.job_id = a.job_id
      ), ranked as (
        select w.*, row_number() over (partition by tenant_id order by turn, job_id) as place
        from waiting w where turn <= ${options.perJob}
      )
      select r.tenant_id, r.job_id, r.id, r.kind, r.lane, r.traceparent, t.settings,
        (select coalesce(sum(o.n), 0)::bigint from outstanding o where o.tenant_id = r.tenant_id) as outstanding
      from ranked r join tenants t on t.id = r.tenant_id and t.status = 'active'
      where r.place <= ${options.perTenant}
      order by r.tenant_id, r.place`;
    const shares = new Map<string, { slotsFree: number; waiting: WaitingBatch[] }>();
    for (const row of rows) {
      let share = shares.get(row.tenant_id);
      if (!share) {
        const slotsFree = row.settings.batchesOutstandingMax - row.outstanding;
        shares.set(row.tenant_id, (share = { slotsFree, waiting: [] }));
      }
      share.waiting.push({
        tenantId: row.tenant_id,
        jobId: row.job_id,
        batchId: row.id,
        kind: row.kind,
        lane: row.lane,
        traceparent: row.traceparent ?? undefined,
      });
    }
    return Array.from(shares, ([tenantId, share]) => ({ tenantId, ...share }));
  });

/** The jobs that need a step: results wait, nothing is open, a batch failed too often, or a cancel is to be finished. */
export const readJobsToProcess = (db: Database, attemptsMax: number): Promise<readonly JobRef[]> =>
  db.withRole('freight_dispatcher', async sql => {
    const rows = await sql<{ tenant_id: string; id: string }[]>`
      select j.tenant_id, j.id from migration_jobs j
      where j.status in ('running', 'paused', 'cancelling') and (
        j.status = 'cancelling'
        or exists (select 1 from batches b where b.tenant_id = j.tenant_id and b.job_id = j.id and b.state = 'done' and not b.folded)
        or j.status = 'running' and (
          not exists (select 1 from batches b where b.tenant_id = j.tenant_id and b.run_id = j.run_id
            and b.state in ('pending', 'issued', 'claimed'))
          or exists (select 1 from batches b where b.tenant_id = j.tenant_id and b.run_id = j.run_id and b.state = 'pending'
            and b.attempts >= ${attemptsMax})
        )
      )
      limit 1000`;
    return rows.map(row => ({ tenantId: row.tenant_id, jobId: row.id }));
  });

export interface LostBatch {
  readonly tenantId: string;
  readonly batchId: string;
}

/** Batches whose worker was lost (the lease ran out) or whose message was (issued long ago and never claimed). */
export const readLost = (db: Database, reissueAfterMs: number): Promise<readonly LostBatch[]> =>
  db.withRole('freight_dispatcher', async sql => {
    const rows = await sql<{ tenant_id: string; id: string }[]>`
      select tenant_id, id from batches
      where state = 'claimed' and leased_until < now()
        or state = 'issued' and issued_at < now() - make_interval(secs => ${reissueAfterMs / 1000})
      limit 10000`;
    return rows.map(row => ({ tenantId: row.tenant_id, batchId: row.id }));
  });

/**
 * Puts lost batches back; the same conditions are checked again under the tenant's scope, so that a batch just claimed stays claimed.
 * A message that nobody takes is mostly not lost but waits in a long queue, or for a worker of its lane: each issue that was never claimed
 * (`issue - fence` of them) doubles the wait, up to 32 times, so that the queue does not fill with repeats.
 */
export const putBack = (
  db: Database,
  tenantId: string,
  batchIds: readonly string[],
  reissueAfterMs: number,
): Promise<number> =>
  db.withTenant(tenantId, async sql => {
    const result = await sql`
      update batches set state = 'pending', next_attempt_at = now()
      where tenant_id = ${tenantId} and id in ${sql(batchIds)} and (
        state = 'claimed' and leased_until < now()
        or state = 'issued' and issued_at < now()
          - make_interval(secs => ${reissueAfterMs / 1000}) * power(2, least(greatest(issue - fence - 1, 0), 5)))`;
    return result.count;
  });

/** Marks batches as issued, each under a new issue number, which is part of its message's id. */
export const markIssued = (
  db: Database,
  tenantId: string,
  batchIds: readonly string[],
): Promise<ReadonlyMap<string, number>> =>
  db.withTenant(tenantId, async sql => {
    const rows = await sql<{ id: string; issue: number }[]>`
      update batches b set state = 'issued', issue = issue + 1, issued_at = now()
      from migration_jobs j
      where b.tenant_id = ${tenantId} and b.id in ${sql(batchIds)} and b.state = 'pending'
        and j.tenant_id = b.tenant_id and j.id = b.job_id
        and (j.status = 'running' or (j.status = 'cancelling' and b.kind = 'settle'))
      returning b.id, b.issue`;
    return new Map(rows.map(row => [row.id, row.issue]));
  });

/** Takes back what was marked as issued and could not be sent. A message that came through after all is of an old issue, and does nothing. */
export const takeBack = (db: Database, tenantId: string, issues: ReadonlyMap<string, number>): Promise<unknown> =>
  db.withTenant(
    tenantId,
    sql => sql`
      update batches b set state = 'pending', next_attempt_at = now() + interval '1 second'
      from unnest(${[...issues.keys()]}::uuid[], ${[...issues.values()]}::int[]) as unsent (id, issue)
      where b.tenant_id = ${tenantId} and b.id = unsent.id and b.issue = unsent.issue and b.state = 'issued'`,
  );
