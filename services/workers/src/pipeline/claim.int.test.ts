import { jobConfig } from '@freight/contracts';
import { FencedOutError, newId } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/harness/database.ts';
import { type Claim, claimBatch, completeBatch, giveBackBatch, renewClaim, withFence } from './claim.ts';
import { startTenure } from './tenure.ts';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = database.open('freight_workers');
});
afterAll(() => database.drop());

/** A running job with one batch that was issued. */
const issue = async (status = 'running') => {
  const [tenantId, jobId, runId, batchId] = [newId(), newId(), newId(), newId()];
  const { admin } = database;
  await admin`insert into migration_jobs ${admin({
    tenant_id: tenantId,
    id: jobId,
    run_id: runId,
    name: 'j',
    source_connection_id: newId(),
    target_connection_id: newId(),
    source_system: 'affinity',
    target_system: 'attio',
    status,
    config: admin.json(jobConfig.parse({})),
    objects: admin.json({}),
    created_at: new Date(),
    updated_at: new Date(),
    version: 1,
  })}`;
  await admin`insert into batches ${admin({
    tenant_id: tenantId,
    id: batchId,
    job_id: jobId,
    run_id: runId,
    kind: 'load',
    object: 'persons',
    seq: 1,
    lane: 'default',
    payload: admin.json({}),
    state: 'issued',
    issue: 1,
  })}`;
  return { tenantId, jobId, batchId, kind: 'load', issue: 1 } as const;
};

const options = { worker: 'test', leaseMs: 10_000 };
const claimOf = async (message: Awaited<ReturnType<typeof issue>>, leaseMs = options.leaseMs): Promise<Claim> => {
  const claim = await claimBatch(db, message, { ...options, leaseMs });
  if (!claim) throw new Error('not claimed');
  return claim;
};
const expire = (batchId: string) =>
  database.admin`update batches set leased_until = now() - interval '1 second' where id = ${batchId}`;

describe('a claim', () => {
  it('is won by one of many who try at once', async () => {
    const message = await issue();
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimBatch(db, message, options)));
    expect(claims.filter(Boolean)).toHaveLength(1);
  });

  it('is not had for another issue of the batch, nor while the job stands still', async () => {
    const message = await issue();
    expect(await claimBatch(db, { ...message, issue: 2 }, options)).toBeUndefined();
    for (const status of ['paused', 'cancelling', 'completed']) {
      expect(await claimBatch(db, await issue(status), options)).toBeUndefined();
    }
  });

  it('is taken over once it ran out, under a higher fence, and the former holder stores nothing more', async () => {
    const message = await issue();
    const former = await claimOf(message);
    await expire(message.batchId);
    const next = await claimOf(message);
    expect(next.fence).toBeGreaterThan(former.fence);
    await expect(withFence(db, former, () => Promise.resolve())).rejects.toThrow(FencedOutError);
    expect(await renewClaim(db, former, 10_000)).toBe(false);
    await withFence(db, next, sql => completeBatch(sql, next, {}));
    await expect(withFence(db, next, () => Promise.resolve())).rejects.toThrow(FencedOutError);
  });

  it('that is given back free of charge counts no attempt; a failed one does', async () => {
    const message = await issue();
    const claim = await claimOf(message);
    await withFence(db, claim, sql => giveBackBatch(sql, claim, { delayMs: 0, error: null, attempt: 'free' }));
    const attempts = async () =>
      (await database.admin`select attempts from batches where id = ${message.batchId}`)[0]?.['attempts'];
    expect(await attempts()).toBe(0);
    await database.admin`update batches set state = 'issued' where id = ${message.batchId}`;
    const again = await claimOf(message);
    await withFence(db, again, sql => giveBackBatch(sql, again, { delayMs: 0, error: null, attempt: 'counts' }));
    expect(await attempts()).toBe(1);
  });
});

describe('the time for which a worker may act', () => {
  const lease = { renew: () => Promise.resolve(true), release: () => Promise.resolve() };
  const tenureOf = (claim: Claim, leaseMs: number, marginMs: number) => {
    const giveBack = new AbortController();
    const tenure = startTenure({
      db,
      claim,
      lease,
      claimedAtMs: performance.now(),
      leaseMs,
      marginMs,
      progress: () => {},
      giveBackSignal: giveBack.signal,
    });
    return { tenure, giveBack };
  };

  it('ends with the claim’s deadline although the timer comes late', async () => {
    const { tenure } = tenureOf(await claimOf(await issue()), 400, 300);
    tenure.guard();
    // The process stalls: no timer runs, yet nothing may be sent.
    const until = performance.now() + 150;
    while (performance.now() < until);
    expect(() => tenure.guard()).toThrow(FencedOutError);
    expect(tenure.signal.aborted).toBe(true);
    tenure.end();
  });

  it('goes on as long as the claim is renewed', async () => {
    const message = await issue();
    const { tenure } = tenureOf(await claimOf(message, 400), 400, 100);
    const leasedUntil = async () =>
      Number(
        (
          await database.admin`select extract(epoch from leased_until)::float8 as at from batches where id = ${message.batchId}`
        )[0]?.['at'],
      );
    const before = await leasedUntil();
    await expect.poll(leasedUntil, { timeout: 5000 }).toBeGreaterThan(before + 0.5);
    expect(tenure.signal.aborted).toBe(false);
    tenure.end();
  });

  it('ends as soon as somebody else holds the batch', async () => {
    const message = await issue();
    const { tenure } = tenureOf(await claimOf(message), 1000, 100);
    await database.admin`update batches set fence = fence + 1 where id = ${message.batchId}`;
    await expect.poll(() => tenure.signal.aborted, { timeout: 5000 }).toBe(true);
    expect(tenure.signal.reason).toBeInstanceOf(FencedOutError);
    tenure.end();
  });

  it('ends at once when the worker is to give its work back', async () => {
    const { tenure, giveBack } = tenureOf(await claimOf(await issue()), 10_000, 1000);
    giveBack.abort();
    expect(tenure.signal.reason).toMatchObject({ code: 'worker_stopping' });
    tenure.end();
  });
});
