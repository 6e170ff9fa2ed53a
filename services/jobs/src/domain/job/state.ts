import type { JobConfig, ObjectName, PauseReason, Phase, SystemName } from '@freight/contracts';
import type { Progress } from './progress.ts';

/** The listing of one object: passes repeat until one of them finds nothing new. */
export interface Extraction {
  /** The pass that is under way, from 1. */
  readonly pass: number;
  readonly addedInPass: number;
  /** No further pass follows. */
  readonly complete: boolean;
}

/** A run: one carrying-out of the job. */
export interface Run {
  readonly runId: string;
  readonly phase: Phase;
  readonly prepared: boolean;
  /** The objects whose doubtful writes have been looked at again. */
  readonly settled: readonly ObjectName[];
  readonly extraction: Readonly<Partial<Record<ObjectName, Extraction>>>;
  /** Batches of loading still to be folded, for the objects whose loading is planned. */
  readonly loading: Readonly<Partial<Record<ObjectName, { readonly batches: number; readonly completed: number }>>>;
  readonly progress: Progress;
}

/** What the job agreed on. */
export interface Agreement {
  readonly name: string;
  readonly sourceConnectionId: string;
  readonly targetConnectionId: string;
  readonly sourceSystem: SystemName;
  readonly targetSystem: SystemName;
  readonly config: JobConfig;
}

/** A job by its status; each holds only what exists then. */
export type JobState =
  | { readonly status: 'none' }
  | { readonly status: 'created'; readonly agreement: Agreement }
  | { readonly status: 'running'; readonly agreement: Agreement; readonly run: Run }
  | {
      readonly status: 'paused';
      readonly agreement: Agreement;
      readonly run: Run;
      /** Not in states that the version before stored. */
      readonly reason?: PauseReason;
    }
  | { readonly status: 'cancelling'; readonly agreement: Agreement; readonly run: Run }
  | { readonly status: 'cancelled'; readonly agreement: Agreement; readonly run: Run | null }
  | { readonly status: 'completed'; readonly agreement: Agreement; readonly run: Run }
  | { readonly status: 'failed'; readonly agreement: Agreement; readonly run: Run }
  | { readonly status: 'deleted' };

export const initialState: JobState = { status: 'none' };
