import type { BenchRow } from './row.ts';

export interface BenchSurroundings {
  /** The project's root. */
  readonly root: string;
  /** The data folder; everything private is made below it. */
  readonly dir: string;
  /** For people who wait. */
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Brings up what it needs, measures, and puts it away again. Each row comes as soon as it is measured. */
export type Bench = (around: BenchSurroundings) => AsyncIterable<BenchRow>;
