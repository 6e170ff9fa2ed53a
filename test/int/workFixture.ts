/**
 * What a test of moving records stands on: a database, both stand-ins for the CRMs, sealed connections, and jobs with batches as the job
 * service leaves them. Nothing runs until a test composes a service or claims a batch itself.
 */
import { rm } from 'node:fs/promises';
import { type JobConfig, jobConfig, type ObjectName, type WorkKind, type WorkMessage } from '@freight/contracts';
import { newId } from '@freight/kernel';
import {
  type AffinityRow,
  createSandboxClient,
  type LimitsInput,
  type SandboxClient,
  startSandbox,
  type WorkspaceInfo,
} from '@freight/sandbox';
import { createVault, openKeyDirectory, sealContexts, type Vault } from '@freight/vault';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';
import { createKeysDir } from '../harness/keys.ts';

/** A connection of a tenant, and the workspace that it leads to. */
export interface TestConnection {
  readonly id: string;
  readonly workspace: WorkspaceInfo;
}

/** A running job between two workspaces. */
export interface TestJob {
  readonly tenantId: string;
  readonly jobId: string;
  readonly runId: string;
  readonly source: TestConnection;
  readonly target: TestConnection;
}

/** A record as extraction would have staged it: only its id matters here, the rest is the record's own. */
export interface StagedRecord {
  readonly id: string;
}

export interface WorkFixture {
  readonly database: TestDatabase;
  readonly control: SandboxClient;
  readonly vault: Vault;
  readonly keysDir: string;
  /** The stand-ins' host and port, for the workers' list of allowed hosts. */
  readonly sandboxHost: string;
  tenant(settings?: Readonly<Record<string, number | string>>): Promise<string>;
  connection(tenantId: string, system: 'affinity' | 'attio', limits?: LimitsInput): Promise<TestConnection>;
  /** Another connection to a workspace that is there. */
  connect(tenantId: string, workspace: WorkspaceInfo): Promise<TestConnection>;
  /** A running job with connections of its own, or with those given. */
  job(options?: {
    readonly tenantId?: string;
    readonly config?: Partial<JobConfig>;
    readonly source?: TestConnection;
    readonly target?: TestConnection;
    readonly status?: string;
  }): Promise<TestJob>;
  /** Stages records with their groups' numbers: a record alone, or several that are the same one. */
  stage(
    job: TestJob,
    object: ObjectName,
    groups: readonly (StagedRecord | readonly StagedRecord[])[],
    keys?: readonly { readonly kind: 'same' | 'exclusive'; readonly key: Buffer; readonly sourceId: string }[],
  ): Promise<void>;
  /** A batch that was issued, and the message that says so. */
  batch(job: TestJob, kind: WorkKind, payload?: object): Promise<WorkMessage>;
  outcomes(job: TestJob): Promise<readonly StoredOutcome[]>;
  seedAffinity(connection: TestConnection, rows: readonly AffinityRow[]): Promise<void>;
  stop(): Promise<void>;
}

export interface StoredOutcome {
  readonly object: ObjectName;
  readonly source_id: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly target_id: string | null;
  readonly merged_into: string | null;
  readonly sealed_message: Buffer | null;
}

/** Who can own something at the target. */
const members = [
  { email: 'ines@birch.example', firstName: 'Ines', lastName: 'Holm' },
  { email: 'noor@birch.example', firstName: 'Noor', lastName: 'Amari' },
];

export const startWorkFixture = async (): Promise<WorkFixture> => {
  const database = await createTestDatabase();
  const { admin } = database;
  const keysDir = await createKeysDir();
  const vault = createVault(await openKeyDirectory(keysDir));
  const sandbox = await startSandbox();
  const control = createSandboxClient(sandbox.url);

  const connect: WorkFixture['connect'] = async (tenantId, workspace) => {
    const id = newId();
    const sealed = (await vault.of(tenantId)).seal(
      JSON.stringify({ apiKey: workspace.token }),
      sealContexts.credentials(tenantId, id),
    );
    await admin`
      insert into connections (tenant_id, id, name, system, base_url, created_at, updated_at)
      values (${tenantId}, ${id}, ${workspace.name}, ${workspace.kind}, ${`${sandbox.url}/${workspace.kind}`}, now(), now())`;
    await admin`
      insert into connection_secrets (tenant_id, connection_id, sealed, updated_at) values (${tenantId}, ${id}, ${sealed}, now())`;
    return { id, workspace };
  };

  const fixture: WorkFixture = {
    database,
    control,
    vault,
    keysDir,
    sandboxHost: new URL(sandbox.url).host,
    tenant: async (settings = {}) => {
      const id = newId();
      await admin`
        insert into tenants (id, name, slug, status, settings, version, created_at, updated_at)
        values (${id}, 'A tenant', ${`t-${id}`}, 'active',
          ${admin.json({ requestsPerSecond: 50, requestBurst: 100, batchesOutstandingMax: 8, ...settings })}, 1, now(), now())`;
      return id;
    },
    connect,
    connection: async (tenantId, system, limits = null) =>
      connect(
        tenantId,
        await control.createWorkspace({
          kind: system,
          name: 'Birch',
          limits,
          ...(system === 'attio' ? { options: { dealsEnabled: true, members } } : {}),
        } as never),
      ),
    job: async (options = {}) => {
      const tenantId = options.tenantId ?? (await fixture.tenant());
      const source = options.source ?? (await fixture.connection(tenantId, 'affinity'));
      const target = options.target ?? (await fixture.connection(tenantId, 'attio'));
      const [jobId, runId] = [newId(), newId()];
      await admin`
        insert into migration_jobs (tenant_id, id, name, source_connection_id, target_connection_id, source_system, target_system,
          status, phase, run_id, config, objects, created_at, updated_at, version)
        values (${tenantId}, ${jobId}, 'A job', ${source.id}, ${target.id}, 'affinity', 'attio', ${options.status ?? 'running'},
          'load', ${runId}, ${admin.json(jobConfig.parse({ ...options.config }))}, '{}', now(), now(), 1)`;
      return { tenantId, jobId, runId, source, target };
    },
    stage: async ({ tenantId, jobId, runId }, object, groups, keys = []) => {
      const own = await vault.of(tenantId);
      let ordinal = 0;
      const rows = groups.flatMap(group => {
        const members = Array.isArray(group) ? (group as readonly StagedRecord[]) : [group as StagedRecord];
        const groupOrdinal = ordinal + 1;
        return members.map(record => ({
          tenant_id: tenantId,
          job_id: jobId,
          run_id: runId,
          object,
          source_id: record.id,
          sealed: own.seal(JSON.stringify(record), sealContexts.record(tenantId, runId, object, record.id)),
          ordinal: ++ordinal,
          group_ordinal: groupOrdinal,
        }));
      });
      for (let at = 0; at < rows.length; at += 1000) {
        await admin`insert into staged_records ${admin(rows.slice(at, at + 1000))}`;
      }
      for (const { kind, key, sourceId } of keys) {
        await admin`
          insert into staged_keys (tenant_id, run_id, object, kind, key, source_id)
          values (${tenantId}, ${runId}, ${object}, ${kind}, ${key}, ${sourceId})`;
      }
    },
    batch: async ({ tenantId, jobId, runId }, kind, payload = {}) => {
      const batchId = newId();
      await admin`
        insert into batches (tenant_id, id, job_id, run_id, kind, object, seq, lane, payload, state, issue, issued_at)
        values (${tenantId}, ${batchId}, ${jobId}, ${runId}, ${kind}, ${(payload as { object?: string }).object ?? null}, 1000,
          'default', ${admin.json(payload as never)}, 'issued', 1, now())`;
      return { tenantId, jobId, batchId, kind, issue: 1 };
    },
    outcomes: async ({ tenantId, jobId }) =>
      admin<StoredOutcome[]>`
        select object, source_id, outcome, reason, target_id, merged_into, sealed_message from record_outcomes
        where tenant_id = ${tenantId} and job_id = ${jobId} order by object, length(source_id), source_id`,
    seedAffinity: async (connection, rows) => {
      await control.seed(connection.workspace.id, rows);
    },
    stop: async () => {
      await sandbox.stop();
      await database.drop();
      await rm(keysDir, { recursive: true, force: true });
    },
  };
  return fixture;
};

/** Puts a batch back into the queue under its next issue, as the dispatcher does. */
export const issueAgain = async (database: TestDatabase, message: WorkMessage): Promise<WorkMessage> => {
  const [row] = await database.admin<{ issue: number }[]>`
    update batches set state = 'issued', issue = issue + 1, issued_at = now()
    where tenant_id = ${message.tenantId} and id = ${message.batchId} and state in ('pending', 'issued', 'claimed') returning issue`;
  if (!row) throw new Error('That batch is done');
  return { ...message, issue: row.issue };
};
