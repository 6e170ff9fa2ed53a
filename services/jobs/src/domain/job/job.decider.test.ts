import { type JobEvent, jobEvents, objects } from '@freight/contracts';
import { fold } from '@freight/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchReport, JobCommand } from './commands.ts';
import { jobDecider } from './decider.ts';
import { batchId, commands, historyOf, jobAfter, runId } from './job.testkit.ts';
import { noOutcomes, totals } from './progress.ts';

const given = (events: readonly JobEvent[]) => ({
  when: (command: JobCommand) => {
    const decided = jobDecider.decide(command, jobAfter(events));
    if (!decided.ok) throw new Error(decided.error.code);
    return decided.value;
  },
});

const listed = (staged: number, seen: number, endOfPass: boolean): JobCommand => ({
  type: 'record-results',
  passesMax: 3,
  reports: [
    { batchId, kind: 'extract', object: 'organizations', staged, counts: noOutcomes, extraction: { seen, endOfPass } },
  ],
});

const passesOf = (events: readonly JobEvent[]) =>
  events.flatMap(event => (event.type === 'extraction-pass-completed' ? [event.data] : []));

describe('extraction', () => {
  it('goes on with another pass while a pass finds something new', () => {
    const first = given(historyOf.running).when(listed(7, 7, true));
    expect(passesOf(first)).toMatchObject([{ pass: 1, seen: 7, added: 7, stable: false, last: false }]);
  });

  it('is complete when a whole pass finds nothing new', () => {
    const first = given(historyOf.running).when(listed(7, 7, true));
    const second = given([...historyOf.running, ...first]).when(listed(0, 7, true));
    expect(passesOf(second)).toMatchObject([{ pass: 2, added: 0, stable: true, last: true }]);
  });

  it('counts what all batches of a pass staged, not only the last one', () => {
    const first = given(historyOf.running).when(listed(5, 5, false));
    const second = given([...historyOf.running, ...first]).when(listed(0, 9, true));
    expect(passesOf(second)).toMatchObject([{ pass: 1, added: 5, stable: false }]);
  });

  it('ends after the allowed number of passes and says that the set was not stable', () => {
    let history = historyOf.running;
    for (let pass = 1; pass <= 3; pass++) history = [...history, ...given(history).when(listed(1, pass, true))];
    expect(passesOf(history).at(-1)).toMatchObject({ pass: 3, stable: false, last: true });
  });

  it('of an empty object is complete after one pass', () => {
    expect(passesOf(given(historyOf.running).when(listed(0, 0, true)))).toMatchObject([{ stable: true, last: true }]);
  });
});

const anyCommand: fc.Arbitrary<JobCommand> = fc.oneof(
  ...Object.values(commands).map(command => fc.constant<JobCommand>(command)),
  fc
    .record({
      kind: fc.constantFrom('prepare', 'extract', 'load', 'settle'),
      object: fc.constantFrom(...objects),
      staged: fc.nat(50),
      created: fc.nat(50),
      failed: fc.nat(50),
      endOfPass: fc.boolean(),
    })
    .map(({ kind, object, staged, created, failed, endOfPass }): JobCommand => {
      const hasObject = kind === 'extract' || kind === 'load';
      const report: BatchReport = {
        batchId,
        kind,
        object: hasObject ? object : null,
        staged: kind === 'extract' ? staged : 0,
        counts: kind === 'load' ? { ...noOutcomes, created, failed } : noOutcomes,
        extraction: kind === 'extract' ? { seen: staged, endOfPass } : null,
      };
      return { type: 'record-results', reports: [report], passesMax: 4 };
    }),
);

/** Runs commands one after the other, keeping what was accepted. */
const historyAfter = (sequence: readonly JobCommand[]): readonly JobEvent[] => {
  let state = jobDecider.initialState;
  const events: JobEvent[] = [];
  for (const command of sequence) {
    const decided = jobDecider.decide(command, state);
    if (!decided.ok) continue;
    events.push(...decided.value);
    state = fold(jobDecider, state, decided.value);
  }
  return events;
};

describe('whatever is asked of a job, in any order', () => {
  it('writes only events that the contract knows and can read again', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 40 }), sequence => {
        for (const event of historyAfter([commands['create-job'], ...sequence])) {
          expect(jobEvents[event.type].parse(JSON.parse(JSON.stringify(event.data)))).toEqual(event.data);
        }
      }),
    );
  });

  it('is the same job when folded in one go, in pieces, and from a state that went through JSON', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 40 }), fc.nat(60), (sequence, cut) => {
        const events = historyAfter([commands['create-job'], ...sequence]);
        const whole = jobAfter(events);
        const half = JSON.parse(JSON.stringify(jobAfter(events.slice(0, cut))));
        expect(fold(jobDecider, half, events.slice(cut))).toEqual(whole);
      }),
    );
  });

  it('counts as processed exactly the outcomes that its batches reported', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 40 }), sequence => {
        const events = historyAfter([commands['create-job'], commands['start-job'], ...sequence]);
        const state = jobAfter(events);
        if (!('run' in state) || !state.run) return;
        const reported = events.reduce((sum, event) => {
          if (event.type === 'batch-completed') return sum + event.data.counts.created + event.data.counts.failed;
          return event.type === 'job-cancelled' ? sum + (event.data.skipped.persons ?? 0) : sum;
        }, 0);
        expect(totals(state.run.progress).processed).toBe(reported);
      }),
    );
  });

  it('never leaves a final status but by deletion', () => {
    const final = new Set(['cancelled', 'completed', 'failed']);
    fc.assert(
      fc.property(fc.constantFrom('cancelled', 'completed', 'failed'), anyCommand, (status, command) => {
        const decided = jobDecider.decide(command, jobAfter(historyOf[status]));
        if (!decided.ok) return;
        const after = fold(jobDecider, jobAfter(historyOf[status]), decided.value);
        expect(final.has(after.status) || after.status === 'deleted').toBe(true);
      }),
    );
  });
});

describe('an event that does not fit', () => {
  it('changes nothing', () => {
    const completed: JobEvent = {
      type: 'batch-completed',
      data: { runId, batchId, kind: 'load', object: 'persons', staged: 0, counts: noOutcomes },
    };
    expect(jobDecider.evolve(jobDecider.initialState, completed)).toBe(jobDecider.initialState);
    const created = jobAfter(historyOf.created);
    expect(jobDecider.evolve(created, { type: 'job-resumed', data: { runId } })).toBe(created);
  });
});
