import type { JobEvent, ObjectName } from '@freight/contracts';
import { objects as allObjects } from '@freight/contracts';
import type { Executed } from '@freight/eventstore';
import type { TenantSql } from '@freight/postgres';
import type { JobCommand } from '../domain/job/commands.ts';
import type { JobState, Run } from '../domain/job/state.ts';
import { insertBatch, insertExtractBatch, insertLoadBatches, type RunBatches, type RunTarget } from './batches.ts';
import { groupRecords } from './groups.ts';

export interface AdvanceOptions {
  readonly sql: TenantSql;
  readonly target: RunTarget;
  readonly batches: RunBatches;
  readonly recordsPerBatch: number;
  /** Whether the statistics that a plan needs were gathered just now. */
  readonly hasStatistics: boolean;
  /** The vendor's cursor and the records seen, where the last folded extraction of this pass stopped; undefined: the pass begins. */
  readonly lastExtract: (
    object: ObjectName,
    pass: number,
  ) => Promise<{ cursor: string | null; seen: number } | undefined>;
  readonly execute: (command: JobCommand) => Promise<Executed<JobState, JobEvent>>;
}

/** The objects of a run in the order in which they are loaded. */
const ordered = (run: Run): readonly ObjectName[] => allObjects.filter(object => run.extraction[object] !== undefined);

const loaded = (run: Run, object: ObjectName): boolean => {
  const one = run.loading[object];
  return one !== undefined && one.completed >= one.batches;
};

const continueExtraction = async (run: Run, options: AdvanceOptions): Promise<void> => {
  for (const object of ordered(run)) {
    const extraction = run.extraction[object];
    if (!extraction || extraction.complete || options.batches.isOpen('extract', object)) continue;
    const last = await options.lastExtract(object, extraction.pass);
    await insertExtractBatch(options.sql, options.target, {
      object,
      pass: extraction.pass,
      cursor: last?.cursor ?? null,
      seen: last?.seen ?? 0,
    });
  }
};

/** The first object that can be loaded now and is not planned yet: completely read, and all objects before it loaded. */
const nextToPlan = (run: Run): ObjectName | undefined => {
  for (const object of ordered(run)) {
    if (run.loading[object] === undefined) return run.extraction[object]?.complete ? object : undefined;
    if (!loaded(run, object)) return undefined;
  }
  return undefined;
};

const planLoading = async (object: ObjectName, options: AdvanceOptions): Promise<Run | undefined> => {
  const { sql, target } = options;
  const scope = { tenantId: target.tenantId, jobId: target.jobId, runId: target.runId, object };
  const { records, groups } = await groupRecords(sql, scope);
  const batches = await insertLoadBatches(sql, target, scope, options.recordsPerBatch);
  const { state } = await options.execute({ type: 'record-plan', object, records, groups, batches });
  return state.status === 'running' ? state.run : undefined;
};

/** Records of the run without an outcome. At its end there must be none. */
const countMissingOutcomes = async (sql: TenantSql, target: RunTarget): Promise<number> => {
  const [row] = await sql<{ missing: number }[]>`
    select count(*) as missing from staged_records s
    where s.tenant_id = ${target.tenantId} and s.run_id = ${target.runId} and not exists (
      select 1 from record_outcomes o
      where o.tenant_id = s.tenant_id and o.job_id = s.job_id and o.run_id = s.run_id and o.object = s.object and o.source_id = s.source_id)`;
  return row?.missing ?? 0;
};

const finishRun = async (run: Run, options: AdvanceOptions): Promise<void> => {
  const { sql, target, batches } = options;
  if (run.phase !== 'verify') await options.execute({ type: 'start-phase', phase: 'verify' });
  const unsettled = ordered(run).filter(object => !run.settled.includes(object));
  for (const object of unsettled) {
    if (!batches.isOpen('settle', object))
      await insertBatch(sql, target, { kind: 'settle', object, payload: { object } });
  }
  if (unsettled.length > 0) return;
  const missing = await countMissingOutcomes(sql, target);
  await options.execute(
    missing === 0
      ? { type: 'complete-run' }
      : {
          type: 'fail-run',
          reason: 'outcomes_incomplete',
          detail: `${missing} records were read but have no outcome. This is a fault of Freight: please report it.`,
        },
  );
};

/**
 * Takes a run one step further, as far as its state allows, in the caller's transaction with the job's stream locked. Called again and
 * again; with nothing to do it changes nothing.
 * @returns `wants_statistics` when an object is to be planned and there are none: to be called again once they are gathered.
 */
export const advanceRun = async (run: Run, options: AdvanceOptions): Promise<'done' | 'wants_statistics'> => {
  const { sql, target, batches } = options;
  if (!run.prepared) {
    if (!batches.isOpen('prepare', null))
      await insertBatch(sql, target, { kind: 'prepare', object: null, payload: {} });
    return 'done';
  }
  if (run.phase === 'prepare') await options.execute({ type: 'start-phase', phase: 'extract' });
  await continueExtraction(run, options);

  let current = run;
  for (let object = nextToPlan(current); object !== undefined; object = nextToPlan(current)) {
    if (!options.hasStatistics) return 'wants_statistics';
    const next = await planLoading(object, options);
    if (!next) return 'done';
    current = next;
  }
  const all = ordered(current);
  const read = all.every(object => current.extraction[object]?.complete);
  if (read && (current.phase === 'prepare' || current.phase === 'extract')) {
    await options.execute({ type: 'start-phase', phase: 'load' });
  }
  if (read && all.every(object => loaded(current, object))) await finishRun(current, options);
  return 'done';
};
