import { z } from 'zod';
import { uuid } from './ids.ts';

/** The shared lanes; a tenant may have one of its own, `tenant-<id>`. */
export const sharedLanes = ['high', 'default', 'low'] as const;
export type Lane = (typeof sharedLanes)[number] | `tenant-${string}`;

/** What a job names its lane by; `own` is the lane of its tenant. */
export const jobLanes = [...sharedLanes, 'own'] as const;
export type JobLane = (typeof jobLanes)[number];
export const laneOfJob = (tenantId: string, jobLane: JobLane): Lane =>
  jobLane === 'own' ? `tenant-${tenantId}` : jobLane;

export const lane = z.custom<Lane>(
  v => typeof v === 'string' && /^(high|default|low|tenant-[0-9a-f-]{36})$/.test(v),
  'must be high, default, low or tenant-<tenant id>',
);

/** What a batch asks of a worker. */
export const workKinds = ['prepare', 'extract', 'load', 'settle'] as const;
export type WorkKind = (typeof workKinds)[number];

/** A work message: a reference to a batch in Postgres, and which issue of it this is. Everything else is read from the database. */
export const workMessage = z.object({
  tenantId: uuid,
  jobId: uuid,
  batchId: uuid,
  kind: z.enum(workKinds),
  issue: z.number().int().positive(),
});
export type WorkMessage = z.infer<typeof workMessage>;

/** Wakes the job service: results themselves are rows in Postgres. */
export const resultMessage = z.object({
  tenantId: uuid,
  jobId: uuid,
  batchId: uuid,
});
export type ResultMessage = z.infer<typeof resultMessage>;
