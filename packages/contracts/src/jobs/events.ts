import { z } from 'zod';
import { uuid } from '../ids.ts';
import { workKinds } from '../work.ts';
import { jobConfig, objectName, systemName } from './config.ts';

export const phases = ['prepare', 'extract', 'load', 'relate', 'verify'] as const;
export const phase = z.enum(phases);
export type Phase = z.infer<typeof phase>;

export const runKind = z.enum(['full']);

/** What can become of a record in a run. */
export const outcomes = ['created', 'updated', 'merged', 'unchanged', 'skipped', 'failed'] as const;
export const outcome = z.enum(outcomes);
export type Outcome = z.infer<typeof outcome>;

const count = z.number().int().nonnegative();
/** How many records ended in each outcome. */
export const outcomeCounts = z.object({
  created: count,
  updated: count,
  merged: count,
  unchanged: count,
  skipped: count,
  failed: count,
});
export type OutcomeCounts = z.infer<typeof outcomeCounts>;

/** Why a job paused itself, or `requested` by a person. At `storage_limit` it goes on by itself when there is room again. */
export const pauseReason = z.enum([
  'requested',
  'source_unavailable',
  'target_unavailable',
  'batch_keeps_failing',
  'storage_limit',
]);
export type PauseReason = z.infer<typeof pauseReason>;

/**
 * The events of a job, by type. They hold counts and references, never a record's values, and what is once written
 * stays readable for ever: a changed shape gets a new type or an upcast.
 */
export const jobEvents = {
  'job-created': z.object({
    name: z.string(),
    sourceConnectionId: uuid,
    targetConnectionId: uuid,
    sourceSystem: systemName,
    targetSystem: systemName,
    config: jobConfig,
  }),
  'job-started': z.object({ runId: uuid, kind: runKind, startedBy: z.string() }),
  'phase-started': z.object({ runId: uuid, phase }),
  'extraction-pass-completed': z.object({
    runId: uuid,
    object: objectName,
    pass: z.number().int().positive(),
    seen: count,
    added: count,
    /** Whether the set of ids is the same as after the pass before. */
    stable: z.boolean(),
    /** Whether no further pass follows: the set is stable, or it kept changing for as many passes as are allowed. */
    last: z.boolean(),
  }),
  'object-planned': z.object({ runId: uuid, object: objectName, records: count, groups: count, batches: count }),
  'batch-completed': z.object({
    runId: uuid,
    batchId: uuid,
    kind: z.enum(workKinds),
    object: objectName.nullable(),
    /** Records read from the source by this batch and not seen before. */
    staged: count,
    counts: outcomeCounts,
  }),
  'job-paused': z.object({ runId: uuid, reason: pauseReason, detail: z.string() }),
  'job-resumed': z.object({ runId: uuid }),
  'job-cancelling': z.object({ runId: uuid.nullable() }),
  'job-cancelled': z.object({ runId: uuid.nullable(), skipped: z.partialRecord(objectName, count) }),
  'job-completed': z.object({ runId: uuid }),
  'job-failed': z.object({ runId: uuid, reason: z.string(), detail: z.string() }),
  'job-deleted': z.object({}),
} as const;

export type JobEventType = keyof typeof jobEvents;
export type JobEvent = {
  [T in JobEventType]: { readonly type: T; readonly data: z.infer<(typeof jobEvents)[T]> };
}[JobEventType];
