import type { JobView } from '@freight/contracts';
import { countsOf } from './watchJob.ts';

/** Where progress is shown. */
export interface Screen {
  readonly isTTY: boolean;
  write(text: string): void;
  readonly columns: number;
}

export interface Progress {
  /** Something that happened, on a line of its own. */
  say(text: string): void;
  /** How far the job is; on a terminal the line is written over, elsewhere it comes every few seconds. */
  show(job: JobView): void;
  /** Leaves the live line standing and starts a new one. */
  end(): void;
}

/** Between two lines where nothing can be written over, milliseconds. */
const lineEveryMs = 5_000;
const barWidth = 20;
/** The rate is that of the last seconds, so that a slow start does not haunt the estimate. */
const rateWindowMs = 5_000;

export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** `45 s`, `3 min 20 s`. */
export const formatSeconds = (seconds: number): string => {
  const whole = Math.round(seconds);
  return whole < 90 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
};

interface Sample {
  readonly atMs: number;
  readonly steps: number;
  readonly isLoading: boolean;
}

/** @param total records that the source holds. @param now monotonic milliseconds. */
export const createProgress = (
  screen: Screen,
  total: number,
  now: () => number = () => performance.now(),
): Progress => {
  let samples: Sample[] = [];
  let isLive = false;
  let lastLineAt = Number.NEGATIVE_INFINITY;

  const clear = (): void => {
    if (isLive) screen.write('\r\u001b[K');
    isLive = false;
  };

  const lineOf = (job: JobView): string => {
    const { read, done } = countsOf(job);
    // What is counted changes with the first record that is moved, and with it the samples.
    const isLoading = done > 0;
    const steps = isLoading ? done : read;
    const last = samples.at(-1);
    if (last && last.isLoading !== isLoading) samples = [];
    samples = [...samples, { atMs: now(), steps, isLoading }].filter(sample => now() - sample.atMs <= rateWindowMs);
    const [first] = samples;
    const seconds = first ? (now() - first.atMs) / 1000 : 0;
    const perSecond = first && seconds > 0 ? (steps - first.steps) / seconds : 0;
    // Reading and loading are both work: a record is through when both are done.
    const share = total === 0 ? 1 : Math.min(1, (read + done) / (2 * total));
    const bar = '█'.repeat(Math.round(share * barWidth)).padEnd(barWidth, '░');
    // While it is read, nobody knows how fast it will be written.
    const left = isLoading && perSecond > 0 ? `about ${formatSeconds((total - done) / perSecond)} left` : '';
    const rate = perSecond > 0 ? `${formatCount(Math.round(perSecond))}/s` : '';
    return [
      `  ${(job.phase ?? job.status).padEnd(8)}${bar}`,
      `${formatCount(read)} read`,
      ...(isLoading ? [`${formatCount(done)} of ${formatCount(total)} moved`] : []),
      ...(rate ? [rate] : []),
      ...(left && share < 1 ? [left] : []),
    ].join('  ');
  };

  return {
    say: text => {
      clear();
      screen.write(`${text}\n`);
    },
    show: job => {
      const line = lineOf(job);
      if (screen.isTTY) {
        screen.write(`\r\u001b[K${line.slice(0, Math.max(20, screen.columns - 1))}`);
        isLive = true;
      } else if (now() - lastLineAt >= lineEveryMs) {
        lastLineAt = now();
        screen.write(`${line}\n`);
      }
    },
    end: () => {
      if (isLive) screen.write('\n');
      isLive = false;
    },
  };
};
