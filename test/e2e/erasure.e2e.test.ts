/** What an erased tenant leaves in a backup of before, and that an erasure in the middle of work, with its process killed, is finished. */
import { join } from 'node:path';
import { createFreightApi, type FreightApi } from '@freight/cli/demo';
import type { Platform } from '@freight/cli/platform';
import { type ErasureCertificate, erasureCertificate, erasureView, tenantView } from '@freight/contracts';
import { sleep } from '@freight/kernel';
import { tenantTables } from '@freight/tenant-data';
import { createVault, openKeyDirectory, openSigner, verifySigned } from '@freight/vault';
import type postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Backup, backUp, readEverything } from './backup.ts';
import { type Move, openAdmin, prepareMove, processed, slice, startTestPlatform } from './platform.ts';

let platform: Platform;
let operator: FreightApi;
let backup: Backup | undefined;
beforeAll(async () => {
  platform = await startTestPlatform();
  operator = createFreightApi(platform.urls.gateway, platform.operatorKey);
});
afterAll(async () => {
  await backup?.remove();
  await platform?.stop();
});

const readTenant = (id: string) => operator.get(`/v1/tenants/${id}`, tenantView);

/** Suspends and erases, killing the tenant service again and again meanwhile. @returns the certificate. */
const erase = async (id: string): Promise<ErasureCertificate> => {
  const { slug } = await operator.post(`/v1/tenants/${id}/suspend`, undefined, tenantView);
  await operator.post(`/v1/tenants/${id}/erase`, { slug }, erasureView);
  const tenants = platform.service('tenants');
  for (let kills = 0; kills < 4; kills++) {
    await sleep(700 + 400 * kills);
    await tenants.kill();
    await tenants.restart();
  }
  for (let i = 0; i < 300 && (await readTenant(id)).status !== 'erased'; i++) await sleep(200);
  return operator.get(`/v1/tenants/${id}/erasure-certificate`, erasureCertificate);
};

/** Tries to open everything sealed of a tenant with the services' own code. */
const openAll = async (sql: postgres.Sql, tenantId: string): Promise<{ opened: string[]; refused: number }> => {
  const vaults = createVault(await openKeyDirectory(join(platform.servers.folder, 'keys')));
  const opened: string[] = [];
  let refused = 0;
  for (const { name, sealed } of tenantTables) {
    if (!sealed) continue;
    for (const row of await sql`select * from ${sql(name)} where tenant_id = ${tenantId}`) {
      const bytes = row[sealed.column] as Buffer | null;
      if (bytes === null) continue;
      try {
        opened.push((await vaults.of(tenantId)).open(bytes, sealed.context(tenantId, row)));
      } catch (error) {
        expect(error).toMatchObject({ code: 'key_destroyed' });
        refused++;
      }
    }
  }
  return { opened, refused };
};

/** What must not be found: the credentials, and values of records that no other tenant has. */
const marksOf = (move: Move, addresses: readonly string[]): readonly string[] => [
  move.workspaces.affinity.token,
  move.workspaces.attio.token,
  ...addresses,
];

it('leaves nothing to be read in a backup of before, and everything of the others', async () => {
  const data = slice(120, 200);
  const addresses = data.persons.flatMap(one => one.emails).slice(0, 20);
  expect(addresses).toHaveLength(20);
  const [gone, stays] = [await prepareMove(platform, data), await prepareMove(platform, slice(40, 60))];
  await stays.start();
  await stays.until('the other job has ended', job => job.status === 'completed');
  await gone.start();
  await gone.until('the job is in the middle of it', job => processed(job) > 40);
  backup = await backUp(platform);

  const certificate = await erase(gone.tenantId);
  const keys = await openKeyDirectory(join(platform.servers.folder, 'keys'));
  expect(verifySigned(certificate, (await openSigner(keys)).publicKeys, 'freight.erasure')).toBeUndefined();
  expect(certificate.content.removed.rows).toMatchObject({ migration_jobs: 1, runs: 1, connections: 2 });
  expect(certificate.content.removed.rows['staged_records']).toBeGreaterThan(100);

  const admin = openAdmin(platform);
  const now = await readEverything(admin);
  await admin.end();
  for (const mark of marksOf(gone, addresses)) expect(now).not.toContain(mark);
  expect(now).not.toContain(gone.jobId);

  const restored = await backup.restore();
  try {
    const before = await readEverything(restored.sql);
    expect(before).toContain(gone.jobId);
    for (const mark of marksOf(gone, addresses)) expect(before).not.toContain(mark);
    const mine = await openAll(restored.sql, gone.tenantId);
    expect(mine.opened).toEqual([]);
    expect(mine.refused).toBeGreaterThan(100);
    const theirs = await openAll(restored.sql, stays.tenantId);
    expect(theirs.refused).toBe(0);
    expect(theirs.opened.length).toBeGreaterThan(100);
    expect(theirs.opened.join('\n')).toContain(stays.workspaces.attio.token);
  } finally {
    await restored.stop();
  }
  // The others' work is as it was, and new work is done.
  expect((await stays.read()).status).toBe('completed');
  const next = await prepareMove(platform, slice(10, 10));
  await next.start();
  await next.until('a job begun afterwards has ended', job => job.status === 'completed');
});
