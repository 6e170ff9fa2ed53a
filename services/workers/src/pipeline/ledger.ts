import type { ObjectName, Outcome } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';
import type { Claim } from './claim.ts';
import { portionsOf } from './rows.ts';

/** What the ledger knows of a source record: a write was intended, or it stands in the target. */
export interface LedgerEntry {
  readonly state: 'intended' | 'done';
  readonly targetId: string | null;
  /** What the write is to lead to, or led to. */
  readonly outcome: Outcome;
}

export type Ledger = ReadonlyMap<string, LedgerEntry>;

export const readLedger = async (
  sql: TenantSql,
  claim: Claim,
  object: ObjectName,
  sourceIds: readonly string[],
): Promise<Ledger> => {
  if (sourceIds.length === 0) return new Map();
  const rows = await sql<
    { source_id: string; state: 'intended' | 'done'; target_id: string | null; outcome: Outcome }[]
  >`
    select source_id, state, target_id, outcome from record_ids
    where tenant_id = ${claim.tenantId} and job_id = ${claim.jobId} and object = ${object} and source_id in ${sql(sourceIds)}`;
  return new Map(rows.map(row => [row.source_id, { state: row.state, targetId: row.target_id, outcome: row.outcome }]));
};

export interface Intention {
  readonly sourceId: string;
  readonly outcome: Outcome;
  readonly targetId: string | null;
}

/** Which source records hold a target record as their own, by the target's id. Who shares one, or left it alone, does not hold it. */
export type Holders = ReadonlyMap<string, readonly string[]>;

export const readHolders = async (
  sql: TenantSql,
  claim: Claim,
  object: ObjectName,
  targetIds: readonly string[],
): Promise<Holders> => {
  const holders = new Map<string, string[]>();
  if (targetIds.length === 0) return holders;
  const rows = await sql<{ target_id: string; source_id: string }[]>`
    select target_id, source_id from record_ids
    where tenant_id = ${claim.tenantId} and job_id = ${claim.jobId} and object = ${object} and target_id in ${sql(targetIds)}
      and outcome in ('created', 'updated', 'unchanged')
    order by source_id`;
  for (const row of rows) holders.set(row.target_id, [...(holders.get(row.target_id) ?? []), row.source_id]);
  return holders;
};

/**
 * The intentions to hold a target record that another source record holds already. The records are locked until the commit, in one order
 * for everybody: two batches may meet one record of the target at the same moment, and neither would see what the other is about to say.
 */
const findRivalled = async (
  sql: TenantSql,
  claim: Claim,
  object: ObjectName,
  intentions: readonly Intention[],
): Promise<ReadonlySet<string>> => {
  const holding = intentions.flatMap(one =>
    one.targetId !== null && one.outcome !== 'merged' ? [{ sourceId: one.sourceId, targetId: one.targetId }] : [],
  );
  if (holding.length === 0) return new Set();
  const targetIds = holding.map(one => one.targetId);
  const scope = `freight target ${claim.tenantId} ${claim.jobId} ${object} `;
  await sql`
    select pg_advisory_xact_lock(locks.key) from (
      select distinct hashtextextended(${scope}::text || id, 0) as key from unnest(${targetIds}::text[]) as targets (id) order by 1
    ) locks`;
  const holders = await readHolders(sql, claim, object, targetIds);
  return new Set(
    holding.filter(one => holders.get(one.targetId)?.some(holder => holder !== one.sourceId)).map(one => one.sourceId),
  );
};

/**
 * Says what is about to be sent, before it is sent. An intention of another fence that was still open means that its holder was lost with
 * the write under way: the record is marked to be looked at again before the run ends.
 * @returns the source ids whose intention was not stored, since another source record holds the target record by now: they share it.
 */
export const writeIntentions = async (
  sql: TenantSql,
  claim: Claim,
  object: ObjectName,
  intentions: readonly Intention[],
): Promise<ReadonlySet<string>> => {
  const rivalled = await findRivalled(sql, claim, object, intentions);
  const rows = intentions
    .filter(one => !rivalled.has(one.sourceId))
    .map(one => ({
      tenant_id: claim.tenantId,
      job_id: claim.jobId,
      object,
      source_id: one.sourceId,
      state: 'intended',
      target_id: one.targetId,
      outcome: one.outcome,
      batch_id: claim.batchId,
      fence: claim.fence,
    }));
  for (const portion of portionsOf(rows)) {
    await sql`
      insert into record_ids ${sql(portion)}
      on conflict (tenant_id, job_id, object, source_id) do update
        set state = 'intended', target_id = excluded.target_id, outcome = excluded.outcome, batch_id = excluded.batch_id,
          fence = excluded.fence, updated_at = now(),
          taken_over = record_ids.taken_over or (record_ids.state = 'intended' and (record_ids.fence <> excluded.fence or record_ids.batch_id <> excluded.batch_id))`;
  }
  return rivalled;
};

export interface Effect {
  readonly sourceId: string;
  readonly outcome: Outcome;
  readonly targetId: string;
  /** It came to light after a lost reply or a lost worker: to be looked at before the run ends. */
  readonly lookAgain: boolean;
}

/** Says what stands in the target now. */
export const writeEffects = async (
  sql: TenantSql,
  claim: Claim,
  object: ObjectName,
  effects: readonly Effect[],
): Promise<void> => {
  if (effects.length === 0) return;
  const rows = effects.map(one => ({
    tenant_id: claim.tenantId,
    job_id: claim.jobId,
    object,
    source_id: one.sourceId,
    state: 'done',
    target_id: one.targetId,
    outcome: one.outcome,
    batch_id: claim.batchId,
    fence: claim.fence,
    taken_over: one.lookAgain,
  }));
  for (const portion of portionsOf(rows)) {
    await sql`
      insert into record_ids ${sql(portion)}
      on conflict (tenant_id, job_id, object, source_id) do update
        set state = 'done', target_id = excluded.target_id, outcome = excluded.outcome, batch_id = excluded.batch_id,
          fence = excluded.fence, taken_over = record_ids.taken_over or excluded.taken_over, updated_at = now()`;
  }
};
