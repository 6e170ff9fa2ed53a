import type { ObjectName } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';

export interface RunObject {
  readonly tenantId: string;
  readonly jobId: string;
  readonly runId: string;
  readonly object: ObjectName;
}

/**
 * Numbers the records of an object in the order of their source ids (shorter first, then by text: numeric for whole numbers), so that
 * "the smallest source id" means the same everywhere.
 */
const numberRecords = (sql: TenantSql, { tenantId, runId, object }: RunObject): Promise<unknown> => sql`
  update staged_records s set ordinal = r.n, group_ordinal = r.n
  from (
    select source_id, row_number() over (order by length(source_id), source_id) as n
    from staged_records where tenant_id = ${tenantId} and run_id = ${runId} and object = ${object}
  ) r
  where s.tenant_id = ${tenantId} and s.run_id = ${runId} and s.object = ${object} and s.source_id = r.source_id`;

/**
 * Joins the records that share a key, directly or through others: each takes the smallest group of those it shares a key with, until
 * nothing changes. The number of rounds is the longest chain of shared keys; real data has chains of two or three.
 */
const joinGroups = async (sql: TenantSql, { tenantId, runId, object }: RunObject): Promise<void> => {
  for (;;) {
    const changed = await sql`
      with shared as (
        select key from staged_keys
        where tenant_id = ${tenantId} and run_id = ${runId} and object = ${object} and kind = 'same'
        group by key having count(*) > 1
      ), linked as (
        select k.source_id, min(s.group_ordinal) over (partition by k.key) as smallest
        from staged_keys k
        join shared using (key)
        join staged_records s on s.tenant_id = k.tenant_id and s.run_id = k.run_id and s.object = k.object and s.source_id = k.source_id
        where k.tenant_id = ${tenantId} and k.run_id = ${runId} and k.object = ${object} and k.kind = 'same'
      ), lowest as (
        select source_id, min(smallest) as smallest from linked group by source_id
      )
      update staged_records s set group_ordinal = l.smallest
      from lowest l
      where s.tenant_id = ${tenantId} and s.run_id = ${runId} and s.object = ${object} and s.source_id = l.source_id
        and l.smallest < s.group_ordinal`;
    if (changed.count === 0) return;
  }
};

export interface Grouped {
  readonly records: number;
  readonly groups: number;
}

/**
 * Decides once, for a completely extracted object, which records are the same one. The result depends on the staged rows only.
 * Freshly staged rows have no statistics yet; without them the planner takes thousands of rows for a handful and joins by nested loops
 * (half a minute a round at 5,659 records, against 0.1 s), so they are gathered first.
 */
export const groupRecords = async (sql: TenantSql, target: RunObject): Promise<Grouped> => {
  await sql`select freight_analyze_staged()`;
  await numberRecords(sql, target);
  await joinGroups(sql, target);
  const [row] = await sql<{ records: number; groups: number }[]>`
    select count(*) as records, count(distinct group_ordinal) as groups from staged_records
    where tenant_id = ${target.tenantId} and run_id = ${target.runId} and object = ${target.object}`;
  return { records: row?.records ?? 0, groups: row?.groups ?? 0 };
};
