import type { AffinityRow } from '@freight/sandbox';
import { sealContexts } from '@freight/vault';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorkFixture, type TestJob, type WorkFixture } from '../../../../test/int/workFixture.ts';
import { runExtract } from './extract.ts';
import { runLoad } from './load.ts';
import { createTestWorker, type TestBatch, type TestWorker } from './pipeline.testkit.ts';
import { runPrepare } from './prepare.ts';

let fixture: WorkFixture;
let worker: TestWorker;
const newWorker = () =>
  createTestWorker({
    db: fixture.database.open('freight_workers'),
    vault: fixture.vault,
    allowedHost: fixture.sandboxHost,
  });
beforeAll(async () => {
  fixture = await startWorkFixture();
  worker = newWorker();
});
afterAll(() => fixture.stop());

const run = async (job: TestJob, kind: 'prepare' | 'extract' | 'load', payload: object, by = worker): Promise<void> => {
  const work = {
    prepare: (batch: TestBatch) => runPrepare(batch.context),
    extract: (batch: TestBatch) => runExtract(batch.context),
    load: (batch: TestBatch) => runLoad(batch.context),
  }[kind];
  const batch = await by.take(await fixture.batch(job, kind, payload));
  try {
    await work(batch);
  } finally {
    batch.tenure.end();
  }
};

const option = (id: number, text: string) => ({ id, text, rank: id, color: 0 });
const fields: readonly AffinityRow[] = [
  { kind: 'field', id: 1, name: 'LinkedIn URL', entity_type: 1, value_type: 6 },
  {
    kind: 'field',
    id: 2,
    name: 'Industry',
    entity_type: 1,
    value_type: 2,
    allows_multiple: true,
    dropdown_options: [option(1, 'SaaS'), option(2, 'Health')],
  },
  { kind: 'field', id: 3, name: 'Employees', entity_type: 1, value_type: 3 },
  { kind: 'field', id: 4, name: 'Founded', entity_type: 1, value_type: 4 },
  { kind: 'field', id: 5, name: 'Location', entity_type: 1, value_type: 5 },
  { kind: 'field', id: 6, name: 'Phone Number', entity_type: 0, value_type: 6 },
  { kind: 'field', id: 7, name: 'Boards', entity_type: 0, value_type: 1, allows_multiple: true },
];
const records: readonly AffinityRow[] = [
  {
    kind: 'organization',
    id: 5,
    name: 'Quayside',
    domains: ['quayside.com'],
    values: {
      1: 'https://linkedin.com/company/quayside',
      2: ['SaaS', 'Health'],
      3: 12.5,
      4: '2024-04-01T07:00:00Z',
      5: { street_address: null, city: 'Berlin', state: null, country: 'Germany', continent: 'Europe' },
    },
  },
  {
    kind: 'person',
    id: 7,
    first_name: 'Noor',
    last_name: 'Amari',
    emails: ['noor@quayside.com'],
    organization_ids: [5],
    values: { 6: 'call me', 7: [5] },
  },
];

const start = async (): Promise<TestJob> => {
  const job = await fixture.job();
  await fixture.seedAffinity(job.source, [...fields, ...records]);
  return job;
};

/** Stages an object by its extraction, as one group a record. */
const stage = async (job: TestJob, object: 'organizations' | 'persons'): Promise<void> => {
  await run(job, 'extract', { object, pass: 1, cursor: null, seen: 0 });
  await fixture.database.admin`
    update staged_records set ordinal = source_id::int, group_ordinal = source_id::int
    where run_id = ${job.runId} and object = ${object}`;
};
const load = (job: TestJob, object: 'organizations' | 'persons', by = worker) =>
  run(job, 'load', { object, fromGroup: 1, toGroup: 100 }, by);

const held = async (
  job: TestJob,
  object: 'companies' | 'people',
): Promise<Record<string, Record<string, unknown>[]>> => {
  const response = await fetch(`http://${fixture.sandboxHost}/attio/v2/objects/${object}/records/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${job.target.workspace.token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const { data } = (await response.json()) as { data: { values: Record<string, Record<string, unknown>[]> }[] };
  return data[0]?.values ?? {};
};

describe('the fields that people defined', () => {
  it('arrive at the target with their types, in attributes that are made for them', async () => {
    const job = await start();
    await run(job, 'prepare', {});
    await stage(job, 'organizations');
    await load(job, 'organizations');
    const company = await held(job, 'companies');
    expect(company['linkedin']).toMatchObject([{ value: 'https://linkedin.com/company/quayside' }]);
    expect(company['industry']?.map(one => (one['option'] as { title: string }).title).sort()).toEqual([
      'Health',
      'SaaS',
    ]);
    expect(company['employees']).toMatchObject([{ value: 12.5 }]);
    expect(company['founded']).toMatchObject([{ value: '2024-04-01' }]);
    expect(company['primary_location']).toMatchObject([{ locality: 'Berlin', country_code: 'DE' }]);
  });

  it('lead to the records that were moved before, and a value that the target would refuse costs only itself', async () => {
    const job = await start();
    await run(job, 'prepare', {});
    for (const object of ['organizations', 'persons'] as const) {
      await stage(job, object);
      await load(job, object);
    }
    const person = await held(job, 'people');
    expect(person['boards']).toMatchObject([{ target_object: 'companies' }]);
    expect(person['phone_numbers']).toEqual([]);
    expect(await fixture.outcomes(job)).toMatchObject([
      { object: 'organizations', outcome: 'created', reason: null },
      { object: 'persons', outcome: 'created', reason: 'invalid_phone' },
    ]);
    const [, { sealed_message: sealed } = { sealed_message: null }] = await fixture.outcomes(job);
    const vault = await fixture.vault.of(job.tenantId);
    expect(vault.open(sealed ?? Buffer.alloc(0), sealContexts.outcome(job.tenantId, job.runId, 'persons', '7'))).toBe(
      'Phone Number: call me (invalid_phone)',
    );
  });
});

describe('what a run moves by', () => {
  it('stays as it was agreed, for every worker and whatever changes at the source meanwhile', async () => {
    const job = await start();
    await run(job, 'prepare', {});
    await stage(job, 'organizations');
    await fixture.seedAffinity(job.source, [
      { kind: 'field', id: 3, name: 'Heads', entity_type: 1, value_type: 6 },
      { kind: 'field', id: 9, name: 'Later', entity_type: 1, value_type: 6 },
    ]);
    await load(job, 'organizations', newWorker());
    const company = await held(job, 'companies');
    expect(company['employees']).toMatchObject([{ value: 12.5 }]);
    expect(company['heads']).toBeUndefined();
  });

  it('is agreed once, also when two workers ask at once', async () => {
    const job = await start();
    const batches = [
      await worker.take(await fixture.batch(job, 'prepare')),
      await newWorker().take(await fixture.batch(job, 'prepare')),
    ];
    const agreements = await Promise.all(batches.map(batch => batch.context.agreement()));
    for (const batch of batches) batch.tenure.end();
    expect(JSON.stringify(agreements[1]?.mapping)).toBe(JSON.stringify(agreements[0]?.mapping));
    const rows = await fixture.database.admin<
      { sealed: Buffer }[]
    >`select sealed from run_agreements where run_id = ${job.runId}`;
    expect(rows).toHaveLength(1);
    expect(rows[0]?.sealed.includes('Industry')).toBe(false);
  });
});
