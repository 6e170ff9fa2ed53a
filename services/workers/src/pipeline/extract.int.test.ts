import type { ExtractResult, WorkMessage } from '@freight/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueAgain, startWorkFixture, type TestJob, type WorkFixture } from '../../../../test/int/workFixture.ts';
import type { SourcePage } from '../connectors/connector.ts';
import { CrmError } from '../connectors/crmError.ts';
import { organization } from '../connectors/target.features.ts';
import type { BatchContext } from './context.ts';
import { runExtract } from './extract.ts';
import { createTestWorker, type TestBatch, type TestWorker } from './pipeline.testkit.ts';

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

type Page = SourcePage<'organizations'> | Error;

/** The batch's source gives these pages, by cursor ('' for the start). */
const reading = (batch: TestBatch, pages: Readonly<Record<string, Page>>, extractMs = 2000): BatchContext => ({
  ...batch.context,
  extractMs,
  connections: {
    ...batch.context.connections,
    source: () =>
      Promise.resolve({
        check: () => Promise.reject(new Error('not asked here')),
        readSchema: () => Promise.reject(new Error('not asked here')),
        readPage: (_object: string, cursor: string | null) => {
          const page = pages[cursor ?? ''];
          if (page === undefined || page instanceof Error) return Promise.reject(page ?? new Error('no such page'));
          return Promise.resolve(page as never);
        },
      }),
  },
});

const page = (ids: readonly number[], nextCursor: string | null): Page => ({
  records: ids.map(id => organization(String(id))),
  nextCursor,
});
const expired = new CrmError('the cursor is too old', { kind: 'cursor_expired' });
const down = new CrmError('down', { kind: 'unavailable' });
const three = { '': page([1, 2], 'b'), b: page([3, 4], 'c'), c: page([5], null) };

const begin = async (): Promise<{ job: TestJob; message: WorkMessage }> => {
  const job = await fixture.job();
  const payload = { object: 'organizations', pass: 1, cursor: null, seen: 0 };
  return { job, message: await fixture.batch(job, 'extract', payload) };
};
const resultOf = async ({ batchId }: WorkMessage) => {
  const [row] = await fixture.database.admin<{ state: string; result: ExtractResult }[]>`
    select state, result from batches where id = ${batchId}`;
  return row;
};
const staged = async (job: TestJob): Promise<number> => {
  const [row] = await fixture.database.admin`select count(*)::int as n from staged_records where job_id = ${job.jobId}`;
  return row?.['n'] as number;
};
const takenOver = async (message: WorkMessage) => {
  await fixture.database
    .admin`update batches set leased_until = now() - interval '1 second' where id = ${message.batchId}`;
  return worker.take(await issueAgain(fixture.database, message));
};

describe('an extraction', () => {
  it('reads to the end of the listing and says so', async () => {
    const { job, message } = await begin();
    const batch = await worker.take(message);
    await runExtract(reading(batch, three));
    batch.lose();
    expect(await resultOf(message)).toEqual({
      state: 'done',
      result: { seen: 5, staged: 5, bytes: expect.any(Number), cursor: null, endOfPass: true },
    });
    expect(await staged(job)).toBe(5);
  });

  it('hands its cursor on when its time is over', async () => {
    const { message } = await begin();
    const batch = await worker.take(message);
    await runExtract(reading(batch, three, 0));
    batch.lose();
    expect(await resultOf(message)).toEqual({
      state: 'done',
      result: { seen: 2, staged: 2, bytes: expect.any(Number), cursor: 'b', endOfPass: false },
    });
  });

  it('counts no record twice when its worker was lost after some pages', async () => {
    const { job, message } = await begin();
    const lost = await worker.take(message);
    await expect(runExtract(reading(lost, { ...three, c: down }))).rejects.toBe(down);
    lost.lose();
    expect(await resultOf(message)).toMatchObject({ state: 'claimed', result: { staged: 4, endOfPass: false } });
    const next = await takenOver(message);
    // It goes on behind the last page that was stored: the others are not asked for.
    await runExtract(reading(next, { c: three.c }));
    next.lose();
    expect(await resultOf(message)).toEqual({
      state: 'done',
      result: { seen: 5, staged: 5, bytes: expect.any(Number), cursor: null, endOfPass: true },
    });
    expect(await staged(job)).toBe(5);
  });

  it('lists again from the start when the vendor no longer takes its cursor, and counts what is new only', async () => {
    const { message } = await begin();
    const lost = await worker.take(message);
    await expect(runExtract(reading(lost, { ...three, c: down }))).rejects.toBe(down);
    lost.lose();
    const next = await takenOver(message);
    await runExtract(reading(next, { '': page([1, 2, 3, 4], 'n'), n: page([5, 6], null), c: expired }));
    next.lose();
    expect(await resultOf(message)).toEqual({
      state: 'done',
      result: { seen: 6, staged: 6, bytes: expect.any(Number), cursor: null, endOfPass: true },
    });
  });

  it('keeps the first version of a record that pages show twice', async () => {
    const { job, message } = await begin();
    const batch = await worker.take(message);
    await runExtract(reading(batch, { '': page([1, 1, 2], 'b'), b: page([2, 3], null) }));
    batch.lose();
    expect(await staged(job)).toBe(3);
    expect((await resultOf(message))?.result.staged).toBe(3);
  });

  it('stages nothing for a worker that lost its batch', async () => {
    const { job, message } = await begin();
    const lost = await worker.take(message);
    const next = await takenOver(message);
    await expect(runExtract(reading(lost, three))).rejects.toThrow(/taken over/);
    expect(await staged(job)).toBe(0);
    lost.lose();
    next.lose();
  });

  it('stages a page whose records have more keys than one statement takes parameters', async () => {
    const { job, message } = await begin();
    const domains = Array.from({ length: 300 }, (_, i) => `d${i}.com`);
    const formerNames = Array.from({ length: 50 }, (_, i) => `Former ${i}`);
    const batch = await worker.take(message);
    const records = [organization('1', { domains, formerNames })];
    await runExtract(reading(batch, { '': { records, nextCursor: null } }));
    batch.lose();
    const [row] = await fixture.database.admin`
      select count(*)::int as n from staged_keys where run_id = ${job.runId} and kind = 'same'`;
    expect(row?.['n']).toBe(300 * 51);
  });
});
