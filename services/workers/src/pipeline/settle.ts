import { type ObjectName, type Outcome, type SettleResult, settlePayload } from '@freight/contracts';
import { FreightError } from '@freight/kernel';
import type { TenantSql } from '@freight/postgres';
import type { Target, TargetRecord } from '../connectors/connector.ts';
import { completeBatch, withFence } from './claim.ts';
import type { BatchContext } from './context.ts';
import { type GroupResult, resultOf } from './decideGroup.ts';
import { countOutcomes, type RecordOutcome, storeOutcomes } from './outcomes.ts';

const pageSize = 50;

/** A ledger entry whose write changed hands, lost its reply, or was never answered for. */
interface Doubtful {
  readonly sourceId: string;
  readonly state: 'intended' | 'done';
  readonly targetId: string | null;
  readonly outcome: Outcome;
  /** Whether the record has its outcome in this run. */
  readonly decided: boolean;
  /** Until the write, if it is still on its way, must have taken effect. Milliseconds; not above 0 when that is past. */
  readonly waitMs: number;
}

interface Row {
  source_id: string;
  state: 'intended' | 'done';
  target_id: string | null;
  outcome: Outcome;
  decided: boolean;
  wait_ms: number;
}

const readDoubtful = ({ claim, db, lateEffectMs }: BatchContext, object: ObjectName): Promise<readonly Doubtful[]> =>
  db.withTenant(claim.tenantId, async sql => {
    const rows = await sql<Row[]>`
      select r.source_id, r.state, r.target_id, r.outcome,
        exists (
          select 1 from record_outcomes o
          where o.tenant_id = r.tenant_id and o.job_id = r.job_id and o.run_id = ${claim.runId} and o.object = r.object
            and o.source_id = r.source_id
        ) as decided,
        (extract(epoch from r.updated_at - clock_timestamp()) * 1000 + ${lateEffectMs}::int)::float8 as wait_ms
      from record_ids r
      where r.tenant_id = ${claim.tenantId} and r.job_id = ${claim.jobId} and r.object = ${object}
        and (r.taken_over or r.state = 'intended')
      order by r.source_id limit ${pageSize}`;
    return rows.map(row => ({
      sourceId: row.source_id,
      state: row.state,
      targetId: row.target_id,
      outcome: row.outcome,
      decided: row.decided,
      waitMs: row.wait_ms,
    }));
  });

/** What is to be done about one doubtful entry. */
interface Verdict {
  /** Records that a lost write made beside the one that counts. */
  readonly surplus: readonly TargetRecord[];
  /** For a record that has no outcome yet: what became of it, where that is known by now. */
  readonly adopted: GroupResult | undefined;
  /** What the ledger is to say. */
  readonly targetId: string | null;
}

/**
 * Judges an entry by the records that bear its marker. The ledger decides which of them counts; what it does not name was made by a write
 * whose sender was lost.
 */
export const judge = (entry: Doubtful, own: readonly TargetRecord[]): Verdict => {
  if (entry.state === 'done') {
    // Only a create can have made a second one. Without the ledger's own record among them something else happened: a person decides.
    const isOurs = entry.outcome === 'created' && own.some(record => record.id === entry.targetId);
    const surplus = isOurs ? own.filter(record => record.id !== entry.targetId) : [];
    return { surplus, adopted: undefined, targetId: entry.targetId };
  }
  if (entry.outcome !== 'created') {
    // A change of a record that was there: it may be repeated, so nothing is surplus, only whether it happened is not known.
    const adopted = resultOf(entry.outcome, { targetId: entry.targetId, reason: 'outcome_unknown' });
    return { surplus: [], adopted: entry.decided ? undefined : adopted, targetId: entry.targetId };
  }
  // It was said to have failed, or nothing was said: then what stands there is the answer.
  if (entry.decided) return { surplus: own, adopted: undefined, targetId: null };
  const [first, ...surplus] = own;
  if (!first) return { surplus: [], adopted: undefined, targetId: null };
  return { surplus, adopted: resultOf('created', { targetId: first.id }), targetId: first.id };
};

/** The adopted records with those that share their target record. */
const withMembers = async (
  sql: TenantSql,
  { claim }: BatchContext,
  object: ObjectName,
  adopted: ReadonlyMap<string, GroupResult>,
): Promise<readonly RecordOutcome[]> => {
  if (adopted.size === 0) return [];
  const members = await sql<{ leader: string; source_id: string }[]>`
    select l.source_id as leader, m.source_id
    from staged_records l
    join staged_records m on m.tenant_id = l.tenant_id and m.run_id = l.run_id and m.object = l.object
      and m.group_ordinal = l.group_ordinal and m.source_id <> l.source_id
    where l.tenant_id = ${claim.tenantId} and l.run_id = ${claim.runId} and l.object = ${object}
      and l.source_id in ${sql([...adopted.keys()])}`;
  return [
    ...Array.from(adopted, ([sourceId, result]) => ({ sourceId, result })),
    ...members.flatMap(({ leader, source_id }) => {
      const result = adopted.get(leader);
      const parts = { targetId: result?.targetId ?? null, mergedInto: leader };
      return result ? [{ sourceId: source_id, result: resultOf('merged', parts) }] : [];
    }),
  ];
};

const settlePage = async (
  context: BatchContext,
  target: Target,
  object: ObjectName,
  page: readonly Doubtful[],
): Promise<{ readonly removed: number; readonly records: readonly RecordOutcome[] }> => {
  const { claim, tenure, db, vault } = context;
  const found = await target.find(object, { sourceIds: page.map(entry => entry.sourceId), keys: [] }, tenure.signal);
  const verdicts = page.map(entry => ({
    entry,
    verdict: judge(
      entry,
      found.filter(record => record.sourceIds[0] === entry.sourceId),
    ),
  }));
  let removed = 0;
  for (const { verdict } of verdicts) {
    for (const record of verdict.surplus) {
      await target.remove(object, record.id, tenure.signal);
      removed++;
    }
  }
  const adopted = new Map(
    verdicts.flatMap(({ entry, verdict }) => (verdict.adopted ? [[entry.sourceId, verdict.adopted] as const] : [])),
  );
  const records = await withFence(db, claim, async sql => {
    for (const { entry, verdict } of verdicts) {
      await sql`
        update record_ids set taken_over = false, state = 'done', target_id = ${verdict.targetId}, updated_at = now()
        where tenant_id = ${claim.tenantId} and job_id = ${claim.jobId} and object = ${object} and source_id = ${entry.sourceId}`;
    }
    const outcomes = await withMembers(sql, context, object, adopted);
    await storeOutcomes(sql, { claim, vault, object }, outcomes);
    return outcomes;
  });
  return { removed, records };
};

/**
 * Looks again at every record of an object whose write is in doubt, before the run ends or is given up: once each request of a lost
 * worker has taken effect or never will, so that one that took effect beside its repetition is seen, and removed; and one that nobody
 * answered for gets the outcome that it had.
 */
export const runSettle = async (context: BatchContext): Promise<void> => {
  const { claim, connections, tenure } = context;
  const { object } = settlePayload.parse(claim.payload);
  const { target } = await connections.target(claim.tenantId, claim.targetConnectionId, tenure.guard, tenure.signal);
  const records: RecordOutcome[] = [];
  let lookedAt = 0;
  let removed = 0;
  for (;;) {
    const page = await readDoubtful(context, object);
    if (page.length === 0) break;
    const waitMs = Math.max(...page.map(entry => entry.waitMs));
    if (waitMs > 0) {
      throw new FreightError('A write may still be on its way', {
        code: 'too_early',
        retry: 'retryable',
        retryAfterMs: Math.ceil(waitMs),
      });
    }
    const settled = await settlePage(context, target, object, page);
    records.push(...settled.records);
    removed += settled.removed;
    lookedAt += page.length;
  }
  const result: SettleResult = { counts: countOutcomes(records), lookedAt, removed };
  await withFence(context.db, claim, sql => completeBatch(sql, claim, result));
};
