import { type JobView, jobView } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { describe, expect, it } from 'vitest';
import { createProgress, formatSeconds } from './progress.ts';

const none = { created: 0, updated: 0, merged: 0, unchanged: 0, skipped: 0, failed: 0 };
const at = '2026-01-01T00:00:00.000Z';

const job = (phase: JobView['phase'], read: number, created: number): JobView =>
  jobView.parse({
    id: newId(),
    name: 'The great move',
    status: 'running',
    phase,
    runId: null,
    source: { connectionId: newId(), system: 'affinity' },
    target: { connectionId: newId(), system: 'attio' },
    config: {
      objects: ['organizations'],
      policies: {
        organizations: { same: 'key', existing: 'match_and_keep' },
        persons: { same: 'key', existing: 'match_and_keep' },
      },
      lane: 'default',
    },
    totalRecords: read,
    processedRecords: created,
    failedRecords: 0,
    objects: { organizations: { ...none, read, readComplete: false, created } },
    statusReason: null,
    startedBy: null,
    createdAt: at,
    updatedAt: at,
    startedAt: at,
    completedAt: null,
    version: 1,
  });

const watch = (isTTY: boolean) => {
  let written = '';
  let clock = 0;
  const progress = createProgress({ isTTY, columns: 120, write: text => void (written += text) }, 1000, () => clock);
  return {
    show: (seconds: number, seen: JobView) => {
      clock = seconds * 1000;
      progress.show(seen);
    },
    say: (text: string) => progress.say(text),
    take: () => {
      const text = written;
      written = '';
      return text;
    },
  };
};

describe('the progress', () => {
  it('shows phase, records, rate and time left', () => {
    const screen = watch(true);
    screen.show(0, job('load', 1000, 100));
    screen.take();
    screen.show(2, job('load', 1000, 500));
    expect(screen.take()).toMatch(/load +█+░+ {2}1,000 read {2}500 of 1,000 moved {2}200\/s {2}about 3 s left$/);
  });

  it('does not guess the time left before anything was moved, nor takes reading for moving', () => {
    const screen = watch(true);
    screen.show(0, job('extract', 0, 0));
    screen.show(1, job('extract', 900, 0));
    expect(screen.take()).toMatch(/900 read {2}900\/s$/);
    screen.show(2, job('load', 1000, 10));
    expect(screen.take()).toMatch(/10 of 1,000 moved$/);
  });

  it('writes over its line on a terminal and leaves messages standing', () => {
    const screen = watch(true);
    screen.show(0, job('extract', 1, 0));
    screen.say('a notice');
    const clearLine = '\r\u001b[K';
    const [before, line, ...after] = screen.take().split(clearLine);
    expect([before, ...after]).toEqual(['', 'a notice\n']);
    expect(line).toContain('extract');
  });

  it('elsewhere writes a line every few seconds', () => {
    const screen = watch(false);
    for (let second = 0; second <= 10; second++) screen.show(second, job('extract', second, 0));
    const lines = screen.take().split('\n').filter(Boolean);
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain('\r');
  });

  it('names times so that they are read at a glance', () => {
    expect([4.4, 89, 617].map(formatSeconds)).toEqual(['4 s', '89 s', '10 min 17 s']);
  });
});
