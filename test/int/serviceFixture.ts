/**
 * Job services and workers in this process, over the work fixture and a nats-server of their own: streams and durables have fixed names, so
 * that two test files on one broker would take each other's work.
 */
import { join } from 'node:path';
import { type Bus, connectBus } from '@freight/bus';
import type { CommandReply, JobView, jobCommands } from '@freight/contracts';
import { compose as composeJobs, readConfig as readJobsConfig } from '@freight/jobs/compose';
import { newId } from '@freight/kernel';
import { createLogger, type RunningService, runStopSteps } from '@freight/runtime';
import { type NatsServer, startNats } from '@freight/servers';
import { compose as composeWorkers, readConfig as readWorkersConfig } from '@freight/workers/compose';
import { inject } from 'vitest';
import { until } from './until.ts';
import { startWorkFixture, type TestConnection, type TestJob, type WorkFixture } from './workFixture.ts';

type Env = Readonly<Record<string, string>>;

/** A service that a test may stop; otherwise the fixture does. */
export interface TestService {
  /** Resolves when the service asks to be started anew. */
  readonly ended: Promise<void> | undefined;
  stop(): Promise<void>;
}

export interface ServiceFixture {
  readonly work: WorkFixture;
  readonly nats: NatsServer;
  readonly bus: Bus;
  /** Everything that the services logged. */
  readonly logs: string[];
  jobs(env?: Env): Promise<TestService>;
  worker(env?: Env): Promise<TestService>;
  /** Records a command and publishes it, as the gateway does, and waits for its reply. */
  command(
    tenantId: string,
    type: keyof typeof jobCommands,
    body: Readonly<Record<string, unknown>>,
  ): Promise<CommandReply>;
  /** A job that was created and started by commands. */
  startJob(options?: {
    readonly tenantId?: string;
    readonly source?: TestConnection;
    readonly target?: TestConnection;
  }): Promise<TestJob>;
  view(
    job: TestJob,
  ): Promise<Pick<JobView, 'status' | 'objects' | 'statusReason' | 'totalRecords' | 'processedRecords'>>;
  untilStatus(job: TestJob, status: string, withinMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export const startServiceFixture = async (): Promise<ServiceFixture> => {
  const work = await startWorkFixture();
  const nats = await startNats({ dir: join(import.meta.dirname, '../../.freight'), durable: false });
  const bus = await connectBus({
    url: nats.url,
    // Replies come to the gateway's inbox, and to no other.
    service: 'gateway',
    credentialsFile: nats.credentials.admin,
    name: 'test',
    replicas: 1,
    onStatus: () => {},
  });
  const logs: string[] = [];
  const logger = createLogger({ service: 'test', level: 'debug', destination: { write: line => logs.push(line) } });
  const running = new Set<TestService>();

  const common = (service: 'jobs' | 'workers') => ({
    FREIGHT_ENVIRONMENT: 'test',
    FREIGHT_DATABASE_URL: work.database.url(`freight_${service}`),
    FREIGHT_DATABASE_POOL_MAX: '8',
    FREIGHT_NATS_URL: nats.url,
    FREIGHT_NATS_CREDENTIALS_FILE: nats.credentials[service],
    FREIGHT_HEALTH_PORT: '0',
    FREIGHT_HEALTH_HOST: '127.0.0.1',
  });
  const keep = (composed: RunningService): TestService => {
    const service: TestService = {
      ended: composed.ended,
      stop: async () => {
        if (running.delete(service)) await runStopSteps(composed.stopSteps, logger);
      },
    };
    running.add(service);
    return service;
  };

  const fixture: ServiceFixture = {
    work,
    nats,
    bus,
    logs,
    jobs: async env =>
      keep(
        await composeJobs(readJobsConfig({ ...common('jobs'), FREIGHT_DISPATCH_POLL_MS: '50', ...env }), {
          logger,
        }),
      ),
    worker: async env =>
      keep(
        await composeWorkers(
          readWorkersConfig({
            ...common('workers'),
            FREIGHT_REDIS_URL: inject('servers').redisUrl,
            FREIGHT_KEYS_DIR: work.keysDir,
            FREIGHT_ALLOWED_HOSTS: work.sandboxHost,
            FREIGHT_ATTIO_WRITES_PER_SECOND: '0',
            FREIGHT_ATTIO_READS_PER_SECOND: '0',
            FREIGHT_AFFINITY_CALLS_PER_MINUTE: '0',
            ...env,
          }),
          { logger },
        ),
      ),
    command: async (tenantId, type, body) => {
      const id = newId();
      await work.database.admin`
        insert into commands (tenant_id, id, service, type, subject_tenant_id, fingerprint, sealed)
        values (${tenantId}, ${id}, 'jobs', ${type}, ${tenantId}, ${Buffer.alloc(1)}, ${Buffer.alloc(1)})`;
      const answered = bus.awaitReply(id, 10_000);
      const actor = { kind: 'api-key', id: 'key' } as const;
      const issuedAt = new Date().toISOString();
      await bus.publishCommand({ id, type, tenantId, callerTenantId: tenantId, actor, issuedAt, body }, 'jobs');
      const reply = await answered;
      if (!reply) throw new Error(`no reply to ${type}`);
      return reply;
    },
    startJob: async (options = {}) => {
      const tenantId = options.tenantId ?? (await work.tenant());
      const source = options.source ?? (await work.connection(tenantId, 'affinity'));
      const target = options.target ?? (await work.connection(tenantId, 'attio'));
      const [jobId, runId] = [newId(), newId()];
      const request = { name: 'A job', source: { connectionId: source.id }, target: { connectionId: target.id } };
      const replies = [
        await fixture.command(tenantId, 'create-job', { jobId, request }),
        await fixture.command(tenantId, 'start-job', { jobId, runId }),
      ];
      if (replies.some(reply => reply.status >= 300)) throw new Error(`refused: ${JSON.stringify(replies)}`);
      return { tenantId, jobId, runId, source, target };
    },
    view: async ({ jobId }) => {
      const [row] = await work.database.admin`
        select status, objects, status_reason as "statusReason", total_records::int as "totalRecords",
          processed_records::int as "processedRecords" from migration_jobs where id = ${jobId}`;
      return row as unknown as Awaited<ReturnType<ServiceFixture['view']>>;
    },
    untilStatus: async (job, status, withinMs = 20_000) => {
      await until(`the job is ${status}`, async () => (await fixture.view(job)).status === status, withinMs).catch(
        async (error: unknown) => {
          throw new Error(`${String(error)}; it is ${JSON.stringify(await fixture.view(job))}`);
        },
      );
    },
    stop: async () => {
      for (const service of [...running].toReversed()) await service.stop();
      await bus.close();
      await nats.stop();
      await work.stop();
    },
  };
  return fixture;
};
