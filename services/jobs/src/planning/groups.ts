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

/** Each record takes the smallest group of those it shares a key with. @returns how many took another one. */
const takeNeighbours = async (sql: TenantSql, { tenantId, runId, object }: RunObject): Promise<number> => {
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
  return changed.count;
};

/** Each record follows its group's first record into the group that this one has joined meanwhile: few have, so their groups are looked up. */
const followFirsts = (sql: TenantSql, { tenantId, runId, object }: RunObject): Promise<unknown> => sql`
  update staged_records s set group_ordinal = first.group_ordinal
  from staged_records first
  where first.tenant_id = ${tenantId} and first.run_id = ${runId} and first.object = ${object} and first.group_ordinal < first.ordinal
    and s.tenant_id = ${tenantId} and s.run_id = ${runId} and s.object = ${object} and s.group_ordinal = first.ordinal`;

/**
 * Joins the records that share a key, directly or through others, until nothing changes. Following the firsts lets a group travel along a chain
 * of shared keys in leaps: the rounds grow with the logarithm of the longest chain, not with its length.
 */
const joinGroups = async (sql: TenantSql, target: RunObject): Promise<void> => {
  while ((await takeNeighbours(sql, target)) > 0) await followFirsts(sql, target);
};

export interface Grouped {
  readonly records: number;
  readonly groups: number;
}

/**
 * Freshly staged rows have no statistics yet; without them the planner takes thousands of rows for a handful and joins by nested loops (half a
 * minute a round at 5,659 records, against 0.1 s).
 */
export const gatherStatistics = async (sql: TenantSql): Promise<void> => {
  await sql`select freight_analyze_staged()`;
};

/**
 * Decides once, for a completely extracted object with fresh statistics, which records are the same one. The result depends on the staged rows
 * only.
 */
export const groupRecords = async (sql: TenantSql, target: RunObject): Promise<Grouped> => {
  // After five runs of a statement on one connection PostgreSQL plans it for any values: then for few rows, however many there are.
  await sql`select set_config('plan_cache_mode', 'force_custom_plan', true)`;
  await numberRecords(sql, target);
  await joinGroups(sql, target);
  const [row] = await sql<{ records: number; groups: number }[]>`
    select count(*) as records, count(distinct group_ordinal) as groups from staged_records
    where tenant_id = ${target.tenantId} and run_id = ${target.runId} and object = ${target.object}`;
  return { records: row?.records ?? 0, groups: row?.groups ?? 0 };
};
