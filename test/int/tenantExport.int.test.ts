/** An export holds everything of the tenant as of one moment and nothing of another's, needs no memory, and shows when it was cut off. */
import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { newId } from '@freight/kernel';
import { exportLines, tenantTables } from '@freight/tenant-data';
import { sealContexts } from '@freight/vault';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayFixture, insertJob, insertJobEvent, startGatewayFixture, until } from './gatewayFixture.ts';

let f: GatewayFixture;
beforeAll(async () => {
  f = await startGatewayFixture();
});
afterAll(() => f.stop());

interface Line {
  readonly kind: string;
  readonly data?: Record<string, unknown>;
  readonly counts?: Record<string, number>;
  readonly sha256?: string;
}
const linesOf = (text: string): Line[] =>
  text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Line);

const exportOf = (tenantId: string, key: string, headers: Record<string, string> = {}) =>
  f.api.call('POST', `/v1/tenants/${tenantId}/export`, { key, headers });

/** A tenant with a connection, a job, a staged record and an outcome. */
const filled = async (mark: string) => {
  const tenant = await f.tenant();
  const made = await f.api.call('POST', '/v1/connections', {
    key: tenant.key,
    body: { name: `${mark} CRM`, system: 'attio', credentials: { apiKey: `${mark}-credentials` } },
  });
  const [jobId, runId] = [await insertJob(f.database, tenant.id), newId()];
  await insertJobEvent(f.database, tenant.id, jobId, 1);
  const vault = await f.vault.of(tenant.id);
  const place = [tenant.id, runId, 'persons', '7'] as const;
  await f.database.admin`
    insert into staged_records (tenant_id, job_id, run_id, object, source_id, sealed)
    values (${tenant.id}, ${jobId}, ${runId}, 'persons', '7',
      ${vault.seal(JSON.stringify({ name: `${mark} Müller` }), sealContexts.record(...place))})`;
  await f.database.admin`
    insert into record_outcomes (tenant_id, job_id, run_id, object, source_id, outcome, reason, sealed_message)
    values (${tenant.id}, ${jobId}, ${runId}, 'persons', '7', 'failed', 'refused',
      ${vault.seal(`no such ${mark} country`, sealContexts.outcome(...place))})`;
  return { ...tenant, jobId, connectionId: made.body.id as string };
};

describe('the list of tenants’ tables', () => {
  it('has every table of the catalog that holds tenants’ data, with its key, and no other', async () => {
    const rows = await f.database.admin<{ name: string; key: string[] }[]>`
      select c.relname as name, array(
        select a.attname::text from pg_index i, unnest(i.indkey) with ordinality k (n, place), pg_attribute a
        where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid and a.attnum = k.n order by k.place) as key
      from pg_class c
      where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and (c.relname = 'tenants' or exists (
        select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))
      order by 1`;
    expect(
      tenantTables
        .map(({ name, key }) => ({ name, key: [name === 'tenants' ? 'id' : 'tenant_id', ...key] }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    ).toEqual(rows.map(({ name, key }) => ({ name, key })));
  });

  it('withholds, keeps and names nothing without a reason, and nothing twice', () => {
    for (const { exported, kept } of tenantTables) {
      expect(kept).not.toBe('');
      if ('withheld' in exported) expect(exported.withheld).not.toBe('');
    }
    const kinds = tenantTables.flatMap(({ exported }) => ('kind' in exported ? [exported.kind] : []));
    expect(new Set(kinds).size).toBe(kinds.length);
  });

  it('gives the roles exactly the rights that it speaks of', async () => {
    for (const { name, exported, kept } of tenantTables) {
      const [row] = await f.database.admin`
        select has_any_column_privilege('freight_exporter', ${name}, 'select') as exports,
          has_table_privilege('freight_eraser', ${name}, 'delete') as erases`;
      const inPlace = name === 'tenant_events' || name === 'tenant_streams';
      expect({ name, ...row }).toEqual({ name, exports: 'kind' in exported, erases: kept === undefined || inPlace });
    }
  });
});

describe('an export', () => {
  it('holds all kinds, with records opened, and neither secrets nor another tenant’s data', async () => {
    const [mine, other] = [await filled('mark-a'), await filled('mark-b')];
    const answer = await exportOf(mine.id, mine.key);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const lines = linesOf(answer.text);
    expect(lines[0]).toMatchObject({ kind: 'header', format: 1, tenantId: mine.id });
    const data = (kind: string) => lines.filter(line => line.kind === kind).map(line => line.data);
    expect(data('tenant')).toMatchObject([{ id: mine.id, status: 'active' }]);
    expect(data('connection')).toMatchObject([{ id: mine.connectionId, name: 'mark-a CRM' }]);
    expect(data('job')).toMatchObject([{ id: mine.jobId }]);
    expect(data('record')).toMatchObject([{ sourceId: '7', record: { name: 'mark-a Müller' } }]);
    expect(data('outcome')).toMatchObject([{ reason: 'refused', message: 'no such mark-a country' }]);
    expect(data('command')).toMatchObject([{ type: 'create-connection', state: 'done' }]);
    expect(data('tenant-event').map(one => one?.['type'])).toEqual([
      'tenant-created',
      'api-key-created',
      'connection-created',
    ]);
    for (const secret of [
      'credentials"',
      'mark-a-credentials',
      '$2',
      mine.key,
      'mark-b',
      other.id,
      'fingerprint',
      'sealed',
    ])
      expect(answer.text.replace(/"withheld":\{.*?\}/, ''), secret).not.toContain(secret);
  });

  it('ends with the counts and a digest of all before, also when it comes compressed', async () => {
    const { id, key } = await filled('mark-c');
    const answer = await exportOf(id, key);
    const trailer = linesOf(answer.text).at(-1);
    const before = answer.text.slice(0, answer.text.lastIndexOf('{"kind":"trailer"'));
    expect(trailer?.sha256).toBe(createHash('sha256').update(before).digest('hex'));
    const counted: Record<string, number> = {};
    for (const { kind } of linesOf(before).slice(1)) counted[kind] = (counted[kind] ?? 0) + 1;
    expect(trailer?.counts).toMatchObject(counted);
    const raw = await fetch(`${f.api.url}/v1/tenants/${id}/export`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'accept-encoding': 'gzip' },
    });
    expect(raw.headers.get('content-encoding')).toBe('gzip');
    // fetch has opened it already where it names its encoding.
    const bytes = Buffer.from(await raw.arrayBuffer());
    const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString();
    // The first export stands in the audit log by now.
    const { 'audit-entry': first = 0, 'api-key-usage': _, ...others } = trailer?.counts ?? {};
    // That the key was used is written every few seconds: perhaps between the two.
    const { 'api-key-usage': __, ...again } = linesOf(text).at(-1)?.counts ?? {};
    expect(again).toEqual({ ...others, 'audit-entry': first + 1 });
  });

  it('that cannot go on is cut off, and does not say why', async () => {
    const { id, key } = await filled('mark-e');
    await f.database.admin`update staged_records set sealed = '\\x01020304' where tenant_id = ${id}`;
    const text = await exportOf(id, key).then(
      answer => answer.text,
      () => '',
    );
    expect(text).not.toContain('"kind":"trailer"');
    expect(text).not.toContain('sealed value');
    expect(f.logs.join('')).toContain('an export ended early');
    await f.database.admin`delete from staged_records where tenant_id = ${id}`;
    expect(linesOf((await exportOf(id, key)).text).at(-1)?.kind).toBe('trailer');
  });

  it('is for the tenant’s own keys that may write, and for operators; to others it is not there', async () => {
    const [mine, other] = [await f.tenant(), await f.tenant()];
    expect((await exportOf(mine.id, f.operatorKey)).status).toBe(200);
    expect((await exportOf(mine.id, other.key)).status).toBe(404);
    expect((await exportOf(newId(), f.operatorKey)).status).toBe(404);
    expect((await exportOf(mine.id, await f.storeKey(mine.id, { scopes: ['read'] }))).status).toBe(403);
  });

  it('runs once at a time for a tenant, waits for who reads slowly, and is free again when he leaves', async () => {
    const { id, key, jobId } = await filled('mark-d');
    const vault = await f.vault.of(id);
    const runId = newId();
    const rows = Array.from({ length: 3000 }, (_, i) => ({
      tenant_id: id,
      job_id: jobId,
      run_id: runId,
      object: 'persons',
      source_id: String(i),
      sealed: vault.seal(
        JSON.stringify({ id: i, text: 'x'.repeat(3000) }),
        sealContexts.record(id, runId, 'persons', String(i)),
      ),
    }));
    for (let i = 0; i < rows.length; i += 500)
      await f.database.admin`insert into staged_records ${f.database.admin(rows.slice(i, i + 500))}`;
    const slow = new AbortController();
    const first = await fetch(`${f.api.url}/v1/tenants/${id}/export`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'accept-encoding': 'identity' },
      signal: slow.signal,
    });
    expect(first.status).toBe(200);
    expect(await exportOf(id, key)).toMatchObject({ status: 409, body: { code: 'export_running' } });
    // What it reads is of the moment when it began, and it keeps nobody from sending events.
    const [began] = await f.database.admin`select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`;
    await f.api.call('POST', '/v1/connections', {
      key,
      body: { name: 'later', system: 'attio', credentials: { apiKey: 'later' } },
    });
    const [later] = await f.database.admin`
      select pg_snapshot_xmin(pg_current_snapshot()) > ${began?.['xmin']}::text::xid8 as moved`;
    expect(later).toEqual({ moved: true });
    // Between two portions it is idle for moments only until what may be under way to a slow reader is full.
    await until('the export stands still with its snapshot and without a number', async () => {
      const held = await f.database.admin`
        select backend_xid from pg_stat_activity
        where application_name = 'freight-gateway' and state = 'idle in transaction' and backend_xmin is not null`;
      return held.length === 1 && held[0]?.['backend_xid'] === null;
    });
    slow.abort();
    await first.text().catch(() => {});
    // One that a busy machine cut off, since it could not tell in time whether the key is good, is asked for again: it has no trailer.
    let whole = '';
    await until(
      'an export is whole',
      async () => {
        const answer = await exportOf(id, key).catch(() => undefined);
        whole = answer?.status === 200 ? answer.text : '';
        return whole.includes('"kind":"trailer"');
      },
      30_000,
    );
    expect(linesOf(whole).filter(line => line.kind === 'record')).toHaveLength(3001);
  });

  it('needs no more memory for ten times the data', { timeout: 120_000 }, async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // Twice, with a pause: what lies outside the heap is let go by what the first one finds.
    const gc = async () => {
      collect();
      await new Promise(resolve => setImmediate(resolve));
      collect();
    };
    const door = f.database.open('freight_gateway');
    const peakOf = async (records: number): Promise<{ peak: number; bytes: number }> => {
      const [tenant, runId] = [await f.tenant(), newId()];
      const vault = await f.vault.of(tenant.id);
      const text = 'x'.repeat(2000);
      for (let i = 0; i < records; i += 500) {
        const rows = Array.from({ length: 500 }, (_, n) => ({
          tenant_id: tenant.id,
          job_id: runId,
          run_id: runId,
          object: 'persons',
          source_id: String(i + n),
          sealed: vault.seal(JSON.stringify({ text }), sealContexts.record(tenant.id, runId, 'persons', String(i + n))),
        }));
        await f.database.admin`insert into staged_records ${f.database.admin(rows)}`;
      }
      await gc();
      const start = process.memoryUsage();
      let [peak, bytes, pieces] = [0, 0, 0];
      await door.readSnapshotAs('freight_exporter', tenant.id, async sql => {
        for await (const piece of exportLines(sql, { tenantId: tenant.id, vault, now: new Date() })) {
          bytes += piece.length;
          if (pieces++ % 20 !== 0) continue;
          await gc();
          const now = process.memoryUsage();
          peak = Math.max(peak, now.heapUsed + now.external - start.heapUsed - start.external);
        }
      });
      return { peak, bytes };
    };
    const [small, large] = [await peakOf(2500), await peakOf(25_000)];
    expect(large.bytes).toBeGreaterThan(50_000_000);
    expect(large.peak - small.peak).toBeLessThan(10_000_000);
    console.log(
      `an export of ${large.bytes} bytes: at most ${large.peak} bytes of memory; of ${small.bytes}: ${small.peak}`,
    );
  });
});
