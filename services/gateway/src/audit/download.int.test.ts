/** A download over a real log, read by a client that takes its time. */
import { readAuditHead } from '@freight/audit';
import { newId } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/harness/database.ts';
import { downloadAudit, downloadFormat } from './download.ts';

let database: TestDatabase;
const tenantId = newId();
let transactions = 0;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  const real = database.open('freight_gateway');
  db = {
    ...real,
    withTenant: (id, work) => {
      transactions++;
      return real.withTenant(id, work);
    },
  };
  await database.admin`
    insert into audit_log (tenant_id, requested_at, actor_kind, outcome, status)
    select ${tenantId}, now(), 'tenant', 'accepted', 200 from generate_series(1, 4500)`;
});
afterAll(() => database.drop());

const open = async (signal: AbortSignal, onEnd: () => void = () => {}, accept = 'application/x-ndjson') => {
  const format = downloadFormat(accept);
  if (!format) throw new Error('no such format');
  const head = await readAuditHead(db, tenantId);
  transactions = 0;
  return downloadAudit({ db, head, filter: {}, format, signal, onEnd }).getReader();
};
const linesIn = (chunk: { value?: Uint8Array | undefined }) =>
  new TextDecoder().decode(chunk.value).split('\n').length - 1;

describe('a download', () => {
  it('reads on only when the client has taken what there was', async () => {
    let ended = 0;
    const reader = await open(new AbortController().signal, () => ended++);
    expect(transactions).toBe(0);
    const sizes: number[] = [];
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      sizes.push(linesIn(chunk));
      expect(transactions).toBe(sizes.length);
    }
    expect([sizes, ended]).toEqual([[1000, 1000, 1000, 1000, 500], 1]);
  });

  it('ends where the log ended when it began', async () => {
    const reader = await open(new AbortController().signal);
    let lines = linesIn(await reader.read());
    await database.admin`
      insert into audit_log (tenant_id, requested_at, actor_kind, outcome, status)
      values (${tenantId}, now(), 'tenant', 'accepted', 200)`;
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) lines += linesIn(chunk);
    expect(lines).toBe(4500);
  });

  it('is cut off when its reader may no longer read', async () => {
    const revoked = new AbortController();
    let ended = 0;
    const reader = await open(revoked.signal, () => ended++);
    await reader.read();
    revoked.abort();
    await expect(reader.read()).rejects.toThrow('aborted');
    expect([transactions, ended]).toEqual([1, 1]);
  });

  it('that the client gives up reads nothing more', async () => {
    let ended = 0;
    const reader = await open(new AbortController().signal, () => ended++, 'text/csv');
    await reader.read();
    const before = transactions;
    await reader.cancel();
    expect([transactions - before, ended]).toEqual([0, 1]);
  });
});
