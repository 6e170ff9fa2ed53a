import { verifyChain } from '@freight/audit';
import type { Platform } from '@freight/cli/platform';
import { outcomes } from '@freight/contracts';
import type postgres from 'postgres';
import { expect } from 'vitest';
import { type Move, openAdmin } from './platform.ts';

/** Whatever was killed: each answered command has exactly one entry in the log of who sent it, and every log is one chain. */
const expectAudited = async (admin: postgres.Sql): Promise<void> => {
  const unpaired = await admin`
    select c.type, (select count(*)::int from audit_log a where a.tenant_id = c.tenant_id and a.command_id = c.id) as entries
    from commands c where c.state = 'done'
      and (select count(*) from audit_log a where a.tenant_id = c.tenant_id and a.command_id = c.id) <> 1`;
  expect(unpaired).toEqual([]);
  const tenants = await admin<{ id: string }[]>`select distinct tenant_id as id from audit_log`;
  expect(tenants.length).toBeGreaterThan(1);
  for (const { id } of tenants) {
    const rows = await admin<{ text: string; hash: string }[]>`
      select freight_audit_canonical(a) as text, encode(hash, 'hex') as hash from audit_log a
      where tenant_id = ${id} order by seq`;
    const entries = async function* () {
      await Promise.resolve();
      for (const { text, hash } of rows) yield { ...(JSON.parse(text) as object), hash };
    };
    const { broken } = await verifyChain(entries(), { tenantId: id });
    expect({ tenant: id, broken }).toEqual({ tenant: id, broken: undefined });
  }
};

/** P1, P2 and P3 at once: every record one outcome, nothing lost or doubled, and all counts the same wherever they are kept. */
export const expectWhole = async (platform: Platform, move: Move): Promise<void> => {
  const job = await move.read();
  expect(job.status).toBe('completed');

  const result = await move.compare();
  expect(result.lost).toEqual([]);
  expect(result.duplicates).toEqual([]);
  expect(result.relationsFound).toBe(result.relationsExpected);
  expect(result.relationsExpected).toBeGreaterThan(0);

  const stored = await move.outcomes();
  expect(new Set(stored.map(one => `${one.object} ${one.sourceId}`)).size).toBe(stored.length);
  expect(stored.length).toBe(job.totalRecords);
  for (const [object, progress] of Object.entries(job.objects)) {
    for (const outcome of outcomes) {
      const count = stored.filter(one => one.object === object && one.outcome === outcome).length;
      expect({ object, outcome, count: progress[outcome] }).toEqual({ object, outcome, count });
    }
  }

  const counts = await move.workspaces.sandbox.counts(move.workspaces.attio.id);
  const created = (object: string) => stored.filter(one => one.object === object && one.outcome === 'created').length;
  expect({ companies: counts['companies'], people: counts['people'], deals: counts['deals'] }).toEqual({
    companies: created('organizations'),
    people: created('persons'),
    deals: created('opportunities'),
  });

  const admin = openAdmin(platform);
  try {
    await expectAudited(admin);
    // Nothing is held, open or doubtful when a job has ended.
    const [open] =
      await admin`select count(*)::int as n from batches where job_id = ${move.jobId} and (state <> 'done' or not folded)`;
    const [doubtful] =
      await admin`select count(*)::int as n from record_ids where job_id = ${move.jobId} and (taken_over or state <> 'done')`;
    expect({ open: open?.['n'], doubtful: doubtful?.['n'] }).toEqual({ open: 0, doubtful: 0 });
  } finally {
    await admin.end();
  }
};
