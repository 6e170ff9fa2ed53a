import { objects, outcomes } from '@freight/contracts';
import { formatCount, formatSeconds } from './progress.ts';
import type { DemoResult, Merge } from './runDemo.ts';

/** The vendor's limit on writes. Source: Attio's documentation, "Rate limiting". */
const realWritesPerSecond = 25;
/** So many examples are interesting, more are a list. */
const examplesMax = 6;

/** Right-aligned columns, the first one left-aligned, below a line of titles. */
const table = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return rows.map(row =>
    `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}`.trimEnd(),
  );
};

const seconds = (value: number): string => `${value.toFixed(1)} s`;

const verdict = ({ summary, job }: DemoResult): string => {
  const moved = `${formatCount(summary.recordsRead)} records in ${formatSeconds(summary.seconds)}`;
  if (summary.ok) return `All there: ${moved}. None lost, none doubled, every relation kept.`;
  if (job.status !== 'completed') {
    const why = job.statusReason ? `: ${job.statusReason.code}, ${job.statusReason.detail}` : '';
    return `The job has not completed (${job.status}${why}).`;
  }
  return `Not all well: ${moved}. See below.`;
};

const outcomeTable = ({ summary }: DemoResult): string[] =>
  table([
    ['', 'read', ...outcomes],
    ...objects.map(object => {
      const counts = summary.objects[object];
      return [object, formatCount(counts.read), ...outcomes.map(outcome => formatCount(counts[outcome]))];
    }),
  ]);

const checks = ({ summary, miscounts }: DemoResult): string[] => {
  const line = (isWell: boolean, text: string): string => `  ${isWell ? '✓' : '✗'} ${text}`;
  const { lost, duplicates, relationsExpected, relationsFound, target } = summary;
  return [
    line(lost === 0, lost === 0 ? 'nothing lost' : `${formatCount(lost)} records lost`),
    line(duplicates === 0, duplicates === 0 ? 'nothing doubled' : `${formatCount(duplicates)} surplus target records`),
    line(
      relationsFound === relationsExpected,
      `${formatCount(relationsFound)} of ${formatCount(relationsExpected)} relations are kept`,
    ),
    ...(miscounts.length === 0 ? [line(true, 'all counts add up')] : miscounts.map(text => line(false, text))),
    `    The target holds ${formatCount(target.companies)} companies, ${formatCount(target.people)} people and ${formatCount(target.deals)} deals${
      target.autoCreated === 0 ? '' : `; ${formatCount(target.autoCreated)} companies made by Attio itself`
    }.`,
  ];
};

const trouble = ({ reconciliation, notMoved }: DemoResult): string[] => {
  const examples = (title: string, all: readonly string[]): string[] =>
    all.length === 0
      ? []
      : ['', title, ...all.slice(0, examplesMax).map(text => `  ${text}`), ...more(all.length - examplesMax)];
  return [
    ...examples('Lost', reconciliation.lost),
    ...examples('Surplus target records', reconciliation.duplicates),
    ...examples('Relations that are missing', reconciliation.relationsMissing),
    ...examples(
      'Not moved',
      notMoved.map(one => `${one.name}: ${one.outcome}, ${one.reason ?? ''} ${one.message ?? ''}`.trimEnd()),
    ),
  ];
};

const more = (count: number): string[] => (count > 0 ? [`  … and ${formatCount(count)} more`] : []);

const merged = (merges: readonly Merge[]): string[] => {
  if (merges.length === 0) return [];
  const lines = objects.flatMap(object => {
    const own = merges.filter(merge => merge.object === object);
    if (own.length === 0) return [];
    return [
      `  ${formatCount(own.length)} ${object}, for example:`,
      ...own.slice(0, examplesMax).map(({ name, into }) => (name === into ? `    ${name}` : `    ${name} → ${into}`)),
    ];
  });
  return ['', 'Merged: the same one twice, by a shared domain or address and a matching name', ...lines];
};

const whereTimeWent = ({ phases, used, summary }: DemoResult, processors: number): string[] => {
  const busy = used.reduce((sum, [, value]) => sum + value, 0);
  const lines = [
    '',
    'Where the time went',
    `  ${phases.map(([phase, value]) => `${phase} ${seconds(value)}`).join(' · ')}`,
  ];
  if (used.length === 0) return lines;
  const shares = used.filter(([, value]) => value / busy >= 0.02);
  return [
    ...lines,
    `  processor time: ${shares.map(([name, value]) => `${name} ${Math.round((100 * value) / busy)} %`).join(' · ')}`,
    `  ${processors} processors were ${Math.min(100, Math.round((100 * busy) / (summary.seconds * processors)))} % busy`,
  ];
};

const createdIn = (summary: DemoResult['summary']): number =>
  objects.reduce((sum, object) => sum + summary.objects[object].created, 0);

/** What held the job back, as far as measured: the limit when it was kept and used up, else the processors and their largest user. */
const bottleneck = ({ realLimits, used, summary, targetStats }: DemoResult, processors: number): string => {
  const busy = used.reduce((sum, [, value]) => sum + value, 0) / (summary.seconds * processors);
  const load = createdIn(summary);
  if (realLimits && load / summary.seconds > realWritesPerSecond * 0.6) {
    return `  Bottleneck: Attio's limit of ${realWritesPerSecond} writes a second (the busiest second saw ${targetStats.mostWritesInOneSecond}, its burst included; ${targetStats.limited} calls were refused).`;
  }
  const first = used[0]?.[0];
  if (first === undefined) return '  Bottleneck: not measured on this system.';
  if (busy > 0.75) return `  Bottleneck: the processors, and of them most went to ${first}.`;
  return `  Bottleneck: waiting between steps rather than the processors; the largest user of these was ${first}.`;
};

const limits = ({ realLimits, summary }: DemoResult): string[] => {
  if (realLimits) {
    return ['', "Limits: the vendors' own. Attio 25 writes and 100 reads a second, Affinity 900 calls a minute."];
  }
  const writes = createdIn(summary);
  return [
    '',
    'Limits: lifted at both stand-ins.',
    `  At Attio's real ${realWritesPerSecond} writes a second this takes ${formatSeconds(writes / realWritesPerSecond)} at least: see it with --real-limits.`,
  ];
};

/** The result for a person. Pure. @param processors that the machine gives us. */
export const renderReport = (result: DemoResult, processors: number): string =>
  [
    '',
    verdict(result),
    '',
    ...outcomeTable(result),
    '',
    'Checked by reading both CRMs again over their own APIs',
    ...checks(result),
    ...trouble(result),
    ...merged(result.merges),
    ...whereTimeWent(result, processors),
    bottleneck(result, processors),
    ...limits(result),
    '',
  ].join('\n');
