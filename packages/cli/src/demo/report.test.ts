import { describe, expect, it } from 'vitest';
import { renderReport } from './report.ts';
import type { DemoResult } from './runDemo.ts';

const none = { read: 0, created: 0, updated: 0, merged: 0, unchanged: 0, skipped: 0, failed: 0 };

const result = (changes: { summary?: object } & Partial<Omit<DemoResult, 'summary'>> = {}): DemoResult => {
  const { summary, ...rest } = changes;
  return {
    summary: {
      ok: true,
      jobId: 'job',
      recordsRead: 1500,
      objects: {
        organizations: { ...none, read: 500, created: 498, merged: 2 },
        persons: { ...none, read: 1000, created: 1000 },
        opportunities: none,
      },
      target: { companies: 498, people: 1000, deals: 0, autoCreated: 0 },
      lost: 0,
      duplicates: 0,
      relationsExpected: 900,
      relationsFound: 900,
      seconds: 10,
      recordsPerSecond: 150,
      ...summary,
    },
    miscounts: [],
    reconciliation: {
      lost: [],
      duplicates: [],
      relationsExpected: 900,
      relationsFound: 900,
      relationsMissing: [],
      marked: { companies: 498, people: 1000, deals: 0 },
    },
    job: { status: 'completed', statusReason: null } as DemoResult['job'],
    merges: [{ object: 'organizations', name: 'Alpha before', into: 'Alpha' }],
    notMoved: [],
    phases: [
      ['extract', 2],
      ['load', 7.5],
    ],
    used: [
      ['workers', 12],
      ['PostgreSQL', 6],
    ],
    targetStats: { requests: 0, limited: 0, mostWritesInOneSecond: 25 } as DemoResult['targetStats'],
    realLimits: false,
    ...rest,
  };
};

describe('the report', () => {
  it('says that all is well, what was merged, where the time went and which limits applied', () => {
    const text = renderReport(result(), 2);
    for (const words of ['None lost, none doubled', '900 of 900 relations', 'Alpha before → Alpha', 'load 7.5 s']) {
      expect(text).toContain(words);
    }
    expect(text).toMatch(/organizations +500 +498 +0 +2/);
    expect(text).toContain('the processors, and of them most went to workers');
    expect(text).toContain('Limits: lifted');
  });

  it('says what is wrong, with examples', () => {
    const text = renderReport(
      result({
        summary: { ok: false, lost: 9, relationsFound: 899 },
        miscounts: ['500 organizations were read, and the source holds 501'],
        reconciliation: { ...result().reconciliation, lost: Array.from({ length: 9 }, (_, i) => `persons ${i + 1}`) },
        notMoved: [
          {
            object: 'persons',
            sourceId: '7',
            outcome: 'failed',
            reason: 'target_validation',
            name: 'Noor',
            message: 'bad',
          },
        ],
      }),
      2,
    );
    for (const words of [
      '✗ 9 records lost',
      '✗ 899 of 900',
      'the source holds 501',
      'persons 6',
      '… and 3 more',
      'Noor: failed, target_validation bad',
    ]) {
      expect(text).toContain(words);
    }
    expect(text).not.toContain('None lost');
  });

  it('says why a job did not complete', () => {
    const job = {
      status: 'failed',
      statusReason: { code: 'prepare_failed', detail: 'the key was revoked' },
    } as DemoResult['job'];
    expect(renderReport(result({ summary: { ok: false }, job }), 2)).toContain(
      'failed: prepare_failed, the key was revoked',
    );
  });

  it('names the real limit as the bottleneck where it was kept and used up', () => {
    const text = renderReport(result({ summary: { seconds: 62 }, realLimits: true, used: [['workers', 5]] }), 2);
    expect(text).toContain("Bottleneck: Attio's limit of 25 writes a second");
  });
});
