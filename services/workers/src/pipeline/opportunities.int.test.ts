import type { ObjectName, WorkMessage } from '@freight/contracts';
import type { AffinityRow } from '@freight/sandbox';
import { sealContexts } from '@freight/vault';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueAgain, startWorkFixture, type TestJob, type WorkFixture } from '../../../../test/int/workFixture.ts';
import { withFence } from './claim.ts';
import { runExtract } from './extract.ts';
import { writeIntentions } from './ledger.ts';
import { runLoad } from './load.ts';
import { createTestWorker, type TestBatch, type TestWorker } from './pipeline.testkit.ts';
import { runPrepare } from './prepare.ts';
import { runSettle } from './settle.ts';

let fixture: WorkFixture;
let worker: TestWorker;
beforeAll(async () => {
  fixture = await startWorkFixture();
  worker = createTestWorker({
    db: fixture.database.open('freight_workers'),
    vault: fixture.vault,
    allowedHost: fixture.sandboxHost,
  });
});
afterAll(() => fixture.stop());

const run = async (message: WorkMessage, work: (batch: TestBatch) => Promise<unknown>): Promise<void> => {
  const batch = await worker.take(message);
  try {
    await work(batch);
  } finally {
    batch.tenure.end();
  }
};
const prepare = async (job: TestJob) =>
  run(await fixture.batch(job, 'prepare', {}), batch => runPrepare(batch.context));
const loadBatch = (job: TestJob, object: ObjectName) =>
  fixture.batch(job, 'load', { object, fromGroup: 1, toGroup: 1_000_000 });
const load = (message: WorkMessage) => run(message, batch => runLoad(batch.context));

/** Stages an object by its extraction, as one group a record. */
const stage = async (job: TestJob, object: ObjectName): Promise<void> => {
  const first = { object, pass: 1, cursor: null, seen: 0 };
  await run(await fixture.batch(job, 'extract', first), batch => runExtract(batch.context));
  await fixture.database.admin`
    update staged_records set ordinal = source_id::int, group_ordinal = source_id::int
    where run_id = ${job.runId} and object = ${object}`;
};

const option = (id: number, text: string) => ({ id, text, rank: id, color: 0 });
const users = { ines: 90, noor: 91, left: 92 } as const;
/** A pipeline with the fields that Affinity makes for it, numbered from ten times its own number. */
const pipeline = (id: number, owner: number | null, stages: readonly string[]): readonly AffinityRow[] => [
  { kind: 'list', id, name: `Pipeline ${id}`, type: 8, ...(owner === null ? {} : { owner_id: owner }) },
  {
    kind: 'field',
    id: id * 10,
    name: 'Status',
    entity_type: 8,
    list_id: id,
    value_type: 7,
    dropdown_options: stages.map((text, i) => option(id * 100 + i, text)),
  },
  { kind: 'field', id: id * 10 + 1, name: 'Amount', entity_type: 8, list_id: id, value_type: 3 },
  {
    kind: 'field',
    id: id * 10 + 2,
    name: 'Owners',
    entity_type: 8,
    list_id: id,
    value_type: 0,
    allows_multiple: true,
  },
];
const ground: readonly AffinityRow[] = [
  { kind: 'user', id: users.ines, first_name: 'Ines', last_name: 'Holm', email: 'ines@birch.example' },
  { kind: 'user', id: users.noor, first_name: 'Noor', last_name: 'Amari', email: 'noor@birch.example' },
  { kind: 'user', id: users.left, first_name: 'Per', last_name: 'Left', email: 'per@birch.example' },
  ...pipeline(30, users.ines, ['New', 'Won']),
  ...pipeline(31, null, ['new ', 'Committed']),
  { kind: 'organization', id: 1, name: 'Quayside', domains: ['quayside.com'] },
  { kind: 'organization', id: 2, name: 'Pier', domains: ['pier.com'] },
  { kind: 'person', id: 3, first_name: 'Ada', last_name: 'Byron', emails: ['ada@quayside.com'] },
];
const opportunity = (
  id: number,
  cells: { readonly status?: string | null; readonly amount?: number; readonly owners?: readonly number[] } = {},
  extra: { readonly [key: string]: unknown } = {},
): readonly AffinityRow[] => {
  const list = typeof extra['list_id'] === 'number' ? extra['list_id'] : 30;
  const { status = 'New', amount = 100, owners = [users.ines] } = cells;
  return [
    { kind: 'opportunity', id, name: `Round ${id}`, list_id: list, ...extra },
    {
      kind: 'list_entry',
      id: id + 5000,
      list_id: list,
      entity_id: id,
      values: { [list * 10]: status, [list * 10 + 1]: amount, [list * 10 + 2]: [...owners] },
    },
  ];
};

/** A prepared job with everything staged, and what opportunities belong to loaded. */
const staged = async (...opportunities: readonly (readonly AffinityRow[])[]): Promise<TestJob> => {
  const job = await fixture.job();
  await fixture.seedAffinity(job.source, [...ground, ...opportunities.flat()]);
  await prepare(job);
  for (const object of ['organizations', 'persons', 'opportunities'] as const) await stage(job, object);
  for (const object of ['organizations', 'persons'] as const) await load(await loadBatch(job, object));
  return job;
};

const outcomes = async (job: TestJob) => (await fixture.outcomes(job)).filter(one => one.object === 'opportunities');
const briefly = async (job: TestJob) =>
  (await outcomes(job)).map(({ source_id, outcome, reason }) => [source_id, outcome, reason]);
const countDeals = async (job: TestJob) => (await fixture.control.counts(job.target.workspace.id))['deals'] ?? 0;

/** What Attio shows of an object's records. */
const query = async (job: TestJob, object: string) => {
  const response = await fetch(`http://${fixture.sandboxHost}/attio/v2/objects/${object}/records/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${job.target.workspace.token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const { data } = (await response.json()) as {
    data: { id: { record_id: string }; values: Record<string, Record<string, unknown>[]> }[];
  };
  return data;
};
const nameOfMember = async (job: TestJob) => {
  const response = await fetch(`http://${fixture.sandboxHost}/attio/v2/workspace_members`, {
    headers: { authorization: `Bearer ${job.target.workspace.token}` },
  });
  const { data } = (await response.json()) as {
    data: { id: { workspace_member_id: string }; email_address: string }[];
  };
  return new Map(data.map(one => [one.id.workspace_member_id, one.email_address.split('@')[0]]));
};
/** The deals by their opportunity, with names in place of ids. */
const deals = async (job: TestJob) => {
  const names = await nameOfMember(job);
  for (const [object, part] of [
    ['companies', 'value'],
    ['people', 'full_name'],
  ] as const) {
    for (const { id, values } of await query(job, object)) names.set(id.record_id, String(values['name']?.[0]?.[part]));
  }
  const idsIn = (values: Record<string, Record<string, unknown>[]>, slug: string, part: string) =>
    (values[slug] ?? []).map(one => names.get(String(one[part])));
  return new Map(
    (await query(job, 'deals')).map(({ values }) => [
      values['affinity_id']?.[0]?.['value'],
      {
        name: values['name']?.[0]?.['value'],
        stage: (values['stage']?.[0]?.['status'] as { title: string } | undefined)?.title,
        value: values['value']?.[0]?.['currency_value'],
        owner: idsIn(values, 'owner', 'referenced_actor_id'),
        coOwners: idsIn(values, 'co_owners', 'referenced_actor_id'),
        company: idsIn(values, 'associated_company', 'target_record_id'),
        otherCompanies: idsIn(values, 'other_companies', 'target_record_id'),
        people: idsIn(values, 'associated_people', 'target_record_id'),
      },
    ]),
  );
};

describe('opportunities', () => {
  it('become deals with their stage, amount, owners, companies and people, and without colleagues', async () => {
    const whole = { organization_ids: [2, 1], person_ids: [3, users.noor] };
    const job = await staged(
      opportunity(7, { owners: [users.noor, users.ines], amount: 1234.5 }, whole),
      opportunity(8, { amount: 0 }),
    );
    await load(await loadBatch(job, 'opportunities'));
    expect(await briefly(job)).toEqual([
      ['7', 'created', null],
      ['8', 'created', null],
    ]);
    const found = await deals(job);
    expect(found.get('7')).toEqual({
      name: 'Round 7',
      stage: 'New',
      value: 1234.5,
      owner: ['noor'],
      coOwners: ['ines'],
      company: ['Pier'],
      otherCompanies: ['Quayside'],
      people: ['Ada Byron'],
    });
    expect(found.get('8')).toMatchObject({ value: 0, owner: ['ines'], company: [], people: [] });
  });

  it('share the stages of their pipelines, whatever the case and blanks of their titles', async () => {
    const other = { list_id: 31 };
    const job = await staged(opportunity(7, { status: 'new ' }, other), opportunity(8, { status: 'Committed' }, other));
    await load(await loadBatch(job, 'opportunities'));
    const found = await deals(job);
    expect([found.get('7')?.stage, found.get('8')?.stage]).toEqual(['New', 'Committed']);
  });

  it('begin at the first stage of their list where they have none, and say so', async () => {
    const job = await staged(opportunity(7, { status: null }));
    await load(await loadBatch(job, 'opportunities'));
    expect(await briefly(job)).toEqual([['7', 'created', 'stage_missing']]);
    expect((await deals(job)).get('7')?.stage).toBe('New');
  });

  it('belong to the owner of their list where no owner of theirs is a member', async () => {
    const job = await staged(opportunity(7, { owners: [] }), opportunity(8, { owners: [users.left] }));
    await load(await loadBatch(job, 'opportunities'));
    expect(await briefly(job)).toEqual([
      ['7', 'created', null],
      ['8', 'created', 'unmapped_user'],
    ]);
    const found = await deals(job);
    expect([found.get('7')?.owner, found.get('8')?.owner]).toEqual([['ines'], ['ines']]);
  });

  it('fail alone where nobody can own them, and say what to do', async () => {
    const job = await staged(opportunity(7, { owners: [users.left] }, { list_id: 31 }), opportunity(8));
    await load(await loadBatch(job, 'opportunities'));
    expect(await briefly(job)).toEqual([
      ['7', 'failed', 'missing_required'],
      ['8', 'created', null],
    ]);
    const sealed = (await outcomes(job))[0]?.sealed_message;
    const vault = await fixture.vault.of(job.tenantId);
    const place = sealContexts.outcome(job.tenantId, job.runId, 'opportunities', '7');
    expect(vault.open(sealed ?? Buffer.alloc(0), place)).toContain('invite one of them');
    expect(await countDeals(job)).toBe(1);
  });

  it('are skipped where the key may not look into them', async () => {
    const job = await staged(
      opportunity(7, {}, { access: 'redacted' }),
      opportunity(8, {}, { access: 'restricted' }),
      opportunity(9),
    );
    await load(await loadBatch(job, 'opportunities'));
    expect(await briefly(job)).toEqual([
      ['7', 'skipped', 'redacted_source'],
      ['8', 'skipped', 'redacted_source'],
      ['9', 'created', null],
    ]);
  });

  it('move without what was not moved, and say so', async () => {
    const job = await staged(opportunity(7, {}, { organization_ids: [1, 99] }));
    await load(await loadBatch(job, 'opportunities'));
    expect(await briefly(job)).toEqual([['7', 'created', 'company_missing']]);
    expect((await deals(job)).get('7')?.company).toEqual(['Quayside']);
  });

  it('are there once though every reply of a first write is lost and another worker takes over', async () => {
    const ids = [7, 8, 9, 10, 11];
    const job = await staged(...ids.map(id => opportunity(id)));
    const message = await loadBatch(job, 'opportunities');
    const lost = await worker.take(message);
    await withFence(lost.context.db, lost.claim, sql =>
      writeIntentions(
        sql,
        lost.claim,
        'opportunities',
        ids.map(id => ({ sourceId: String(id), outcome: 'created', targetId: null })),
      ),
    );
    lost.lose();
    await fixture.database
      .admin`update batches set leased_until = now() - interval '1 second' where id = ${message.batchId}`;
    await fixture.control.addFault(job.target.workspace.id, {
      kind: 'reset_after',
      times: ids.length,
      match: { method: 'POST', path: 'deals/records$' },
    });
    await load(await issueAgain(fixture.database, message));
    const settling = await fixture.batch(job, 'settle', { object: 'opportunities' });
    await run(settling, batch => runSettle(batch.context));
    expect((await briefly(job)).map(one => one.slice(0, 2))).toEqual(ids.map(id => [String(id), 'created']));
    expect(await countDeals(job)).toBe(ids.length);
    const [doubtful] = await fixture.database.admin<{ n: number }[]>`
      select count(*)::int as n from record_ids where job_id = ${job.jobId} and (taken_over or state <> 'done')`;
    expect(doubtful?.n).toBe(0);
  });
});

describe('a target whose deals are switched off', () => {
  const withoutDeals = async () => {
    const tenantId = await fixture.tenant();
    const workspace = await fixture.control.createWorkspace({ kind: 'attio', name: 'Birch', limits: null });
    return fixture.job({ tenantId, target: await fixture.connect(tenantId, workspace) });
  };

  it('keeps a job with opportunities from starting, says why, and settles nothing meanwhile', async () => {
    const job = await withoutDeals();
    await fixture.seedAffinity(job.source, [...ground]);
    await expect(prepare(job)).rejects.toMatchObject({
      error: { code: 'object_switched_off', side: 'target', detail: expect.stringContaining('deals') },
      attempt: 'last',
    });
    const agreed = await fixture.database.admin`select 1 from run_agreements where run_id = ${job.runId}`;
    expect(agreed).toHaveLength(0);
  });

  it('takes a job whose source has no opportunities', async () => {
    const job = await withoutDeals();
    await prepare(job);
    await stage(job, 'opportunities');
    await load(await loadBatch(job, 'opportunities'));
    expect(await outcomes(job)).toEqual([]);
  });
});
