import { type ObjectName, type Outcome, type OutcomeCounts, outcomes } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';
import { sealContexts, type TenantVault } from '@freight/vault';
import type { Claim } from './claim.ts';
import type { GroupResult } from './decideGroup.ts';
import type { Group } from './groups.ts';
import { type Effect, writeEffects } from './ledger.ts';
import { portionsOf } from './rows.ts';

/** What became of one source record. */
export interface RecordOutcome {
  readonly sourceId: string;
  readonly result: GroupResult;
}

/** A group's result as one outcome for each of its source records: the leader's own, and for the others what follows from it. */
export const outcomesOf = (group: Group, result: GroupResult): readonly RecordOutcome[] => {
  const reason = result.reason ?? group.notes[0] ?? null;
  const stands = result.targetId !== null && result.outcome !== 'failed' && result.outcome !== 'skipped';
  const other: GroupResult = stands
    ? { ...result, outcome: 'merged', reason: null, message: null, mergedInto: group.leader }
    : result;
  return [
    { sourceId: group.leader, result: { ...result, reason, message: result.message ?? group.remark } },
    ...group.others.map(sourceId => ({ sourceId, result: other })),
  ];
};

export const countOutcomes = (records: readonly RecordOutcome[]): OutcomeCounts => {
  const counts = Object.fromEntries(outcomes.map(one => [one, 0])) as Record<Outcome, number>;
  for (const record of records) counts[record.result.outcome]++;
  return counts;
};

/** The ledger entries that follow from outcomes: those whose record stands in the target. */
export const effectsOf = (records: readonly RecordOutcome[]): readonly Effect[] =>
  records.flatMap(({ sourceId, result }) =>
    result.targetId === null
      ? []
      : [
          {
            sourceId,
            outcome: result.outcome,
            targetId: result.targetId,
            lookAgain: result.lookAgain && result.outcome !== 'merged',
          },
        ],
  );

/**
 * Stores one outcome a record, with the ledger, inside a fenced transaction. A second outcome for a record would break the first promise:
 * the key refuses it, and with it the whole transaction.
 */
export const storeOutcomes = async (
  sql: TenantSql,
  context: { readonly claim: Claim; readonly vault: TenantVault; readonly object: ObjectName },
  records: readonly RecordOutcome[],
): Promise<void> => {
  const { claim, vault, object } = context;
  if (records.length === 0) return;
  await writeEffects(sql, claim, object, effectsOf(records));
  const rows = records.map(({ sourceId, result }) => ({
    tenant_id: claim.tenantId,
    job_id: claim.jobId,
    run_id: claim.runId,
    object,
    source_id: sourceId,
    outcome: result.outcome,
    reason: result.reason,
    sealed_message:
      result.message === null
        ? null
        : vault.seal(result.message, sealContexts.outcome(claim.tenantId, claim.runId, object, sourceId)),
    target_id: result.targetId,
    merged_into: result.mergedInto,
    batch_id: claim.batchId,
  }));
  for (const portion of portionsOf(rows)) await sql`insert into record_outcomes ${sql(portion)}`;
};
