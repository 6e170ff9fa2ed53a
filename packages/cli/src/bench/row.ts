/** One measured comparison, as `./freight bench` prints it. */
export interface BenchRow {
  /** What was measured, with its unit. */
  readonly name: string;
  /** What it stands beside. */
  readonly beside: string;
  readonly ours: number;
  readonly theirs: number;
  /** ours / theirs */
  readonly ratio: number;
  /** What is promised, in words. */
  readonly mark: string;
  readonly met: boolean;
  /** The smallest and the largest ratio of the rounds. */
  readonly spread: readonly [number, number];
}

/** The value below which a share of the samples lies. @throws RangeError for no samples. */
export const percentile = (samples: readonly number[], share: number): number => {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('There is no percentile of nothing');
  return value;
};

/** One turn at both sides, right after each other. */
export interface Round {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

const rounded = (value: number): number => Number(value.toPrecision(4));

/**
 * Compares a percentile of each round, by the median of the rounds: what else the machine does for a moment falls upon a round, not upon all.
 * @param isMet judges ours against theirs, not rounded.
 */
export const compare = (
  facts: Pick<BenchRow, 'name' | 'beside' | 'mark'>,
  rounds: readonly Round[],
  share: number,
  isMet: (ours: number, theirs: number) => boolean,
): BenchRow => {
  const each = rounds.map(round => ({ ours: percentile(round.ours, share), theirs: percentile(round.theirs, share) }));
  const ours = percentile(
    each.map(one => one.ours),
    0.5,
  );
  const theirs = percentile(
    each.map(one => one.theirs),
    0.5,
  );
  const ratios = each.map(one => one.ours / one.theirs);
  return {
    ...facts,
    ours: rounded(ours),
    theirs: rounded(theirs),
    ratio: rounded(ours / theirs),
    met: isMet(ours, theirs),
    spread: [rounded(Math.min(...ratios)), rounded(Math.max(...ratios))],
  };
};
