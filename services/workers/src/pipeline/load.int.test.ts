import type { ExistingPolicy, JobConfig, ObjectName, WorkMessage } from '@freight/contracts';
import { sealContexts } from '@freight/vault';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueAgain, startWorkFixture, type TestJob, type WorkFixture } from '../../../../test/int/workFixture.ts';
import type { Outgoing } from '../connectors/connector.ts';
import { human, organization, person } from '../connectors/target.features.ts';
import type { OrganizationRecord, PersonRecord } from '../records/model.ts';
import { withFence } from './claim.ts';
import { matchKeyPurpose } from './extract.ts';
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

const signal = new AbortController().signal;
const creates = { method: 'POST', path: 'records$' } as const;

/** A running job whose target is prepared. */
const prepared = async (config: Partial<JobConfig> = {}): Promise<TestJob> => {
  const job = await fixture.job({ config });
  const batch = await worker.take(await fixture.batch(job, 'prepare'));
  await runPrepare(batch.context);
  batch.tenure.end();
  return job;
};

const policies = (existing: ExistingPolicy): Partial<JobConfig> => ({
  policies: {
    organizations: { same: 'key_and_name', existing },
    persons: { same: 'key_and_name', existing },
    opportunities: { same: 'key_and_name', existing },
  },
});

/** Issues a batch of everything that was staged of an object. */
const loadBatch = (job: TestJob, object: ObjectName, groups = { from: 1, to: 1_000_000 }): Promise<WorkMessage> =>
  fixture.batch(job, 'load', { object, fromGroup: groups.from, toGroup: groups.to });

const run = async (message: WorkMessage, work: (batch: TestBatch) => Promise<unknown>): Promise<void> => {
  const batch = await worker.take(message);
  try {
    await work(batch);
  } finally {
    batch.tenure.end();
  }
};
const load = (message: WorkMessage) => run(message, batch => runLoad(batch.context));
const settle = async (job: TestJob) =>
  run(await fixture.batch(job, 'settle', { object: 'persons' }), batch => runSettle(batch.context));

/** The worker is lost: its lease runs out, and the dispatcher issues the batch again. */
const takenOver = async (message: WorkMessage): Promise<WorkMessage> => {
  await fixture.database
    .admin`update batches set leased_until = now() - interval '1 second' where id = ${message.batchId}`;
  return issueAgain(fixture.database, message);
};

const count = async (job: TestJob, kind: 'companies' | 'people') =>
  (await fixture.control.counts(job.target.workspace.id))[kind] ?? 0;
const briefly = async (job: TestJob) =>
  (await fixture.outcomes(job)).map(({ source_id, outcome, reason }) => [source_id, outcome, reason]);
const targetOf = async (job: TestJob) =>
  (await worker.connections.target(job.tenantId, job.target.id, () => {}, signal)).target;
const find = async (job: TestJob, object: ObjectName, sourceIds: readonly string[], keys: readonly string[] = []) =>
  (await targetOf(job)).find(object, { sourceIds, keys }, signal);
const doubtful = async (job: TestJob) =>
  (
    await fixture.database.admin<{ source_id: string }[]>`
      select source_id from record_ids where job_id = ${job.jobId} and taken_over order by source_id`
  ).map(row => row.source_id);

/** A person whom only Freight's marker identifies. */
const unkeyed = (id: string): PersonRecord => person(id, { emails: [] });
const seedCompany = (job: TestJob, values: object, force = false) =>
  fixture.control.seed(job.target.workspace.id, [{ kind: 'company', values, force } as never]);

describe('loading a batch', () => {
  it('makes each record once and counts the very outcomes that it stored', async () => {
    const job = await prepared();
    await fixture.stage(job, 'organizations', [
      organization('1'),
      [organization('2'), organization('3', { name: 'Organization 2 too' })],
      organization('10'),
    ]);
    const message = await loadBatch(job, 'organizations');
    await load(message);
    expect(await briefly(job)).toEqual([
      ['1', 'created', null],
      ['2', 'created', null],
      ['3', 'merged', null],
      ['10', 'created', null],
    ]);
    expect((await fixture.outcomes(job))[2]?.merged_into).toBe('2');
    expect(await count(job, 'companies')).toBe(3);
    const [row] = await fixture.database.admin`select state, result from batches where id = ${message.batchId}`;
    expect(row).toMatchObject({ state: 'done', result: { counts: { created: 3, merged: 1, failed: 0 } } });
  });

  it('makes a person without address once, though the reply was lost after it took effect', async () => {
    const job = await prepared();
    await fixture.stage(job, 'persons', [unkeyed('1')]);
    await fixture.control.addFault(job.target.workspace.id, { kind: 'reset_after', match: creates });
    await load(await loadBatch(job, 'persons'));
    expect(await briefly(job)).toEqual([['1', 'created', null]]);
    expect(await count(job, 'people')).toBe(1);
    expect(await doubtful(job)).toEqual(['1']);
    await settle(job);
    expect(await doubtful(job)).toEqual([]);
    expect(await count(job, 'people')).toBe(1);
  });

  it('makes a record once whose worker was lost before its write took effect', async () => {
    const job = await prepared();
    await fixture.stage(job, 'persons', [unkeyed('1')]);
    const message = await loadBatch(job, 'persons');
    const lost = await worker.take(message);
    await withFence(worker.db, lost.claim, sql =>
      writeIntentions(sql, lost.claim, 'persons', [{ sourceId: '1', outcome: 'created', targetId: null }]),
    );
    lost.lose();
    await load(await takenOver(message));
    expect(await briefly(job)).toEqual([['1', 'created', null]]);
    expect(await count(job, 'people')).toBe(1);
    expect(await doubtful(job)).toEqual(['1']);
  });

  it('takes the record for its own whose worker was lost after its write took effect', async () => {
    const job = await prepared();
    await fixture.stage(job, 'persons', [unkeyed('1')]);
    const message = await loadBatch(job, 'persons');
    const lost = await worker.take(message);
    await withFence(worker.db, lost.claim, sql =>
      writeIntentions(sql, lost.claim, 'persons', [{ sourceId: '1', outcome: 'created', targetId: null }]),
    );
    const { id } = await (await targetOf(job)).create(human(unkeyed('1')), signal);
    lost.lose();
    await load(await takenOver(message));
    expect(await fixture.outcomes(job)).toMatchObject([{ outcome: 'created', target_id: id }]);
    expect(await count(job, 'people')).toBe(1);
  });

  it('looks again at a write that it repeated itself, since the first one may take effect late', async () => {
    const job = await prepared();
    await fixture.stage(job, 'persons', [unkeyed('1')]);
    await fixture.control.addFault(job.target.workspace.id, { kind: 'reset_before', match: creates });
    await load(await loadBatch(job, 'persons'));
    expect(await briefly(job)).toEqual([['1', 'created', null]]);
    // The first request comes through after all.
    await (await targetOf(job)).create(human(unkeyed('1')), signal);
    await settle(job);
    expect(await count(job, 'people')).toBe(1);
  });

  it('stores nothing for a worker that lost its batch', async () => {
    const job = await prepared();
    await fixture.stage(job, 'persons', [unkeyed('1')]);
    const message = await loadBatch(job, 'persons');
    const lost = await worker.take(message);
    const next = await worker.take(await takenOver(message));
    await expect(runLoad(lost.context)).rejects.toMatchObject({ code: 'fenced_out' });
    expect(await fixture.outcomes(job)).toEqual([]);
    expect(await count(job, 'people')).toBe(0);
    await runLoad(next.context);
    expect(await briefly(job)).toEqual([['1', 'created', null]]);
    lost.lose();
    next.lose();
  });

  it('fails a record that matches several and goes on with the batch', async () => {
    const job = await prepared();
    await seedCompany(job, { name: 'Left', domains: ['left.com'] });
    await seedCompany(job, { name: 'Right', domains: ['right.com'] });
    await fixture.stage(job, 'organizations', [
      organization('1', { domains: ['left.com', 'right.com'] }),
      organization('2'),
    ]);
    await load(await loadBatch(job, 'organizations'));
    expect(await briefly(job)).toEqual([
      ['1', 'failed', 'ambiguous_match'],
      ['2', 'created', null],
    ]);
  });

  it('fails a record that the target refuses, keeps its words sealed, and goes on with the batch', async () => {
    const job = await prepared();
    await fixture.stage(job, 'organizations', [organization('1')]);
    await load(await loadBatch(job, 'organizations'));
    // The company that the person refers to is gone: the target refuses the reference.
    const [company] = await fixture.outcomes(job);
    await (await targetOf(job)).remove('organizations', company?.target_id ?? '', signal);
    await fixture.stage(job, 'persons', [person('7', { organizationIds: ['1'] }), person('8')]);
    await load(await loadBatch(job, 'persons'));
    const failed = (await fixture.outcomes(job)).find(one => one.source_id === '7');
    expect(failed).toMatchObject({ outcome: 'failed', reason: 'target_validation', target_id: null });
    const vault = await fixture.vault.of(job.tenantId);
    const words = vault.open(
      failed?.sealed_message ?? new Uint8Array(),
      sealContexts.outcome(job.tenantId, job.runId, 'persons', '7'),
    );
    expect(words).not.toBe('');
    expect((await fixture.outcomes(job)).find(one => one.source_id === '8')?.outcome).toBe('created');
  });

  it.each([
    ['create_only', 'skipped', 'exists_in_target'],
    ['match_and_keep', 'updated', null],
    ['match_and_fill_empty', 'updated', null],
    ['match_and_overwrite', 'updated', null],
  ] as const)('follows the policy %s where the target holds the record', async (policy, outcome, reason) => {
    const job = await prepared(policies(policy));
    await seedCompany(job, { name: 'Theirs', domains: ['o1.com'] });
    await fixture.stage(job, 'organizations', [organization('1')]);
    await load(await loadBatch(job, 'organizations'));
    expect(await briefly(job)).toEqual([['1', outcome, reason]]);
    expect(await count(job, 'companies')).toBe(1);
    // A job that moves the same again finds nothing left to do.
    const again = await fixture.job({ ...job, config: policies(policy) });
    await fixture.stage(again, 'organizations', [organization('1')]);
    await load(await loadBatch(again, 'organizations'));
    expect(await briefly(again)).toEqual([['1', policy === 'create_only' ? 'skipped' : 'unchanged', reason]]);
  });

  it('keeps the reason of what it had decided when another attempt goes on', async () => {
    const job = await prepared(policies('create_only'));
    await seedCompany(job, { name: 'Theirs', domains: ['o1.com', 'o2.com'] });
    await fixture.stage(job, 'organizations', [
      organization('1'),
      // Meets the same record: waits for the second round, which fails.
      organization('2'),
    ]);
    await fixture.control.addFault(job.target.workspace.id, {
      kind: '503',
      match: { method: 'POST', path: 'query$', afterRequests: 1 },
      times: 50,
    });
    const message = await loadBatch(job, 'organizations');
    await expect(load(message)).rejects.toMatchObject({ kind: 'unavailable' });
    await fixture.control.clearFaults(job.target.workspace.id);
    await load(await takenOver(message));
    expect(await briefly(job)).toEqual([
      ['1', 'skipped', 'exists_in_target'],
      ['2', 'skipped', 'exists_in_target'],
    ]);
  });

  it('merges all groups that meet one record of the target, however many they are', async () => {
    const job = await prepared();
    const domains = Array.from({ length: 12 }, (_, i) => `o${i + 1}.com`);
    await seedCompany(job, { name: 'Theirs', domains });
    await fixture.stage(
      job,
      'organizations',
      domains.map((_, i) => organization(String(i + 1))),
    );
    await load(await loadBatch(job, 'organizations'));
    const stored = await fixture.outcomes(job);
    expect(stored.map(one => one.outcome)).toEqual(['updated', ...domains.slice(1).map(() => 'merged')]);
    expect(new Set(stored.map(one => one.target_id)).size).toBe(1);
    expect(stored.slice(1).every(one => one.merged_into === '1')).toBe(true);
    const [record] = await find(job, 'organizations', ['1']);
    expect(record?.sourceIds).toEqual(domains.map((_, i) => String(i + 1)));
  });

  it('gives a domain that two hold to the smallest source id and says so', async () => {
    const job = await prepared();
    const vault = await fixture.vault.of(job.tenantId);
    const records = [
      organization('1', { domains: ['one.com'] }),
      organization('2', { domains: ['one.com', 'two.com'] }),
    ];
    await fixture.stage(
      job,
      'organizations',
      records,
      records.flatMap(record =>
        record.domains.map(domain => ({
          kind: 'exclusive' as const,
          key: vault.fingerprint(domain, matchKeyPurpose),
          sourceId: record.id,
        })),
      ),
    );
    await load(await loadBatch(job, 'organizations'));
    expect(await briefly(job)).toEqual([
      ['1', 'created', null],
      ['2', 'created', 'key_of_another_record'],
    ]);
    expect((await find(job, 'organizations', ['2']))[0]?.keys).toEqual(['two.com']);
  });

  it('of two batches that meet one record of the target at once updates it for one and merges the other into it', async () => {
    for (let round = 0; round < 5; round++) {
      const job = await prepared();
      await seedCompany(job, { name: 'Theirs', domains: ['o1.com', 'o2.com'] });
      await fixture.stage(job, 'organizations', [organization('1'), organization('2')]);
      const [first, second] = [
        await loadBatch(job, 'organizations', { from: 1, to: 1 }),
        await loadBatch(job, 'organizations', { from: 2, to: 2 }),
      ];
      await Promise.all([load(first), load(second)]);
      const stored = await fixture.outcomes(job);
      expect(stored.map(one => one.outcome).sort()).toEqual(['merged', 'updated']);
      const holder = stored.find(one => one.outcome === 'updated');
      expect(stored.find(one => one.outcome === 'merged')).toMatchObject({
        merged_into: holder?.source_id,
        target_id: holder?.target_id,
      });
      expect(await count(job, 'companies')).toBe(1);
    }
  });

  it('takes a record for another source record’s whose write has not arrived yet', async () => {
    const job = await prepared();
    await seedCompany(job, { name: 'Theirs', domains: ['o1.com', 'o2.com'] });
    const [theirs] = await find(job, 'organizations', [], ['o1.com']);
    await fixture.stage(job, 'organizations', [organization('1'), organization('2')]);
    const slow = await worker.take(await loadBatch(job, 'organizations', { from: 1, to: 1 }));
    await withFence(worker.db, slow.claim, sql =>
      writeIntentions(sql, slow.claim, 'organizations', [
        { sourceId: '1', outcome: 'updated', targetId: theirs?.id ?? '' },
      ]),
    );
    await load(await loadBatch(job, 'organizations', { from: 2, to: 2 }));
    await runLoad(slow.context);
    slow.tenure.end();
    expect(await briefly(job)).toEqual([
      ['1', 'updated', null],
      ['2', 'merged', null],
    ]);
  });

  it('makes a person whose company failed, and says that the company is missing', async () => {
    const job = await prepared();
    await fixture.stage(job, 'persons', [person('7', { organizationIds: ['99'] })]);
    await load(await loadBatch(job, 'persons'));
    expect(await briefly(job)).toEqual([['7', 'created', 'company_missing']]);
  });

  it('loads a group of more records than one statement takes parameters', async () => {
    const job = await prepared();
    const members: OrganizationRecord[] = Array.from({ length: 7000 }, (_, i) =>
      organization(String(i + 1), { name: 'One', domains: ['one.com'] }),
    );
    await fixture.stage(job, 'organizations', [members]);
    await load(await loadBatch(job, 'organizations'));
    const stored = await fixture.outcomes(job);
    expect(stored).toHaveLength(7000);
    expect(stored.filter(one => one.outcome === 'merged')).toHaveLength(6999);
    expect(await count(job, 'companies')).toBe(1);
  });

  it('keeps what took effect before an attempt broke off, so that the next one takes it for its own', async () => {
    const job = await prepared();
    await fixture.stage(
      job,
      'persons',
      Array.from({ length: 30 }, (_, i) => unkeyed(String(i + 1))),
    );
    await fixture.control.addFault(job.target.workspace.id, {
      kind: '503',
      match: { method: 'POST', path: 'query$', afterRequests: 1 },
      times: 50,
    });
    await fixture.control.addFault(job.target.workspace.id, {
      kind: 'reset_before',
      match: { ...creates, afterRequests: 20 },
    });
    const message = await loadBatch(job, 'persons');
    await expect(load(message)).rejects.toMatchObject({ kind: 'unavailable' });
    const [kept] = await fixture.database.admin`
      select count(*)::int as n from record_ids where job_id = ${job.jobId} and state = 'done' and outcome = 'created'`;
    expect(kept?.['n']).toBe(29);
    await fixture.control.clearFaults(job.target.workspace.id);
    await load(await takenOver(message));
    expect(await count(job, 'people')).toBe(30);
    expect((await fixture.outcomes(job)).every(one => one.outcome === 'created')).toBe(true);
  });
});

describe('settling a run', () => {
  it('removes the surplus record of a lost write, and only that', async () => {
    const job = await prepared();
    await fixture.stage(job, 'persons', [unkeyed('1'), unkeyed('2')]);
    const message = await loadBatch(job, 'persons');
    const lost = await worker.take(message);
    await withFence(worker.db, lost.claim, sql =>
      writeIntentions(sql, lost.claim, 'persons', [{ sourceId: '1', outcome: 'created', targetId: null }]),
    );
    lost.lose();
    await load(await takenOver(message));
    const late: Outgoing = human(unkeyed('1'));
    const { id } = await (await targetOf(job)).create(late, signal);
    expect(await count(job, 'people')).toBe(3);
    await settle(job);
    expect(await count(job, 'people')).toBe(2);
    const left = await find(job, 'persons', ['1', '2']);
    expect(left.map(record => record.id)).not.toContain(id);
    expect(left).toHaveLength(2);
    const named = (await fixture.outcomes(job)).map(one => one.target_id);
    expect(new Set(left.map(record => record.id))).toEqual(new Set(named));
    expect(await doubtful(job)).toEqual([]);
  });

  it('never removes a record that this job did not make, though it bears the same marker', async () => {
    const first = await prepared();
    await fixture.stage(first, 'persons', [unkeyed('1')]);
    await load(await loadBatch(first, 'persons'));
    // Somebody copied the record in the target, marker and all.
    await (await targetOf(first)).create(human(unkeyed('1')), signal);
    const second = await fixture.job({ ...first, config: {} });
    await fixture.stage(second, 'persons', [unkeyed('1')]);
    await load(await loadBatch(second, 'persons'));
    await settle(second);
    expect(await briefly(second)).toEqual([['1', 'unchanged', null]]);
    expect(await count(second, 'people')).toBe(2);
  });
});
