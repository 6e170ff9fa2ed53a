import { type JobView, type ObjectName, type OutcomeCounts, objects, outcomes } from '@freight/contracts';
import type { Reconciliation, Source, Target } from './reconcile.ts';

type ObjectCounts = { readonly read: number } & OutcomeCounts;

/** The result of a demo: what `--json` prints, key by key. */
export interface DemoSummary {
  /** Nothing lost, nothing doubled, relations equal, outcomes add up, and the job completed. */
  readonly ok: boolean;
  readonly jobId: string;
  readonly recordsRead: number;
  readonly objects: Readonly<Record<ObjectName, ObjectCounts>>;
  readonly target: {
    readonly companies: number;
    readonly people: number;
    readonly deals: number;
    readonly autoCreated: number;
  };
  readonly lost: number;
  readonly duplicates: number;
  readonly relationsExpected: number;
  readonly relationsFound: number;
  /** From the job's start to the end of the reconciliation. */
  readonly seconds: number;
  readonly recordsPerSecond: number;
}

const none: ObjectCounts = { read: 0, created: 0, updated: 0, merged: 0, unchanged: 0, skipped: 0, failed: 0 };

const countsOf = (job: JobView, object: ObjectName): ObjectCounts => {
  const progress = job.objects[object];
  if (!progress) return none;
  const { read, created, updated, merged, unchanged, skipped, failed } = progress;
  return { read, created, updated, merged, unchanged, skipped, failed };
};

/**
 * What does not add up, in words; empty when all does. Every record that the source holds was read and has exactly one outcome, and each
 * that has a target record of its own is there once.
 */
export const findMiscounts = (
  counts: Readonly<Record<ObjectName, ObjectCounts>>,
  sourceCounts: Readonly<Record<ObjectName, number>>,
  markedCounts: Readonly<Record<ObjectName, number>>,
): readonly string[] =>
  objects.flatMap(object => {
    const own = counts[object];
    const settled = outcomes.reduce((sum, outcome) => sum + own[outcome], 0);
    const kept = own.created + own.updated + own.unchanged;
    return [
      ...(own.read === sourceCounts[object]
        ? []
        : [`${own.read} ${object} were read, and the source holds ${sourceCounts[object]}`]),
      ...(own.read === settled ? [] : [`${own.read} ${object} were read, and ${settled} have an outcome`]),
      ...(kept === markedCounts[object]
        ? []
        : [`${kept} ${object} have a target record of their own, and the target holds ${markedCounts[object]}`]),
    ];
  });

/** Puts the result together. @param seconds from the job's start to the end of the reconciliation. */
export const summarise = (facts: {
  readonly job: JobView;
  readonly source: Source;
  readonly target: Target;
  readonly autoCreated: number;
  readonly reconciliation: Reconciliation;
  readonly seconds: number;
}): { readonly summary: DemoSummary; readonly miscounts: readonly string[] } => {
  const { job, source, target, reconciliation, seconds } = facts;
  const counts = {
    organizations: countsOf(job, 'organizations'),
    persons: countsOf(job, 'persons'),
    opportunities: countsOf(job, 'opportunities'),
  };
  const miscounts = findMiscounts(
    counts,
    {
      organizations: source.organizations.length,
      persons: source.persons.length,
      opportunities: source.opportunities.length,
    },
    {
      organizations: reconciliation.marked.companies,
      persons: reconciliation.marked.people,
      opportunities: reconciliation.marked.deals,
    },
  );
  const recordsRead = objects.reduce((sum, object) => sum + counts[object].read, 0);
  const { lost, duplicates, relationsExpected, relationsFound } = reconciliation;
  return {
    miscounts,
    summary: {
      ok:
        job.status === 'completed' &&
        lost.length === 0 &&
        duplicates.length === 0 &&
        relationsFound === relationsExpected &&
        miscounts.length === 0,
      jobId: job.id,
      recordsRead,
      objects: counts,
      target: {
        companies: target.companies.length,
        people: target.people.length,
        deals: target.deals.length,
        autoCreated: facts.autoCreated,
      },
      lost: lost.length,
      duplicates: duplicates.length,
      relationsExpected,
      relationsFound,
      seconds: Math.round(seconds * 100) / 100,
      recordsPerSecond: seconds > 0 ? Math.round((recordsRead / seconds) * 10) / 10 : 0,
    },
  };
};
