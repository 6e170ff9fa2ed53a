import { type ObjectName, objects } from '@freight/contracts';
import type { Target } from '../connectors/connector.ts';
import { type Claim, completeBatch, withFence } from './claim.ts';
import type { BatchContext } from './context.ts';

const pageSize = 50;

interface Doubtful {
  readonly sourceId: string;
  readonly targetId: string;
}

/** Records whose write changed hands or lost its reply. */
const readDoubtful = (context: BatchContext, object: ObjectName): Promise<readonly Doubtful[]> => {
  const { claim, db } = context;
  return db.withTenant(claim.tenantId, async sql => {
    const rows = await sql<{ source_id: string; target_id: string }[]>`
      select source_id, target_id from record_ids
      where tenant_id = ${claim.tenantId} and job_id = ${claim.jobId} and object = ${object} and taken_over and state = 'done'
        and target_id is not null
      order by source_id limit ${pageSize}`;
    return rows.map(row => ({ sourceId: row.source_id, targetId: row.target_id }));
  });
};

/** Removes what a lost write made a second time: records of the very marker that the ledger does not name. */
const removeSurplus = async (
  target: Target,
  object: ObjectName,
  doubtful: readonly Doubtful[],
  signal: AbortSignal,
): Promise<number> => {
  const found = await target.find(object, { sourceIds: doubtful.map(one => one.sourceId), keys: [] }, signal);
  let removed = 0;
  for (const { sourceId, targetId } of doubtful) {
    const own = found.filter(record => record.sourceIds[0] === sourceId);
    // Without the ledger's own record among them something else happened: a person decides.
    if (!own.some(record => record.id === targetId)) continue;
    for (const surplus of own.filter(record => record.id !== targetId)) {
      await target.remove(object, surplus.id, signal);
      removed++;
    }
  }
  return removed;
};

const markSettled = (context: BatchContext, claim: Claim, object: ObjectName, doubtful: readonly Doubtful[]) =>
  withFence(
    context.db,
    claim,
    sql => sql`
      update record_ids set taken_over = false
      where tenant_id = ${claim.tenantId} and job_id = ${claim.jobId} and object = ${object}
        and source_id in ${sql(doubtful.map(one => one.sourceId))}`,
  );

/**
 * Looks again at every record whose write changed hands, before the run ends: by now each request of a lost worker has taken effect or
 * never will, so one that took effect beside its repetition is seen, and removed.
 */
export const runSettle = async (context: BatchContext): Promise<void> => {
  const { claim, connections, tenure, db } = context;
  const { target } = await connections.target(claim.tenantId, claim.targetConnectionId, tenure.guard, tenure.signal);
  let lookedAt = 0;
  let removed = 0;
  for (const object of objects) {
    for (;;) {
      const doubtful = await readDoubtful(context, object);
      if (doubtful.length === 0) break;
      removed += await removeSurplus(target, object, doubtful, tenure.signal);
      await markSettled(context, claim, object, doubtful);
      lookedAt += doubtful.length;
    }
  }
  await withFence(db, claim, sql => completeBatch(sql, claim, { lookedAt, removed }));
};
