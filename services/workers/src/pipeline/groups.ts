import type { LoadPayload, ObjectName } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';
import { sealContexts } from '@freight/vault';
import type { Outgoing } from '../connectors/connector.ts';
import { keysOf } from '../records/keys.ts';
import { mergeRecords } from '../records/merge.ts';
import { type PersonRecord, type RecordOf, recordSchemas } from '../records/model.ts';
import { matchKeyPurpose } from './extract.ts';
import type { BatchContext } from './context.ts';

/** The source records that share one target record, and what is to stand there. */
export interface Group {
  /** The smallest source id: the target record's marker, and the ledger's entry for the write. */
  readonly leader: string;
  /** The other source ids, in order. */
  readonly others: readonly string[];
  readonly outgoing: Outgoing;
  /** The keys that this group may hold in the target. */
  readonly keys: readonly string[];
  /** Something of the record could not be kept as it was: why, as a stable code. */
  readonly notes: readonly string[];
}

interface StagedRow {
  source_id: string;
  sealed: Uint8Array;
  group_ordinal: number;
}

const readStaged = (sql: TenantSql, { claim }: BatchContext, payload: LoadPayload) => sql<StagedRow[]>`
  select source_id, sealed, group_ordinal from staged_records
  where tenant_id = ${claim.tenantId} and run_id = ${claim.runId} and object = ${payload.object}
    and group_ordinal between ${payload.fromGroup} and ${payload.toGroup}
  order by group_ordinal, ordinal`;

/** Fingerprints of the keys that an earlier group holds too, by group: the smallest source id has the better right. */
const readWithheld = async (
  sql: TenantSql,
  { claim }: BatchContext,
  payload: LoadPayload,
): Promise<ReadonlyMap<number, ReadonlySet<string>>> => {
  const rows = await sql<{ group_ordinal: number; key: Uint8Array }[]>`
    select distinct s.group_ordinal, k.key
    from staged_records s
    join staged_keys k on k.tenant_id = s.tenant_id and k.run_id = s.run_id and k.object = s.object and k.source_id = s.source_id
      and k.kind = 'exclusive'
    where s.tenant_id = ${claim.tenantId} and s.run_id = ${claim.runId} and s.object = ${payload.object}
      and s.group_ordinal between ${payload.fromGroup} and ${payload.toGroup}
      and exists (
        select 1 from staged_keys k2
        join staged_records s2 on s2.tenant_id = k2.tenant_id and s2.run_id = k2.run_id and s2.object = k2.object and s2.source_id = k2.source_id
        where k2.tenant_id = k.tenant_id and k2.run_id = k.run_id and k2.object = k.object and k2.kind = 'exclusive' and k2.key = k.key
          and s2.group_ordinal < s.group_ordinal)`;
  const byGroup = new Map<number, Set<string>>();
  for (const row of rows) {
    const set = byGroup.get(row.group_ordinal) ?? new Set();
    set.add(Buffer.from(row.key).toString('base64'));
    byGroup.set(row.group_ordinal, set);
  }
  return byGroup;
};

/** The target ids of organizations that are loaded, by source id. */
const readCompanies = async (
  sql: TenantSql,
  { claim }: BatchContext,
  sourceIds: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  if (sourceIds.length === 0) return new Map();
  const rows = await sql<{ source_id: string; target_id: string }[]>`
    select source_id, target_id from record_ids
    where tenant_id = ${claim.tenantId} and job_id = ${claim.jobId} and object = 'organizations' and state = 'done'
      and target_id is not null and source_id in ${sql(sourceIds)}`;
  return new Map(rows.map(row => [row.source_id, row.target_id]));
};

const openRecord = <O extends ObjectName>(context: BatchContext, object: O, row: StagedRow): RecordOf[O] => {
  const { tenantId, runId } = context.claim;
  const text = context.vault.open(row.sealed, sealContexts.record(tenantId, runId, object, row.source_id));
  return recordSchemas[object].parse(JSON.parse(text)) as unknown as RecordOf[O];
};

const groupRows = (rows: readonly StagedRow[]): ReadonlyMap<number, readonly StagedRow[]> => {
  const groups = new Map<number, StagedRow[]>();
  for (const row of rows) {
    const group = groups.get(row.group_ordinal);
    if (group) group.push(row);
    else groups.set(row.group_ordinal, [row]);
  }
  return groups;
};

const toOutgoing = (
  object: ObjectName,
  record: RecordOf[ObjectName],
  parts: { readonly mergedIds: readonly string[]; readonly withheldKeys: readonly string[] },
  companies: ReadonlyMap<string, string>,
): Outgoing => {
  if (object === 'organizations') return { object, record: record as RecordOf['organizations'], ...parts };
  const person = record as PersonRecord;
  const companyIds = [...new Set(person.organizationIds.flatMap(id => companies.get(id) ?? []))];
  return { object, record: person, ...parts, companyIds };
};

/** Reads a load batch's groups: opened, merged, with the keys they may hold and the target ids they refer to. */
export const readGroups = (context: BatchContext, payload: LoadPayload): Promise<readonly Group[]> =>
  context.db.withTenant(context.claim.tenantId, async sql => {
    const { object } = payload;
    const [rows, withheldByGroup] = await Promise.all([
      readStaged(sql, context, payload),
      readWithheld(sql, context, payload),
    ]);
    const merged = Array.from(groupRows(rows), ([ordinal, members]) => ({
      ordinal,
      ids: members.map(row => row.source_id),
      record: mergeRecords(
        object,
        members.map(row => openRecord(context, object, row)) as never[],
      ) as RecordOf[ObjectName],
    }));
    const organizationIds = merged.flatMap(one => ('organizationIds' in one.record ? one.record.organizationIds : []));
    const companies = await readCompanies(sql, context, [...new Set(organizationIds)]);
    return merged.map(({ ordinal, ids, record }): Group => {
      const [leader = '', ...others] = ids;
      const withheldPrints = withheldByGroup.get(ordinal);
      const all = keysOf(object, record as never, 'never').exclusive;
      const isWithheld = (key: string) =>
        withheldPrints?.has(context.vault.fingerprint(key, matchKeyPurpose).toString('base64')) ?? false;
      const withheldKeys = all.filter(isWithheld);
      const lacksCompany = 'organizationIds' in record && record.organizationIds.some(id => !companies.has(id));
      return {
        leader,
        others,
        outgoing: toOutgoing(object, record, { mergedIds: others, withheldKeys }, companies),
        keys: all.filter(key => !isWithheld(key)),
        notes: [
          ...(withheldKeys.length > 0 ? ['key_of_another_record'] : []),
          ...(lacksCompany ? ['company_missing'] : []),
        ],
      };
    });
  });
