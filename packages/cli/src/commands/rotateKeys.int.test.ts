/** Values are sealed anew beside whoever changes them, and an old version goes only when nothing needs it. */
import { rm } from 'node:fs/promises';
import { newId } from '@freight/kernel';
import { type Database, openDatabase } from '@freight/postgres';
import { resealTenant, tenantTables } from '@freight/tenant-data';
import {
  createVault,
  type KeyProvider,
  openKeyDirectory,
  sealContexts,
  type TenantVault,
  type Vault,
} from '@freight/vault';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/harness/database.ts';
import { createKeysDir } from '../../../../test/harness/keys.ts';
import { retireVersions } from './rotateKeys.ts';

let database: TestDatabase;
let db: Database;
let keysDir: string;
let keys: KeyProvider;
let vault: Vault;
let tenantId: string;
let own: TenantVault;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase({
    url: database.url('freight_tenants'),
    applicationName: 'test',
    connectionsMax: 3,
    connectionWaitMs: 9000,
  });
  keysDir = await createKeysDir();
  keys = await openKeyDirectory(keysDir);
  vault = createVault(keys);
});
beforeEach(async () => {
  tenantId = newId();
  own = await vault.of(tenantId);
});
afterAll(async () => {
  await db.close();
  await database.drop();
  await rm(keysDir, { recursive: true });
});

const storeRecords = async (count: number, seal: TenantVault['seal'] = own.seal): Promise<string> => {
  const runId = newId();
  const rows = Array.from({ length: count }, (_, i) => ({
    tenant_id: tenantId,
    job_id: runId,
    run_id: runId,
    object: 'persons',
    source_id: String(i),
    sealed: seal(`record ${i}`, sealContexts.record(tenantId, runId, 'persons', String(i))),
  }));
  for (let at = 0; at < count; at += 1000)
    await database.admin`insert into staged_records ${database.admin(rows.slice(at, at + 1000))}`;
  return runId;
};

const storeCommand = (state: 'pending' | 'done', id = newId()) =>
  database.admin`
    insert into commands (tenant_id, id, service, type, subject_tenant_id, fingerprint, sealed, state)
    values (${tenantId}, ${id}, 'jobs', 'x', ${tenantId}, '\\x00', ${own.seal('x', sealContexts.command(tenantId, id))}, ${state})`;

const readRecords = async (runId: string) => {
  const rows = await database.admin<{ source_id: string; sealed: Buffer }[]>`
    select source_id, sealed from staged_records where run_id = ${runId}`;
  return rows.map(row => ({
    id: row.source_id,
    form: row.sealed.subarray(0, 5).toString('hex'),
    text: own.open(row.sealed, sealContexts.record(tenantId, runId, 'persons', row.source_id)),
  }));
};

describe('sealing anew', () => {
  it('seals each value of each table with the newest version, once, and all of them open', async () => {
    const runId = await storeRecords(1234);
    const id = newId();
    const place = [tenantId, runId, 'persons', '1'] as const;
    await database.admin`
      insert into connection_secrets (tenant_id, connection_id, sealed, updated_at)
      values (${tenantId}, ${id}, ${own.seal('secret', sealContexts.credentials(tenantId, id))}, now())`;
    await database.admin`
      insert into record_outcomes (tenant_id, job_id, run_id, object, source_id, outcome, sealed_message)
      values (${tenantId}, ${runId}, ${runId}, 'persons', '1', 'failed', ${own.seal('no', sealContexts.outcome(...place))}),
        (${tenantId}, ${runId}, ${runId}, 'persons', '2', 'created', null)`;
    await database.admin`
      insert into run_agreements (tenant_id, run_id, sealed)
      values (${tenantId}, ${runId}, ${own.seal('{}', sealContexts.agreement(tenantId, runId))})`;
    await database.admin`
      insert into connection_schemas (tenant_id, connection_id, sealed, read_at)
      values (${tenantId}, ${id}, ${own.seal('{}', sealContexts.schema(tenantId, id))}, now())`;
    await storeCommand('done');
    await keys.rotate(tenantId);
    expect(await resealTenant(db, own, tenantId)).toEqual({ resealed: 1239, broken: 0 });
    expect(await resealTenant(db, own, tenantId)).toEqual({ resealed: 0, broken: 0 });
    const records = await readRecords(runId);
    expect(new Set(records.map(one => one.form))).toEqual(new Set(['0200000002']));
    expect(records.filter(one => one.text !== `record ${one.id}`)).toEqual([]);
    // The same for what is in no table above: nothing sealed of the tenant is of another version.
    for (const { name, sealed } of tenantTables) {
      if (!sealed) continue;
      const rows = await database.admin`
        select 1 from ${database.admin(name)} where tenant_id = ${tenantId} and ${database.admin(sealed.column)} is not null
          and substring(${database.admin(sealed.column)} from 1 for 5) <> '\\x0200000002'::bytea`;
      expect(rows, name).toHaveLength(0);
    }
  });

  it('never puts an old value in the place of a new one', async () => {
    const id = newId();
    const seal = (text: string) => own.seal(text, sealContexts.credentials(tenantId, id));
    await database.admin`
      insert into connection_secrets (tenant_id, connection_id, sealed, updated_at) values (${tenantId}, ${id}, ${seal('0')}, now())`;
    await storeRecords(1000);
    await keys.rotate(tenantId);
    let [last, over] = [0, false];
    const change = async () => {
      while (!over) {
        await database.admin`
          update connection_secrets set sealed = ${seal(String(last + 1))} where tenant_id = ${tenantId} and connection_id = ${id}`;
        last++;
      }
    };
    const changing = change();
    for (let i = 0; i < 4; i++) {
      await resealTenant(db, own, tenantId);
      await keys.rotate(tenantId);
    }
    over = true;
    await changing;
    const [row] = await database.admin`select sealed from connection_secrets where tenant_id = ${tenantId}`;
    expect(own.open(row?.['sealed'] as Buffer, sealContexts.credentials(tenantId, id))).toBe(String(last));
    expect(last).toBeGreaterThan(5);
  });

  it('leaves what does not open, and other tenants’ values, as they are', async () => {
    const runId = await storeRecords(3);
    await database.admin`update staged_records set sealed = '\\x01020304' where run_id = ${runId} and source_id = '1'`;
    const other = newId();
    const theirs = (await vault.of(other)).seal('x', 'x');
    await database.admin`
      insert into connection_secrets (tenant_id, connection_id, sealed, updated_at) values (${other}, ${newId()}, ${theirs}, now())`;
    await keys.rotate(tenantId);
    expect(await resealTenant(db, own, tenantId)).toEqual({ resealed: 2, broken: 1 });
    const [row] = await database.admin`select sealed from connection_secrets where tenant_id = ${other}`;
    expect(theirs.equals(row?.['sealed'] as Buffer)).toBe(true);
  });
});

describe('an old version', () => {
  const retire = (graceMs = 0) => retireVersions({ db, vault, keys, graceMs }, tenantId);
  const versions = async () => (await keys.ring(tenantId)).names.map(one => one.version);

  it('is destroyed when nothing is sealed with it any more', async () => {
    const runId = await storeRecords(10);
    await keys.rotate(tenantId);
    await retire();
    expect(await versions()).toEqual([2]);
    expect(await readRecords(runId)).toHaveLength(10);
  });

  it('stays while values of before come in, while commands wait, and while something does not open', async () => {
    await storeRecords(10);
    const former = own.seal('late', 'x');
    const runId = await storeRecords(1);
    await keys.rotate(tenantId);
    // A worker that sealed before the rotation stores after the first look.
    const late = setTimeout(() => {
      void database.admin`update staged_records set sealed = ${former} where run_id = ${runId}`.execute();
    }, 300);
    await expect(retire(800)).rejects.toThrow('do not open');
    clearTimeout(late);
    await database.admin`delete from staged_records where run_id = ${runId}`;
    await storeCommand('pending');
    await expect(retire()).rejects.toThrow('try --retire again');
    expect(await versions()).toEqual([1, 2]);
    await database.admin`update commands set state = 'done' where tenant_id = ${tenantId}`;
    await retire();
    expect(await versions()).toEqual([2]);
  });

  it('stays while values that open come in late', async () => {
    const runId = newId();
    const sealed = own.seal('{}', sealContexts.agreement(tenantId, runId));
    await keys.rotate(tenantId);
    setTimeout(() => {
      void database.admin`
        insert into run_agreements (tenant_id, run_id, sealed) values (${tenantId}, ${runId}, ${sealed})`.execute();
    }, 300);
    await expect(retire(1000)).rejects.toThrow('try --retire again');
    await retire();
    expect(await versions()).toEqual([2]);
  });
});
