import type { ObjectName, OutcomeCounts, PauseReason, Phase, WorkKind } from '@freight/contracts';
import type { Agreement } from './state.ts';

/** What a finished batch reports. */
export interface BatchReport {
  readonly batchId: string;
  readonly kind: WorkKind;
  readonly object: ObjectName | null;
  readonly staged: number;
  readonly counts: OutcomeCounts;
  /** Of an extraction: the records seen in the pass so far, and whether it reached the end of the listing. */
  readonly extraction: { readonly seen: number; readonly endOfPass: boolean } | null;
}

/** Everything that can be asked of a job: the first six by people, the others by the job service itself. */
export type JobCommand =
  | { readonly type: 'create-job'; readonly agreement: Agreement }
  | { readonly type: 'start-job'; readonly runId: string; readonly startedBy: string }
  | { readonly type: 'pause-job'; readonly reason: PauseReason; readonly detail: string }
  | { readonly type: 'resume-job' }
  | { readonly type: 'cancel-job' }
  | { readonly type: 'delete-job' }
  | { readonly type: 'record-results'; readonly reports: readonly BatchReport[]; readonly passesMax: number }
  | { readonly type: 'start-phase'; readonly phase: Phase }
  | {
      readonly type: 'record-plan';
      readonly object: ObjectName;
      readonly records: number;
      readonly groups: number;
      readonly batches: number;
    }
  | { readonly type: 'complete-run' }
  | { readonly type: 'fail-run'; readonly reason: string; readonly detail: string }
  | { readonly type: 'finish-cancel'; readonly skipped: Readonly<Partial<Record<ObjectName, number>>> };

/** Why the domain says no. */
export type JobRejection =
  | { readonly code: 'not_found' }
  | { readonly code: 'already_exists' }
  | { readonly code: 'invalid_transition'; readonly status: string; readonly command: string };
