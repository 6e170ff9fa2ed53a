import { newId } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/harness/database.ts';
import { insertLoadBatches } from './batches.ts';
import { groupRecords } from './groups.ts';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = database.open('freight_jobs');
});
afterAll(() => database.drop());

const object = 'organizations' as const;

/** Stages records with the keys that say who is the same, in the given order. */
const stage = async (records: readonly { readonly id: string; readonly keys: readonly string[] }[]) => {
  const target = { tenantId: newId(), jobId: newId(), runId: newId(), object };
  const common = { tenant_id: target.tenantId, run_id: target.runId, object };
  for (const { id, keys } of records) {
    await database.admin`insert into staged_records ${database.admin({ ...common, job_id: target.jobId, source_id: id, sealed: Buffer.from('x') })}`;
    for (const key of keys) {
      await database.admin`insert into staged_keys ${database.admin({ ...common, kind: 'same', key: Buffer.from(key), source_id: id })}`;
    }
  }
  return target;
};

/** The groups, each as its source ids in order. */
const groupsOf = async (target: Awaited<ReturnType<typeof stage>>): Promise<string[][]> => {
  await db.withTenant(target.tenantId, sql => groupRecords(sql, target));
  const rows = await database.admin<{ ids: string[] }[]>`
    select array_agg(source_id order by ordinal) as ids from staged_records
    where run_id = ${target.runId} group by group_ordinal order by group_ordinal`;
  return rows.map(row => row.ids);
};

/** What the groups must be: connected parts, worked out in the plainest way. */
const expected = (records: readonly { readonly id: string; readonly keys: readonly string[] }[]): string[][] => {
  const byNumber = (a: string, b: string) => Number(a) - Number(b);
  let groups = records.map(record => ({ ids: [record.id], keys: new Set(record.keys) }));
  for (let merged = true; merged; ) {
    merged = false;
    for (const one of groups) {
      const other = groups.find(candidate => candidate !== one && [...candidate.keys].some(key => one.keys.has(key)));
      if (!other) continue;
      groups = groups.filter(candidate => candidate !== one && candidate !== other);
      groups.push({ ids: [...one.ids, ...other.ids], keys: new Set([...one.keys, ...other.keys]) });
      merged = true;
      break;
    }
  }
  return groups.map(group => group.ids.sort(byNumber)).sort((a, b) => byNumber(a[0] ?? '', b[0] ?? ''));
};

describe('grouping the records of an object', () => {
  it('takes the smallest source id first, by number', async () => {
    const target = await stage([
      { id: '10', keys: ['k'] },
      { id: '9', keys: ['k'] },
      { id: '100', keys: [] },
    ]);
    expect(await groupsOf(target)).toEqual([['9', '10'], ['100']]);
  });

  it('joins records that meet through others', async () => {
    const chain = Array.from({ length: 12 }, (_, i) => ({ id: String(20 - i), keys: [`k${i}`, `k${i + 1}`] }));
    expect(await groupsOf(await stage(chain))).toEqual([
      chain.map(one => one.id).sort((a, b) => Number(a) - Number(b)),
    ]);
  });

  it('gives the same groups whatever the order in which the records came', async () => {
    const record = fc.record({
      id: fc.integer({ min: 1, max: 400 }).map(String),
      keys: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(record, { selector: one => one.id, maxLength: 12 }), async records => {
        expect(await groupsOf(await stage(records))).toEqual(expected(records));
      }),
      { numRuns: 25 },
    );
  });
});

it('joins a chain of a thousand records in a few rounds, not in a thousand', async () => {
  const shuffled = Array.from({ length: 1000 }, (_, i) => (i * 389) % 1000);
  const target = await stage(shuffled.map(i => ({ id: String(i), keys: [`k${i}`, `k${i + 1}`] })));
  await database.admin`analyze staged_records, staged_keys`;
  const startedAt = performance.now();
  expect(await groupsOf(target)).toHaveLength(1);
  expect(performance.now() - startedAt).toBeLessThan(5000);
});

describe('cutting an object into batches', () => {
  it('never goes through a group, leaves none out and keeps near the size', async () => {
    // Groups of 1, 2, 3, 1, 2, 3, … records.
    const records = Array.from({ length: 60 }, (_, i) => {
      const group = Math.floor(i / 6) * 3 + ([0, 1, 1, 2, 2, 2][i % 6] ?? 0);
      return { id: String(i + 1), keys: [`g${group}`] };
    });
    const target = await stage(records);
    await groupsOf(target);
    const run = {
      tenantId: target.tenantId,
      jobId: target.jobId,
      runId: target.runId,
      lane: 'default' as const,
      traceparent: null,
    };
    const count = await db.withTenant(target.tenantId, sql => insertLoadBatches(sql, run, target, 10));
    const batches = await database.admin<{ from: number; to: number; records: number }[]>`
      select (b.payload ->> 'fromGroup')::int as from, (b.payload ->> 'toGroup')::int as to, count(s.*)::int as records
      from batches b join staged_records s on s.run_id = b.run_id
        and s.group_ordinal between (b.payload ->> 'fromGroup')::bigint and (b.payload ->> 'toGroup')::bigint
      where b.run_id = ${target.runId} group by b.id, b.payload order by 1`;
    expect(batches).toHaveLength(count);
    expect(batches.reduce((sum, one) => sum + one.records, 0)).toBe(60);
    for (const [i, batch] of batches.entries()) {
      expect(batch.records).toBeLessThanOrEqual(12);
      if (i > 0) expect(batch.from).toBeGreaterThan(batches[i - 1]?.to ?? 0);
    }
  });
});
