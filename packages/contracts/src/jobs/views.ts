import { z } from 'zod';
import { uuid } from '../ids.ts';
import { jobConfig, objectName, systemName } from './config.ts';
import { outcome, outcomeCounts, phase } from './events.ts';

export const jobStatus = z.enum(['created', 'running', 'paused', 'cancelling', 'cancelled', 'completed', 'failed']);
export type JobStatus = z.infer<typeof jobStatus>;

/** How far one object of a run has come. */
export const objectProgress = z.object({
  /** Records seen in the source. */
  read: z.number().int(),
  /** Whether every record of the source has been seen. */
  readComplete: z.boolean(),
  ...outcomeCounts.shape,
});
export type ObjectProgress = z.infer<typeof objectProgress>;

/** A job as the API shows it. */
export const jobView = z
  .object({
    id: uuid,
    name: z.string(),
    status: jobStatus,
    phase: phase.nullable(),
    runId: uuid.nullable(),
    source: z.object({ connectionId: uuid, system: systemName }),
    target: z.object({ connectionId: uuid, system: systemName }),
    config: jobConfig,
    totalRecords: z.number().int(),
    processedRecords: z.number().int(),
    failedRecords: z.number().int(),
    objects: z.partialRecord(objectName, objectProgress),
    /** Why the job stands still or failed, and what to do. */
    statusReason: z.object({ code: z.string(), detail: z.string() }).nullable(),
    startedBy: z.string().nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    completedAt: z.iso.datetime().nullable(),
    /** The version of the job's stream; also its weak ETag. */
    version: z.number().int(),
  })
  .meta({ id: 'Job' });
export type JobView = z.infer<typeof jobView>;

/** What became of one record. */
export const recordOutcomeView = z
  .object({
    object: objectName,
    sourceId: z.string(),
    outcome,
    /** A stable code; `null` where there is nothing to explain. */
    reason: z.string().nullable(),
    /** The target's own words, or ours; may hold the record's values. */
    message: z.string().nullable(),
    targetId: z.string().nullable(),
    /** For `merged`: the source id of the record whose target record it shares. */
    mergedInto: z.string().nullable(),
    runId: uuid,
    at: z.iso.datetime(),
  })
  .meta({ id: 'RecordOutcome' });
export type RecordOutcomeView = z.infer<typeof recordOutcomeView>;

/** One entry of a job's log, as CloudEvents 1.0 JSON. */
export const cloudEvent = z
  .object({
    specversion: z.literal('1.0'),
    id: uuid,
    source: z.string(),
    type: z.string(),
    subject: z.string(),
    time: z.iso.datetime(),
    datacontenttype: z.literal('application/json'),
    /** The tenant. CloudEvents extension. */
    tenantid: uuid,
    /** The version in the stream, from 1. CloudEvents extension. */
    streamversion: z.number().int(),
    traceparent: z.string().optional(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'CloudEvent' });
export type CloudEvent = z.infer<typeof cloudEvent>;
