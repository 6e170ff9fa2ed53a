import { type ExtractResult, extractPayload, extractResult, type ObjectName } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';
import { sealContexts, type TenantVault } from '@freight/vault';
import type { SourcePage } from '../connectors/connector.ts';
import { CrmError } from '../connectors/crmError.ts';
import { keysOf } from '../records/keys.ts';
import type { RecordOf } from '../records/model.ts';
import { type Claim, completeBatch, withFence } from './claim.ts';
import type { BatchContext } from './context.ts';
import { portionsOf } from './rows.ts';
import { demandStorage, readStorage, refuseBeyond } from './storage.ts';

/** The purpose of match keys' fingerprints. */
export const matchKeyPurpose = 'match key';

const stageRows = (vault: TenantVault, claim: Claim, object: ObjectName, records: readonly RecordOf[ObjectName][]) =>
  records.map(record => ({
    tenant_id: claim.tenantId,
    job_id: claim.jobId,
    run_id: claim.runId,
    object,
    source_id: record.id,
    sealed: vault.seal(JSON.stringify(record), sealContexts.record(claim.tenantId, claim.runId, object, record.id)),
  }));

const keyRows = (vault: TenantVault, claim: Claim, object: ObjectName, records: readonly RecordOf[ObjectName][]) =>
  records.flatMap(record => {
    const keys = keysOf<ObjectName>(object, record, claim.config.policies[object].same);
    return (['same', 'exclusive'] as const).flatMap(kind =>
      keys[kind].map(key => ({
        tenant_id: claim.tenantId,
        run_id: claim.runId,
        object,
        kind,
        key: vault.fingerprint(key, matchKeyPurpose),
        source_id: record.id,
      })),
    );
  });

/** What a page added. */
interface Staged {
  readonly records: number;
  readonly bytes: number;
}

/** Stages the records that were not seen before: the first version seen wins. @returns what was new. */
const stagePage = async (
  sql: TenantSql,
  context: BatchContext,
  object: ObjectName,
  records: readonly RecordOf[ObjectName][],
): Promise<Staged> => {
  // A vendor's page may show a record twice; one statement must not.
  const unique = [...new Map(records.map(record => [record.id, record])).values()];
  if (unique.length === 0) return { records: 0, bytes: 0 };
  const added = new Set<string>();
  const rows = stageRows(context.vault, context.claim, object, unique);
  for (const portion of portionsOf(rows)) {
    const staged = await sql<{ source_id: string }[]>`
      insert into staged_records ${sql(portion)} on conflict do nothing returning source_id`;
    for (const row of staged) added.add(row.source_id);
  }
  const keys = keyRows(
    context.vault,
    context.claim,
    object,
    unique.filter(record => added.has(record.id)),
  );
  for (const portion of portionsOf(keys)) await sql`insert into staged_keys ${sql(portion)} on conflict do nothing`;
  const bytes = rows.reduce((sum, row) => sum + (added.has(row.source_id) ? row.sealed.byteLength : 0), 0);
  return { records: added.size, bytes };
};

/**
 * Reads pages for about two seconds and stages them. Each page commits with the place where the next one starts, so whoever takes over
 * goes on there and no record is counted twice. A cursor that the vendor no longer takes starts the listing over within the same pass;
 * what was seen before is known by its id. It stops at the tenant's limit of stored bytes, a page beyond it at most.
 */
export const runExtract = async (context: BatchContext): Promise<void> => {
  const { claim, tenure, db } = context;
  const { object, ...start } = extractPayload.parse(claim.payload);
  const left = claim.result === null ? undefined : extractResult.parse(claim.result);
  let progress: ExtractResult = left ?? {
    seen: start.seen,
    staged: 0,
    bytes: 0,
    cursor: start.cursor,
    endOfPass: false,
  };
  await db.withTenant(claim.tenantId, demandStorage);
  const source = await context.connections.source(claim.tenantId, claim.sourceConnectionId, tenure.guard);
  const startedAt = performance.now();

  const read = async (): Promise<SourcePage<ObjectName>> => {
    try {
      return await source.readPage(object, progress.cursor, tenure.signal);
    } catch (error) {
      if (!(error instanceof CrmError) || error.kind !== 'cursor_expired' || progress.cursor === null) throw error;
      progress = { ...progress, cursor: null, seen: 0 };
      return source.readPage(object, null, tenure.signal);
    }
  };

  while (!progress.endOfPass) {
    const page = await read();
    const enough = performance.now() - startedAt >= context.extractMs;
    const staged = await withFence(db, claim, async sql => {
      const added = await stagePage(sql, context, object, page.records);
      const next: ExtractResult = {
        seen: progress.seen + page.records.length,
        staged: progress.staged + added.records,
        bytes: progress.bytes + added.bytes,
        cursor: page.nextCursor,
        endOfPass: page.nextCursor === null,
      };
      if (next.endOfPass || enough) {
        await completeBatch(sql, claim, next);
        return { progress: next, storage: undefined };
      }
      await sql`
        update batches set result = ${sql.json(next)} where tenant_id = ${claim.tenantId} and id = ${claim.batchId}`;
      return { progress: next, storage: await readStorage(sql) };
    });
    ({ progress } = staged);
    if (enough) return;
    // The page stays: it was read, and the next attempt goes on behind it.
    if (staged.storage) refuseBeyond(staged.storage);
  }
};
