/** The command as it is run: another process, over a database and over files. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditHead, appendAudit, readAudit } from '@freight/audit';
import { platformTenantId } from '@freight/contracts';
import { canonicalJson, newId } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/harness/database.ts';

let database: TestDatabase;
let gateway: Database;
let folder: string;
const [a, b] = [newId(), newId()];
const heads = new Map<string, AuditHead>();

const write = async (tenantId: string) => {
  const tenants = { caller: tenantId, subject: tenantId };
  const [head] = await gateway.withTenant(tenantId, sql =>
    appendAudit(sql, tenants, [
      {
        requestedAt: new Date(),
        actorKind: 'tenant',
        actorId: newId(),
        source: null,
        operation: 'createJob',
        resourceKind: 'job',
        resourceId: newId(),
        outcome: 'accepted',
        status: 201,
        code: null,
      },
    ]),
  );
  if (head) heads.set(tenantId, head);
};
const anchorOf = (tenantId: string): string => `${heads.get(tenantId)?.seq}:${heads.get(tenantId)?.hash}`;

const run = (args: readonly string[], input?: string): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise(resolve => {
    const main = join(import.meta.dirname, '../main.ts');
    const child = spawn(process.execPath, ['--conditions=@freight/source', main, 'audit', 'verify', ...args], {
      env: { ...process.env, FREIGHT_DATABASE_URL_GATEWAY: database.url('freight_gateway') },
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (err += data.toString()));
    child.on('close', code => resolve({ code, out, err }));
    child.stdin.end(input);
  });

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = database.open('freight_gateway');
  folder = await mkdtemp(join(tmpdir(), 'freight-audit-'));
  for (const id of [a, b]) {
    await database.admin`
      insert into tenants (id, name, slug, status, settings, version, created_at, updated_at)
      values (${id}, 'x', ${id}, 'active', '{}', 1, now(), now())`;
  }
  for (const id of [a, b, platformTenantId]) for (let n = 0; n < 5; n++) await write(id);
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const download = async (name: string, change: (lines: string[]) => string[] = lines => lines): Promise<string> => {
  const entries = await readAudit(gateway, a, {}, { order: 'oldest', limit: 100 });
  const path = join(folder, name);
  await writeFile(path, `${change(entries.map(canonicalJson)).join('\n')}\n`);
  return path;
};

describe('audit verify', () => {
  it('proves every log of the database, and says where each ends', async () => {
    const { code, out } = await run([]);
    expect(code).toBe(0);
    for (const id of [a, b, platformTenantId])
      expect(out).toContain(`tenant ${id}: whole, 5 entries, ends at ${anchorOf(id)}`);
    expect(out.trimEnd().endsWith('3 logs, 0 broken')).toBe(true);
  });

  it('proves a download without any server, also one that comes in by a pipe', async () => {
    const path = await download('whole.ndjson');
    const expected = { code: 0, out: expect.stringContaining(`tenant ${a}: whole, 5 entries`) as string };
    expect(await run([path, '--anchor', anchorOf(a)])).toMatchObject(expected);
    const entries = await readAudit(gateway, a, {}, { order: 'oldest', limit: 100 });
    expect(await run(['-'], entries.map(canonicalJson).join('\n'))).toMatchObject(expected);
  });

  it('names the first broken link of a download, by tenant and place, and ends with 1', async () => {
    const changed = await download('changed.ndjson', lines => lines.with(2, (lines[2] ?? '').replace('201', '200')));
    expect(await run([changed])).toMatchObject({
      code: 1,
      out: expect.stringContaining(`tenant ${a}: broken at 3: changed`),
    });
    const cut = await download('cut.ndjson', lines => lines.slice(0, 3));
    expect((await run([cut])).code).toBe(0);
    expect(await run([cut, '--anchor', anchorOf(a)])).toMatchObject({
      code: 1,
      out: expect.stringContaining('broken at 4: cut'),
    });
  });

  it('takes the services’ log lines, and an earlier download, for anchors', async () => {
    const kept = join(folder, 'services.jsonl');
    const lines = [...heads.values()].map(head =>
      JSON.stringify({ level: 'info', ...head, message: 'audit log ends' }),
    );
    await writeFile(kept, ['{"message":"listening","port":1}', 'no JSON', ...lines].join('\n'));
    expect((await run(['--anchor', kept])).code).toBe(0);
    const earlier = await download('earlier.ndjson');
    await database.admin`delete from audit_log where tenant_id = ${a} and seq > 3`;
    await database.admin`delete from audit_log where tenant_id = ${b}`;
    expect((await run([])).code).toBe(0);
    const found = await run(['--anchor', kept]);
    expect(found.code).toBe(1);
    expect(found.out).toContain(`tenant ${a}: broken at 4: cut`);
    expect(found.out).toContain(`tenant ${b}: broken at 1: cut`);
    expect(found.out.trimEnd().endsWith('3 logs, 2 broken')).toBe(true);
    expect((await run(['--tenant', a, '--anchor', earlier])).code).toBe(1);
  });

  it('says what it cannot read, and does not take a file without anchors for one', async () => {
    expect(await run([join(folder, 'nowhere')])).toMatchObject({
      code: 1,
      err: expect.stringContaining('cannot be read'),
    });
    const empty = join(folder, 'empty');
    await writeFile(empty, '{}\n');
    expect(await run(['--anchor', empty])).toMatchObject({ code: 1, err: expect.stringContaining('holds no anchors') });
  });
});
