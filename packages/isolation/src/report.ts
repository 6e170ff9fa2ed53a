import { floors, type Recorder } from './attempt.ts';
import type { IsolationResult } from './run.ts';

/** The last line of `./freight isolation --json`. */
export interface IsolationSummary {
  readonly attempts: number;
  readonly leaks: number;
  /** Attempts that could not be carried out. */
  readonly unclear: number;
  readonly routesCovered: number;
  readonly routesTotal: number;
  readonly tablesCovered: number;
  readonly tablesTotal: number;
  readonly notTried: readonly string[];
  /** What stays on the platform. */
  readonly left: readonly string[];
  readonly seconds: number;
}

export const summarise = ({ record, left, seconds }: IsolationResult): IsolationSummary => {
  const count = (result: string) => record.attempts.filter(one => one.result === result).length;
  const [routes, tables] = [record.coverage('route'), record.coverage('table')];
  return {
    attempts: record.attempts.length,
    leaks: count('leak'),
    unclear: count('unclear'),
    routesCovered: routes.covered,
    routesTotal: routes.total,
    tablesCovered: tables.covered,
    tablesTotal: tables.total,
    notTried: record.skipped,
    left,
    seconds: Math.round(seconds * 10) / 10,
  };
};

/** Whether nothing leaked, everything was clear, and no route or table was left out. */
export const isSound = (summary: IsolationSummary): boolean =>
  summary.leaks === 0 &&
  summary.unclear === 0 &&
  summary.attempts > 0 &&
  summary.routesCovered === summary.routesTotal &&
  summary.tablesCovered === summary.tablesTotal;

const leaksShownMax = 40;

const floorLines = (record: Recorder): readonly string[] =>
  floors.flatMap(floor => {
    const own = record.attempts.filter(one => one.floor === floor);
    if (own.length === 0) return [];
    const count = (result: string) => own.filter(one => one.result === result).length;
    const cells = [own.length, count('held'), count('leak'), count('unclear')];
    return [`${floor.padEnd(10)}${cells.map(cell => String(cell).padStart(10)).join('')}`];
  });

/** The result for people. */
export const renderIsolation = (result: IsolationResult): string => {
  const { record } = result;
  const summary = summarise(result);
  const bad = record.attempts.filter(one => one.result !== 'held');
  const missing = [...record.coverage('route').missing, ...record.coverage('table').missing];
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', title, ...lines.map(line => `  ${line}`)];
  return [
    `${'floor'.padEnd(10)}${['attempts', 'held', 'leaks', 'unclear'].map(word => word.padStart(10)).join('')}`,
    ...floorLines(record),
    '',
    `routes ${summary.routesCovered} of ${summary.routesTotal}, tables ${summary.tablesCovered} of ${summary.tablesTotal}, ${summary.seconds} s`,
    ...section(
      'Leaks and what could not be judged',
      bad
        .slice(0, leaksShownMax)
        .flatMap(one => [
          `${one.result}: ${one.floor} ${one.name}: ${one.tried}`,
          `  expected: ${one.expected}`,
          `  seen: ${one.seen}`,
        ]),
    ),
    ...(bad.length > leaksShownMax ? [`  and ${bad.length - leaksShownMax} more`] : []),
    ...section('Not covered', missing),
    ...section('Not tried', record.skipped),
    ...section('Left on the platform', result.left),
    '',
    isSound(summary) ? 'No way across was found.' : 'NOT ISOLATED, or not proven to be.',
    '',
  ].join('\n');
};
