import { type ObjectName, objects, recordValue } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';
import type { RecordOf } from '../records/model.ts';
import type { RunAgreement } from './agreement.ts';
import type { Claim } from './claim.ts';

/** Finds the target id of a source record that this job has loaded. */
export type Loaded = (object: string, sourceId: string) => string | undefined;

type Wanted = ReadonlyMap<ObjectName, ReadonlySet<string>>;

/** The source records that a record names, in its own parts and in the fields that move as references. */
function* namedIn(
  record: RecordOf[ObjectName],
  referring: readonly string[],
): Generator<{ readonly object: string; readonly id: string }> {
  if ('organizationIds' in record) for (const id of record.organizationIds) yield { object: 'organizations', id };
  if ('personIds' in record) for (const id of record.personIds) yield { object: 'persons', id };
  for (const field of referring) {
    for (const value of record.fields[field] ?? []) {
      const reference = recordValue.safeParse(value);
      if (reference.success) yield reference.data;
    }
  }
}

/**
 * What records of an object refer to, of the objects that are loaded before it: of its own object some are loaded and some are not, and which ones
 * would be chance.
 */
const wantedBy = (object: ObjectName, records: readonly RecordOf[ObjectName][], agreement: RunAgreement): Wanted => {
  const referring = agreement.fieldsOf(object).flatMap(({ from }) => (from.type === 'record' ? [from.id] : []));
  const before = objects.slice(0, objects.indexOf(object));
  const wanted = new Map(before.map(one => [one, new Set<string>()]));
  for (const record of records) {
    for (const { object: named, id } of namedIn(record, referring)) wanted.get(named as ObjectName)?.add(id);
  }
  return wanted;
};

/** Looks up the target ids of everything that the records refer to; one query for each object that they refer to. */
export const readReferences = async (
  sql: TenantSql,
  claim: Claim,
  object: ObjectName,
  records: readonly RecordOf[ObjectName][],
  agreement: RunAgreement,
): Promise<Loaded> => {
  const found = new Map<string, string>();
  for (const [named, ids] of wantedBy(object, records, agreement)) {
    if (ids.size === 0) continue;
    const rows = await sql<{ source_id: string; target_id: string }[]>`
      select source_id, target_id from record_ids
      where tenant_id = ${claim.tenantId} and job_id = ${claim.jobId} and object = ${named} and state = 'done'
        and target_id is not null and source_id in ${sql([...ids])}`;
    for (const row of rows) found.set(`${named} ${row.source_id}`, row.target_id);
  }
  return (named, id) => found.get(`${named} ${id}`);
};
