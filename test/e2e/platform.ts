/** A whole platform for an e2e test: the one that `./freight demo` brings up, with faster disks. */
import { join } from 'node:path';
import {
  type CrmData,
  createWorkspaces,
  generate,
  type PreparedJob,
  prepareJob,
  type Reconciliation,
  readSource,
  readTarget,
  reconcile,
  type Workspaces,
} from '@freight/cli/demo';
import { type Platform, type PlatformOptions, startPlatform } from '@freight/cli/platform';
import { type JobView, jobView, outcomes, type RecordOutcomeView, recordOutcomeView } from '@freight/contracts';
import { sleep } from '@freight/kernel';
import type { NatsServer } from '@freight/servers';
import postgres from 'postgres';

const root = join(import.meta.dirname, '../..');

export const startTestPlatform = (options: Partial<PlatformOptions> = {}): Promise<Platform> =>
  startPlatform({ root, dir: join(root, '.freight'), realLimits: false, durable: false, ...options });

/** The platform's own broker, for a test that looks inside it. */
export const privateNats = (platform: Platform): NatsServer => {
  const { nats } = platform.servers.handles;
  if (!nats) throw new Error('this platform has no NATS of its own');
  return nats;
};

/** A slice that is large enough for something to happen in the middle of it. */
export const slice = (organizations = 400, persons = 700): CrmData => generate({ seed: 7, organizations, persons });

export interface Move extends PreparedJob {
  readonly workspaces: Workspaces;
  start(): Promise<JobView>;
  read(): Promise<JobView>;
  /** Posts to one of the job's own actions. */
  act(action: 'start' | 'pause' | 'resume' | 'cancel'): Promise<JobView>;
  /** Waits for a condition of the job. @throws when it does not come in time. */
  until(what: string, condition: (job: JobView) => boolean, withinMs?: number): Promise<JobView>;
  outcomes(): Promise<readonly RecordOutcomeView[]>;
  /** Reads both CRMs over their own APIs and compares. */
  compare(): Promise<Reconciliation>;
}

let moves = 0;

/** A tenant of its own with two connections and a job, ready to start. */
export const prepareMove = async (platform: Platform, data: CrmData, realLimits = false): Promise<Move> => {
  const workspaces = await createWorkspaces(platform.urls.sandbox, data, { realLimits });
  const prepared = await prepareJob(platform, workspaces, { slug: `tenant-${++moves}` });
  const { api, jobId } = prepared;
  const read = () => api.get(`/v1/jobs/${jobId}`, jobView);
  const act: Move['act'] = action => api.post(`/v1/jobs/${jobId}/${action}`, undefined, jobView);
  const listOutcomes = async () => {
    const all: RecordOutcomeView[] = [];
    for (const outcome of outcomes) {
      all.push(...(await api.list(`/v1/jobs/${jobId}/records?outcome=${outcome}`, recordOutcomeView)));
    }
    return all;
  };
  return {
    ...prepared,
    workspaces,
    read,
    act,
    start: () => act('start'),
    until: async (what, condition, withinMs = 120_000) => {
      const deadline = performance.now() + withinMs;
      for (;;) {
        // A gateway that is just coming back refuses connections for a moment.
        const job = await read().catch(() => undefined);
        if (job && condition(job)) return job;
        if (performance.now() > deadline) {
          throw new Error(`Waited ${withinMs} ms for: ${what}. The job is ${JSON.stringify(job)}`);
        }
        await sleep(50);
      }
    },
    outcomes: listOutcomes,
    compare: async () => {
      const { affinity, attio } = workspaces;
      const [source, target, all] = await Promise.all([
        readSource(affinity.url, affinity.token),
        readTarget(attio.url, attio.token),
        listOutcomes(),
      ]);
      const notMoved = all.flatMap(one =>
        one.outcome === 'skipped' || one.outcome === 'failed'
          ? [{ object: one.object, sourceId: one.sourceId, outcome: one.outcome, reason: one.reason }]
          : [],
      );
      return reconcile(source, target, notMoved);
    },
  };
};

/** Records that have an outcome. */
export const processed = (job: JobView): number => job.processedRecords;

/** A superuser's look at the platform's database. */
export const openAdmin = (platform: Platform): postgres.Sql =>
  postgres(platform.database.admin, {
    max: 2,
    onnotice: () => {},
    ...(platform.caFile === undefined ? {} : { ssl: platform.database.tls.optionsFor('127.0.0.1') }),
  });
