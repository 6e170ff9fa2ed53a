import type { LoadPayload, ObjectName } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';
import { sealContexts } from '@freight/vault';
import type { Outgoing } from '../connectors/connector.ts';
import { keysOf } from '../records/keys.ts';
import { mergeRecords } from '../records/merge.ts';
import { type OpportunityRecord, type PersonRecord, type RecordOf, recordSchemas } from '../records/model.ts';
import type { RunAgreement } from './agreement.ts';
import type { BatchContext } from './context.ts';
import { convertFields, remarkOf } from './convertFields.ts';
import { matchKeyPurpose } from './extract.ts';
import { type OpportunityParts, opportunityParts } from './opportunityParts.ts';
import { type Loaded, readReferences } from './references.ts';

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
  /** Which values could not be kept, for a person to read; null for none. Holds values: sealed before it is stored. */
  readonly remark: string | null;
  /** Why it does not move, or (`failed`) cannot be made where it is not there yet; null for nothing. */
  readonly refusal: Refusal | null;
}

export interface Refusal {
  readonly outcome: 'skipped' | 'failed';
  readonly reason: string;
  readonly message: string | null;
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

/** A key of one of the batch's groups, as its fingerprint. */
interface HeldKey {
  readonly group: number;
  readonly key: Buffer;
}

const readHeldKeys = async (
  sql: TenantSql,
  { claim }: BatchContext,
  object: ObjectName,
  rows: readonly StagedRow[],
) => {
  const groupOf = new Map(rows.map(row => [row.source_id, row.group_ordinal]));
  const found = await sql<{ source_id: string; key: Buffer }[]>`
    select source_id, key from staged_keys
    where tenant_id = ${claim.tenantId} and run_id = ${claim.runId} and object = ${object} and kind = 'exclusive'
      and source_id in ${sql([...groupOf.keys()])}`;
  return found.map((row): HeldKey => ({ group: groupOf.get(row.source_id) ?? 0, key: row.key }));
};

/** The smallest group that holds each of the keys, over the whole object. */
const readFirstHolders = async (
  sql: TenantSql,
  { claim }: BatchContext,
  object: ObjectName,
  keys: readonly Buffer[],
) => {
  const scope = sql`tenant_id = ${claim.tenantId} and run_id = ${claim.runId} and object = ${object}`;
  const holders = await sql<{ key: Buffer; source_id: string }[]>`
    select key, source_id from staged_keys where ${scope} and kind = 'exclusive' and key in ${sql(keys)}`;
  const groups = await sql<{ source_id: string; group_ordinal: number }[]>`
    select source_id, group_ordinal from staged_records
    where ${scope} and source_id in ${sql([...new Set(holders.map(row => row.source_id))])}`;
  const groupOf = new Map(groups.map(row => [row.source_id, row.group_ordinal]));
  const first = new Map<string, number>();
  for (const { key, source_id } of holders) {
    const name = key.toString('base64');
    const group = groupOf.get(source_id) ?? Number.POSITIVE_INFINITY;
    first.set(name, Math.min(group, first.get(name) ?? Number.POSITIVE_INFINITY));
  }
  return first;
};

/**
 * Fingerprints of the keys that an earlier group holds too, by group: the smallest source id has the better right. Three look-ups by key
 * instead of one join: with freshly staged rows a join's plan may be hopeless.
 */
const readWithheld = async (
  sql: TenantSql,
  context: BatchContext,
  object: ObjectName,
  rows: readonly StagedRow[],
): Promise<ReadonlyMap<number, ReadonlySet<string>>> => {
  const withheld = new Map<number, Set<string>>();
  if (rows.length === 0) return withheld;
  const held = await readHeldKeys(sql, context, object, rows);
  if (held.length === 0) return withheld;
  const first = await readFirstHolders(sql, context, object, [
    ...new Map(held.map(one => [one.key.toString('base64'), one.key])).values(),
  ]);
  for (const { group, key } of held) {
    const name = key.toString('base64');
    if ((first.get(name) ?? group) >= group) continue;
    const set = withheld.get(group) ?? new Set();
    withheld.set(group, set.add(name));
  }
  return withheld;
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

/** The target ids of what is loaded, in the order of the source ids and each once. */
const targetsOf = (loaded: Loaded, object: ObjectName, sourceIds: readonly string[]): string[] => [
  ...new Set(sourceIds.flatMap(id => loaded(object, id) ?? [])),
];

type Parts = Pick<Outgoing, 'mergedIds' | 'withheldKeys' | 'values'>;

const personOf = (record: PersonRecord, parts: Parts, loaded: Loaded): Outgoing => {
  const companyIds = targetsOf(loaded, 'organizations', record.organizationIds);
  return { object: 'persons', record, ...parts, companyIds };
};

const opportunityOf = (record: OpportunityRecord, parts: Parts, own: OpportunityParts, loaded: Loaded): Outgoing => ({
  object: 'opportunities',
  record,
  ...parts,
  values: own.values,
  ownerIds: own.ownerIds,
  companyIds: targetsOf(loaded, 'organizations', record.organizationIds),
  personIds: targetsOf(loaded, 'persons', record.personIds),
});

const refusalOf = (record: OpportunityRecord, { lacking }: OpportunityParts): Refusal | null => {
  if (record.isRedacted) return { outcome: 'skipped', reason: 'redacted_source', message: null };
  return lacking === null ? null : { outcome: 'failed', reason: 'missing_required', message: lacking };
};

/** What goes out for a record, and what is to be said of it. */
const toOutgoing = (
  object: ObjectName,
  record: RecordOf[ObjectName],
  parts: Parts,
  { loaded, agreement }: { readonly loaded: Loaded; readonly agreement: RunAgreement },
): { readonly outgoing: Outgoing; readonly notes: readonly string[]; readonly refusal: Refusal | null } => {
  switch (object) {
    case 'organizations':
      return { outgoing: { object, record: record as RecordOf['organizations'], ...parts }, notes: [], refusal: null };
    case 'persons':
      return { outgoing: personOf(record as PersonRecord, parts, loaded), notes: [], refusal: null };
    case 'opportunities': {
      const opportunity = record as OpportunityRecord;
      const own = opportunityParts(opportunity, parts.values, agreement);
      const outgoing = opportunityOf(opportunity, parts, own, loaded);
      return { outgoing, notes: own.notes, refusal: refusalOf(opportunity, own) };
    }
  }
};

/** Which of the records that it belongs to are not there. */
const lackingOf = (record: RecordOf[ObjectName], loaded: Loaded): readonly string[] => [
  ...('organizationIds' in record && record.organizationIds.some(id => loaded('organizations', id) === undefined)
    ? ['company_missing']
    : []),
  ...('personIds' in record && record.personIds.some(id => loaded('persons', id) === undefined)
    ? ['person_missing']
    : []),
];

/** Reads a load batch's groups: opened, merged, with the keys they may hold and the target ids they refer to. */
export const readGroups = async (context: BatchContext, payload: LoadPayload): Promise<readonly Group[]> => {
  const { object } = payload;
  // Before the transaction: it may have to ask both systems.
  const agreement = await context.agreement();
  return context.db.withTenant(context.claim.tenantId, async sql => {
    const rows = await readStaged(sql, context, payload);
    const withheldByGroup = await readWithheld(sql, context, object, rows);
    const merged = Array.from(groupRows(rows), ([ordinal, members]) => ({
      ordinal,
      ids: members.map(row => row.source_id),
      record: mergeRecords<ObjectName>(
        object,
        members.map(row => openRecord(context, object, row)),
        fieldId => agreement.isMultiple(object, fieldId),
      ),
    }));
    const records = merged.map(one => one.record);
    const loaded = await readReferences(sql, context.claim, object, records, agreement);
    return merged.map(({ ordinal, ids, record }): Group => {
      const [leader = '', ...others] = ids;
      const withheldPrints = withheldByGroup.get(ordinal);
      const all = keysOf<ObjectName>(object, record, 'never').exclusive;
      const isWithheld = (key: string) =>
        withheldPrints?.has(context.vault.fingerprint(key, matchKeyPurpose).toString('base64')) ?? false;
      const withheldKeys = all.filter(isWithheld);
      const { values, problems } = convertFields(record.fields, agreement, object, loaded);
      const parts = { mergedIds: others, withheldKeys, values };
      const { outgoing, notes, refusal } = toOutgoing(object, record, parts, { loaded, agreement });
      return {
        leader,
        others,
        outgoing,
        keys: all.filter(key => !isWithheld(key)),
        notes: [
          ...(withheldKeys.length > 0 ? ['key_of_another_record'] : []),
          ...lackingOf(record, loaded),
          ...notes,
          ...problems.map(one => one.code),
        ],
        remark: remarkOf(problems, agreement, object),
        refusal,
      };
    });
  });
};
