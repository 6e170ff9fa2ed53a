import type { JobEvent } from '@freight/contracts';
import { assertNever, err, ok, type Result } from '@freight/kernel';
import type { BatchReport, JobCommand, JobRejection } from './commands.ts';
import type { Extraction, JobState, Run } from './state.ts';

type Decision = Result<readonly JobEvent[], JobRejection>;

const refuse = (state: JobState, command: JobCommand): Decision =>
  state.status === 'none' || state.status === 'deleted'
    ? err({ code: 'not_found' })
    : err({ code: 'invalid_transition', status: state.status, command: command.type });

/** One report becomes one event, and a second one where it ends a pass of extraction. */
const reportEvents = (
  run: Run,
  report: BatchReport,
  extraction: Extraction | undefined,
  passesMax: number,
): { readonly events: readonly JobEvent[]; readonly extraction: Extraction | undefined } => {
  const { runId } = run;
  const completed: JobEvent = {
    type: 'batch-completed',
    data: {
      runId,
      batchId: report.batchId,
      kind: report.kind,
      object: report.object,
      staged: report.staged,
      counts: report.counts,
    },
  };
  if (!report.extraction || report.object === null || !extraction) return { events: [completed], extraction };
  const added = extraction.addedInPass + report.staged;
  if (!report.extraction.endOfPass) return { events: [completed], extraction: { ...extraction, addedInPass: added } };
  const { pass } = extraction;
  // A pass that found nothing new saw the same set as the passes before it; for an empty object that is the first.
  const stable = added === 0;
  const last = stable || pass >= passesMax;
  const passed: JobEvent = {
    type: 'extraction-pass-completed',
    data: { runId, object: report.object, pass, seen: report.extraction.seen, added, stable, last },
  };
  return {
    events: [completed, passed],
    extraction: { pass: last ? pass : pass + 1, addedInPass: 0, complete: last },
  };
};

const recordResults = (run: Run, reports: readonly BatchReport[], passesMax: number): readonly JobEvent[] => {
  const events: JobEvent[] = [];
  const extraction = { ...run.extraction };
  for (const report of reports) {
    const before = report.object === null ? undefined : extraction[report.object];
    const made = reportEvents(run, report, before, passesMax);
    events.push(...made.events);
    if (report.object !== null && made.extraction) extraction[report.object] = made.extraction;
  }
  return events;
};

/** What a command leads to. Pure and total; a command that is already fulfilled is accepted without an event. */
export const decide = (command: JobCommand, state: JobState): Decision => {
  switch (command.type) {
    case 'create-job':
      return state.status === 'none'
        ? ok([{ type: 'job-created', data: command.agreement }])
        : err({ code: 'already_exists' });
    case 'start-job':
      return state.status === 'created'
        ? ok([
            { type: 'job-started', data: { runId: command.runId, kind: 'full', startedBy: command.startedBy } },
            { type: 'phase-started', data: { runId: command.runId, phase: 'prepare' } },
          ])
        : refuse(state, command);
    case 'pause-job':
      // Who asks for a pause wants one that does not end by itself.
      if (state.status === 'paused' && !(state.reason === 'storage_limit' && command.reason === 'requested'))
        return ok([]);
      return state.status === 'running' || state.status === 'paused'
        ? ok([
            {
              type: 'job-paused',
              data: { runId: state.run.runId, reason: command.reason, detail: command.detail },
            },
          ])
        : refuse(state, command);
    case 'resume-job':
      if (state.status === 'running') return ok([]);
      return state.status === 'paused'
        ? ok([{ type: 'job-resumed', data: { runId: state.run.runId } }])
        : refuse(state, command);
    case 'cancel-job':
      switch (state.status) {
        case 'created':
          return ok([{ type: 'job-cancelled', data: { runId: null, skipped: {} } }]);
        case 'running':
        case 'paused':
          return ok([{ type: 'job-cancelling', data: { runId: state.run.runId } }]);
        case 'cancelling':
        case 'cancelled':
          return ok([]);
        case 'none':
        case 'completed':
        case 'failed':
        case 'deleted':
          return refuse(state, command);
        default:
          return assertNever(state);
      }
    case 'delete-job':
      switch (state.status) {
        case 'created':
        case 'cancelled':
        case 'completed':
        case 'failed':
          return ok([{ type: 'job-deleted', data: {} }]);
        case 'none':
        case 'running':
        case 'paused':
        case 'cancelling':
        case 'deleted':
          return refuse(state, command);
        default:
          return assertNever(state);
      }
    case 'record-results':
      return state.status === 'running' || state.status === 'paused' || state.status === 'cancelling'
        ? ok(recordResults(state.run, command.reports, command.passesMax))
        : refuse(state, command);
    case 'start-phase':
      if (state.status !== 'running') return refuse(state, command);
      return ok(
        state.run.phase === command.phase
          ? []
          : [{ type: 'phase-started', data: { runId: state.run.runId, phase: command.phase } }],
      );
    case 'record-plan': {
      if (state.status !== 'running') return refuse(state, command);
      if (state.run.loading[command.object]) return ok([]);
      const { object, records, groups, batches } = command;
      return ok([{ type: 'object-planned', data: { runId: state.run.runId, object, records, groups, batches } }]);
    }
    case 'complete-run':
      return state.status === 'running'
        ? ok([{ type: 'job-completed', data: { runId: state.run.runId } }])
        : refuse(state, command);
    case 'fail-run':
      return state.status === 'running'
        ? ok([{ type: 'job-failed', data: { runId: state.run.runId, reason: command.reason, detail: command.detail } }])
        : refuse(state, command);
    case 'finish-cancel':
      return state.status === 'cancelling'
        ? ok([{ type: 'job-cancelled', data: { runId: state.run.runId, skipped: { ...command.skipped } } }])
        : refuse(state, command);
    default:
      return assertNever(command);
  }
};
