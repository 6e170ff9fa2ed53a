import {
  type CloudEvent,
  cloudEvent,
  type JobView,
  jobView,
  type ObjectName,
  objects,
  recordOutcomeView,
} from '@freight/contracts';
import type { SandboxStats } from '@freight/sandbox';
import { z } from 'zod';
import type { CrmData } from '../data/rows.ts';
import type { Platform } from '../platform/index.ts';
import type { FreightApi } from './freightApi.ts';
import { type Measured, readProcessorTimes, usedBetween } from './processorTime.ts';
import type { Progress } from './progress.ts';
import { readSource } from './readSource.ts';
import { readTarget } from './readTarget.ts';
import { type NotMoved, type Reconciliation, reconcile, type Source } from './reconcile.ts';
import { createWorkspaces, prepareJob, type Workspaces } from './setUp.ts';
import { type DemoSummary, summarise } from './summary.ts';
import { watchJob } from './watchJob.ts';

/** One record that shares another's target record. */
export interface Merge {
  readonly object: ObjectName;
  readonly name: string;
  readonly into: string;
}

/** Everything that the report tells. */
export interface DemoResult {
  readonly summary: DemoSummary;
  readonly miscounts: readonly string[];
  readonly reconciliation: Reconciliation;
  readonly job: JobView;
  readonly merges: readonly Merge[];
  readonly notMoved: readonly (NotMoved & { readonly name: string; readonly message: string | null })[];
  /** Seconds by phase, in order; the last one is the check. */
  readonly phases: readonly (readonly [string, number])[];
  /** Seconds of processor time by process while the job ran and was checked; empty where it cannot be measured. */
  readonly used: readonly (readonly [string, number])[];
  readonly targetStats: SandboxStats;
  readonly realLimits: boolean;
}

export interface DemoOptions {
  readonly data: CrmData;
  readonly realLimits: boolean;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Who is measured. The demo itself reads both CRMs again and maps the data, so it counts too. */
const measuredOf = (platform: Platform): Measured[] => {
  const { postgres, nats, redis } = platform.servers.handles;
  const servers = [
    { name: 'PostgreSQL', pid: postgres?.pid },
    { name: 'NATS', pid: nats?.pid },
    { name: 'Redis', pid: redis?.pid },
  ];
  // Several workers count as one: what matters is where the work is.
  const services = platform.services.map(({ name, pid }) => ({ name: name.replace(/-\d+$/, ''), pid }));
  return [...servers, ...services, { name: 'this demo', pid: process.pid }].flatMap(({ name, pid }) =>
    pid === undefined ? [] : [{ name, pid }],
  );
};

const eventPage = z.object({ items: z.array(cloudEvent), nextAfter: z.number(), hasMore: z.boolean() });

const readEvents = async (api: FreightApi, jobId: string): Promise<CloudEvent[]> => {
  const events: CloudEvent[] = [];
  for (let after = 0; ; ) {
    const page = await api.get(`/v1/jobs/${jobId}/events?limit=1000&after=${after}`, eventPage);
    events.push(...page.items);
    if (!page.hasMore) return events;
    after = page.nextAfter;
  }
};

/** Seconds from each phase's start, as the job's log has it, to the next one's. */
const phaseDurations = async (api: FreightApi, job: JobView, checkSeconds: number) => {
  const events = await readEvents(api, job.id);
  const starts = events.flatMap(event =>
    event.type.endsWith('.phase-started') ? [{ phase: String(event.data['phase']), at: Date.parse(event.time) }] : [],
  );
  const end = Date.parse(job.completedAt ?? job.updatedAt);
  return [
    ...starts.map(({ phase, at }, i) => [phase, ((starts[i + 1]?.at ?? end) - at) / 1000] as const),
    ['check', checkSeconds] as const,
  ];
};

const namesIn = (source: Source) => {
  const names = new Map<string, string>([
    ...source.organizations.map(one => [`organizations ${one.id}`, one.name] as const),
    ...source.persons.map(one => [`persons ${one.id}`, one.name] as const),
    ...source.opportunities.map(one => [`opportunities ${one.id}`, one.name] as const),
  ]);
  return (object: string, id: string | null): string => names.get(`${object} ${id ?? ''}`) ?? `${object} ${id ?? '?'}`;
};

/** Reads both CRMs again over their own APIs, and from Freight only what it says it did not move. */
const check = async (api: FreightApi, jobId: string, workspaces: Workspaces, signal: AbortSignal | undefined) => {
  const outcomesOf = (outcome: string) => api.list(`/v1/jobs/${jobId}/records?outcome=${outcome}`, recordOutcomeView);
  const [source, target, skipped, failed, merged, counts] = await Promise.all([
    readSource(workspaces.affinity.url, workspaces.affinity.token, signal),
    readTarget(workspaces.attio.url, workspaces.attio.token, signal),
    outcomesOf('skipped'),
    outcomesOf('failed'),
    outcomesOf('merged'),
    workspaces.sandbox.counts(workspaces.attio.id),
  ]);
  const notMoved = [...skipped, ...failed].map(({ object, sourceId, outcome, reason, message }) => ({
    object,
    sourceId,
    outcome: outcome === 'skipped' ? ('skipped' as const) : ('failed' as const),
    reason,
    message,
  }));
  return {
    source,
    target,
    notMoved,
    merged,
    autoCreated: counts['autoCreatedCompanies'] ?? 0,
    reconciliation: reconcile(source, target, notMoved),
  };
};

const countRows = (data: CrmData): number => Object.values(data).reduce((sum, rows) => sum + rows.length, 0);

/**
 * Moves the data on a platform that is up, and proves what became of it: fills the source, makes tenant, connections and job through the
 * API, starts the job, waits, reconciles.
 * @throws UserError where the platform refuses; InterruptedError when the signal comes.
 */
export const runDemo = async (platform: Platform, options: DemoOptions): Promise<DemoResult> => {
  const { data, progress, signal } = options;
  progress.say(`Filling the stand-in for Affinity with ${countRows(data)} records`);
  const workspaces = await createWorkspaces(platform.urls.sandbox, data, { realLimits: options.realLimits });
  progress.say('Creating a tenant, two connections and a job through the API');
  const { api, jobId } = await prepareJob(platform, workspaces, { signal });

  const before = readProcessorTimes(measuredOf(platform));
  const startedAt = performance.now();
  await api.post(`/v1/jobs/${jobId}/start`, undefined, jobView);
  progress.say(`Job ${jobId} has started`);
  const job = await watchJob(api, jobId, seen => progress.show(seen), signal);
  progress.end();

  progress.say('Reading both CRMs again and comparing');
  const checkedAt = performance.now();
  const { source, target, notMoved, merged, autoCreated, reconciliation } = await check(api, jobId, workspaces, signal);
  const endedAt = performance.now();
  const after = readProcessorTimes(measuredOf(platform));

  const nameOf = namesIn(source);
  return {
    ...summarise({ job, source, target, autoCreated, reconciliation, seconds: (endedAt - startedAt) / 1000 }),
    reconciliation,
    job,
    merges: objects.flatMap(object =>
      merged
        .filter(one => one.object === object)
        .map(one => ({ object, name: nameOf(object, one.sourceId), into: nameOf(object, one.mergedInto) })),
    ),
    notMoved: notMoved.map(one => ({ ...one, name: nameOf(one.object, one.sourceId) })),
    phases: await phaseDurations(api, job, (endedAt - checkedAt) / 1000),
    used: usedBetween(before, after),
    targetStats: await workspaces.sandbox.stats(workspaces.attio.id),
    realLimits: options.realLimits,
  };
};
