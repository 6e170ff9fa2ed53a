import type { BatchError, JobConfig, WorkKind, WorkMessage } from '@freight/contracts';
import { FencedOutError } from '@freight/kernel';
import type { Database, TenantSql } from '@freight/postgres';

/** The right to a batch, proven by its fence. Every write for the batch demands it. */
export interface Claim {
  readonly tenantId: string;
  readonly jobId: string;
  readonly runId: string;
  readonly batchId: string;
  readonly kind: WorkKind;
  readonly fence: number;
  /** Claims that did not end in a result before this one. */
  readonly attempts: number;
  readonly payload: unknown;
  /** What a former attempt left behind; null when there was none. */
  readonly result: unknown;
  readonly config: JobConfig;
  readonly sourceConnectionId: string;
  readonly targetConnectionId: string;
}

interface ClaimRow {
  run_id: string;
  kind: WorkKind;
  fence: number;
  attempts: number;
  payload: unknown;
  result: unknown;
  config: JobConfig;
  source_connection_id: string;
  target_connection_id: string;
}

/**
 * Takes a batch, in one statement on the database's clock: only the issue that the message names, only while its job runs (or, to look at
 * what is in doubt, is being cancelled), and only if
 * nobody holds it or the holder's time has run out. Two workers that try at once: the row's lock lets one through, and the other then
 * finds it held.
 * @returns undefined when there is nothing to do for this message.
 */
export const claimBatch = (
  db: Database,
  message: WorkMessage,
  options: { readonly worker: string; readonly leaseMs: number },
): Promise<Claim | undefined> =>
  db.withTenant(message.tenantId, async sql => {
    const [row] = await sql<ClaimRow[]>`
      update batches b
      set state = 'claimed', fence = b.fence + 1, claimed_by = ${options.worker}, attempts = b.attempts + 1,
        leased_until = clock_timestamp() + make_interval(secs => ${options.leaseMs / 1000})
      from migration_jobs j
      where b.tenant_id = ${message.tenantId} and b.id = ${message.batchId} and b.issue = ${message.issue}
        and (b.state = 'issued' or (b.state = 'claimed' and b.leased_until < clock_timestamp()))
        and j.tenant_id = b.tenant_id and j.id = b.job_id and j.run_id = b.run_id
        and (j.status = 'running' or (j.status = 'cancelling' and b.kind = 'settle'))
      returning b.run_id, b.kind, b.fence, b.attempts - 1 as attempts, b.payload, b.result, j.config,
        j.source_connection_id, j.target_connection_id`;
    if (!row) return undefined;
    return {
      tenantId: message.tenantId,
      jobId: message.jobId,
      runId: row.run_id,
      batchId: message.batchId,
      kind: row.kind,
      fence: row.fence,
      attempts: row.attempts,
      payload: row.payload,
      result: row.result,
      config: row.config,
      sourceConnectionId: row.source_connection_id,
      targetConnectionId: row.target_connection_id,
    };
  });

/**
 * A transaction that only the holder of the batch can commit: it locks the batch's row and checks the fence first.
 * @throws FencedOutError when somebody else claimed the batch, or it was closed.
 */
export const withFence = <T>(db: Database, claim: Claim, work: (sql: TenantSql) => Promise<T>): Promise<T> =>
  db.withTenant(claim.tenantId, async sql => {
    const [row] = await sql`
      select 1 from batches
      where tenant_id = ${claim.tenantId} and id = ${claim.batchId} and fence = ${claim.fence} and state = 'claimed' for update`;
    if (!row) throw new FencedOutError('The batch was taken over');
    return work(sql);
  });

/** Prolongs a claim. @returns false when it is no longer ours. */
export const renewClaim = (db: Database, claim: Claim, leaseMs: number): Promise<boolean> =>
  db.withTenant(claim.tenantId, async sql => {
    const result = await sql`
      update batches set leased_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1000})
      where tenant_id = ${claim.tenantId} and id = ${claim.batchId} and fence = ${claim.fence} and state = 'claimed'`;
    return result.count === 1;
  });

/** Closes the batch with its result, inside a fenced transaction. */
export const completeBatch = async (sql: TenantSql, claim: Claim, result: object): Promise<void> => {
  await sql`
    update batches set state = 'done', result = ${sql.json(result as never)}, done_at = clock_timestamp(), leased_until = null,
      last_error = null
    where tenant_id = ${claim.tenantId} and id = ${claim.batchId}`;
};

export interface GiveBack {
  readonly delayMs: number;
  readonly error: BatchError | null;
  /** `counts`: a failed attempt; `free`: nobody's fault; `last`: trying again cannot help before a person did something. */
  readonly attempt: 'counts' | 'free' | 'last';
}

const beyondAnyLimit = 1_000_000;

/** Gives the batch back before its time, inside a fenced transaction: it is issued again after the delay. */
export const giveBackBatch = async (sql: TenantSql, claim: Claim, back: GiveBack): Promise<void> => {
  const attempts =
    back.attempt === 'free' ? claim.attempts : back.attempt === 'last' ? beyondAnyLimit : claim.attempts + 1;
  await sql`
    update batches set state = 'pending', leased_until = null, attempts = ${attempts},
      next_attempt_at = clock_timestamp() + make_interval(secs => ${back.delayMs / 1000}),
      last_error = ${back.error === null ? null : sql.json(back.error)}
    where tenant_id = ${claim.tenantId} and id = ${claim.batchId}`;
};
