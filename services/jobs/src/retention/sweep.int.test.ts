import { newId } from '@freight/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/harness/database.ts';
import { type RetentionOptions, startRetention, sweepAll } from './sweeper.ts';
import type { SweptTable } from './sweepTenant.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const tables = [
  'commands',
  'staged_keys',
  'staged_records',
  'record_outcomes',
  'run_agreements',
  'record_ids',
] as const;

const tenant = async (settings: object): Promise<string> => {
  const id = newId();
  await database.admin`
    insert into tenants (id, name, slug, status, settings, version, created_at, updated_at)
    values (${id}, 'A tenant', ${id.slice(-12)}, 'active', ${database.admin.json(settings as never)}, 1, now(), now())`;
  return id;
};

const command = (tenantId: string, state: 'pending' | 'done', daysAgo: number) => database.admin`
  insert into commands (tenant_id, id, service, type, subject_tenant_id, fingerprint, sealed, state, created_at, replied_at)
  values (${tenantId}, ${newId()}, 'jobs', 'x', ${tenantId}, '\\x00', '\\x00', ${state}, now() - make_interval(days => ${daysAgo}),
    ${state === 'done' ? database.admin`now() - make_interval(days => ${daysAgo})` : null})`;

/** A run with some rows of every kind; `endedDaysAgo` null: it is still going on. */
const run = async (tenantId: string, endedDaysAgo: number | null, records: number): Promise<string> => {
  const [jobId, runId] = [newId(), newId()];
  const { admin } = database;
  await admin`
    insert into migration_jobs (tenant_id, id, name, source_connection_id, target_connection_id, source_system, target_system, status,
      run_id, config, objects, created_at, updated_at, version)
    values (${tenantId}, ${jobId}, 'A job', ${newId()}, ${newId()}, 'affinity', 'attio', 'running', ${runId}, '{}', '{}', now(), now(), 1)`;
  await admin`
    insert into runs (tenant_id, job_id, id, kind, status, phase, started_at, ended_at)
    values (${tenantId}, ${jobId}, ${runId}, 'full', ${endedDaysAgo === null ? 'active' : 'completed'}, 'load',
      now() - interval '100 days', ${endedDaysAgo === null ? null : admin`now() - make_interval(days => ${endedDaysAgo})`})`;
  await admin`
    insert into staged_records (tenant_id, job_id, run_id, object, source_id, sealed)
    select ${tenantId}, ${jobId}, ${runId}, 'persons', n::text, '\\x00' from generate_series(1, ${records}) n`;
  await admin`
    insert into staged_keys (tenant_id, run_id, object, kind, key, source_id)
    select ${tenantId}, ${runId}, 'persons', 'same', '\\x00', n::text from generate_series(1, ${records}) n`;
  await admin`
    insert into record_outcomes (tenant_id, job_id, run_id, object, source_id, outcome)
    select ${tenantId}, ${jobId}, ${runId}, 'persons', n::text, 'created' from generate_series(1, ${records}) n`;
  await admin`
    insert into record_ids (tenant_id, job_id, object, source_id, state, batch_id, fence)
    select ${tenantId}, ${jobId}, 'persons', n::text, 'done', ${newId()}, 1 from generate_series(1, ${records}) n`;
  await admin`insert into run_agreements (tenant_id, run_id, sealed) values (${tenantId}, ${runId}, '\\x00')`;
  return runId;
};

const counts = async (tenantId: string) =>
  Object.fromEntries(
    await Promise.all(
      tables.map(async table => {
        const [row] = await database.admin<{ n: number }[]>`
          select count(*)::int as n from ${database.admin(table)} where tenant_id = ${tenantId}`;
        return [table, row?.n] as const;
      }),
    ),
  );

const optionsOf = (more: Partial<RetentionOptions> = {}): RetentionOptions => ({
  db: database.open('freight_jobs'),
  defaultDays: 30,
  everyMs: 50,
  rowsPerTransaction: 3,
  onRemoved: () => {},
  onError: error => {
    throw error;
  },
  ...more,
});
const sweep = (more?: Partial<RetentionOptions>) => sweepAll(optionsOf(more), new AbortController().signal);

describe('retention', () => {
  it('removes what is older than its tenant keeps, and of nothing else a row', async () => {
    const [short, usual] = [await tenant({ retentionDays: 10 }), await tenant({})];
    for (const id of [short, usual]) {
      for (const days of [5, 20, 40]) {
        await command(id, 'done', days);
        await run(id, days, 7);
      }
    }
    await sweep();
    const kept = (runs: number) => ({
      commands: runs,
      staged_keys: 7 * runs,
      staged_records: 7 * runs,
      record_outcomes: 7 * runs,
      run_agreements: runs,
      record_ids: 21,
    });
    expect(await counts(short)).toEqual(kept(1));
    expect(await counts(usual)).toEqual(kept(2));
  });

  it('keeps pending commands and runs that have not ended, however old', async () => {
    const id = await tenant({ retentionDays: 1 });
    await command(id, 'pending', 50);
    await run(id, null, 4);
    const before = await counts(id);
    await sweep();
    expect(await counts(id)).toEqual(before);
  });

  it('keeps for good where nobody said otherwise and the deployment says 0; a tenant may say otherwise', async () => {
    const [forGood, short] = [await tenant({}), await tenant({ retentionDays: 10 })];
    for (const id of [forGood, short]) await command(id, 'done', 4000);
    await sweep({ defaultDays: 0 });
    expect([(await counts(forGood))['commands'], (await counts(short))['commands']]).toEqual([1, 0]);
    await sweep({ defaultDays: 3650 });
    expect((await counts(forGood))['commands']).toBe(0);
  });

  it('by several at once removes each row once, and counts it', async () => {
    const id = await tenant({ retentionDays: 1 });
    await run(id, 5, 50);
    const removed: Partial<Record<SweptTable, number>> = {};
    const onRemoved = (table: SweptTable, rows: number) => {
      removed[table] = (removed[table] ?? 0) + rows;
    };
    await Promise.all([sweep({ onRemoved }), sweep({ onRemoved }), sweep({ onRemoved })]);
    expect(removed).toEqual({ staged_keys: 50, staged_records: 50, record_outcomes: 50, run_agreements: 1 });
  });

  it('that goes wrong for one tenant goes on with the others', async () => {
    const [broken, other] = [await tenant({ retentionDays: 1 }), await tenant({ retentionDays: 1 })];
    for (const id of [broken, other]) await command(id, 'done', 5);
    const db = database.open('freight_jobs');
    const failed: (string | undefined)[] = [];
    await sweep({
      db: {
        ...db,
        withTenantAs: (role, id, work) =>
          id === broken ? Promise.reject(new Error('broken')) : db.withTenantAs(role, id, work),
      },
      onError: (_, id) => failed.push(id),
    });
    expect(failed).toEqual([broken]);
    expect((await counts(other))['commands']).toBe(0);
  });

  it('is done now and then by one of all services, and ends when it is told to', async () => {
    const id = await tenant({ retentionDays: 1 });
    await command(id, 'done', 5);
    const services = [1, 2].map(() => startRetention(optionsOf()));
    await expect.poll(async () => (await counts(id))['commands']).toBe(0);
    await Promise.all(services.map(one => one.stop()));
  });
});
