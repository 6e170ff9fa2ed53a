import type { JobEvent, ObjectName, ObjectProgress, OutcomeCounts } from '@freight/contracts';

/** How far the objects of a run have come. */
export type Progress = Readonly<Partial<Record<ObjectName, ObjectProgress>>>;

export const noOutcomes: OutcomeCounts = { created: 0, updated: 0, merged: 0, unchanged: 0, skipped: 0, failed: 0 };

const start: ObjectProgress = { read: 0, readComplete: false, ...noOutcomes };

/** Progress of a run that has just begun. */
export const emptyProgress = (objects: readonly ObjectName[]): Progress =>
  Object.fromEntries(objects.map(object => [object, start]));

const change = (progress: Progress, object: ObjectName, by: (one: ObjectProgress) => ObjectProgress): Progress => ({
  ...progress,
  [object]: by(progress[object] ?? start),
});

/** Takes an event into the progress. The one place that counts: the decider's state and the read model both use it. */
export const foldProgress = (progress: Progress, event: JobEvent): Progress => {
  switch (event.type) {
    case 'batch-completed': {
      const { object, staged, counts } = event.data;
      if (object === null) return progress;
      return change(progress, object, one => ({
        read: one.read + staged,
        readComplete: one.readComplete,
        created: one.created + counts.created,
        updated: one.updated + counts.updated,
        merged: one.merged + counts.merged,
        unchanged: one.unchanged + counts.unchanged,
        skipped: one.skipped + counts.skipped,
        failed: one.failed + counts.failed,
      }));
    }
    case 'extraction-pass-completed':
      return event.data.last ? change(progress, event.data.object, one => ({ ...one, readComplete: true })) : progress;
    case 'job-cancelled': {
      let next = progress;
      for (const [object, skipped] of Object.entries(event.data.skipped) as [ObjectName, number][]) {
        next = change(next, object, one => ({ ...one, skipped: one.skipped + skipped }));
      }
      return next;
    }
    default:
      return progress;
  }
};

/** The sums over all objects. Processed: records that have an outcome. */
export const totals = (
  progress: Progress,
): { readonly total: number; readonly processed: number; readonly failed: number } => {
  let total = 0;
  let processed = 0;
  let failed = 0;
  for (const one of Object.values(progress)) {
    total += one.read;
    processed += one.created + one.updated + one.merged + one.unchanged + one.skipped + one.failed;
    failed += one.failed;
  }
  return { total, processed, failed };
};
