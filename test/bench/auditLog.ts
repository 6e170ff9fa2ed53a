/**
 * What the audit log costs, on a private PostgreSQL that waits for its disk: appends of one tenant, which take turns, and of many, beside
 * the same transactions without an entry. Prints a line of JSON a measurement.
 *
 *   node_modules/node/bin/node --conditions=@freight/source test/bench/auditLog.ts [SECONDS]
 */
import { join } from 'node:path';
import { appendAudit, readAuditPages, verifyChain } from '@freight/audit';
import { newId } from '@freight/kernel';
import { type Database, openDatabase, type TenantSql } from '@freight/postgres';
import { startPostgres } from '@freight/servers';
import { makeTemplate } from '../harness/template.ts';

const seconds = Number(process.argv[2] ?? 3);
const rounds = 3;

type Work = (sql: TenantSql, tenantId: string) => Promise<unknown>;

const event: Work = (sql, tenantId) => sql`
  insert into job_events (tenant_id, stream_id, version, event_id, type, data, metadata, occurred_at)
  values (${tenantId}, ${newId()}, 1, ${newId()}, 'x', '{}', '{}', now())`;

const eventWithEntry: Work = async (sql, tenantId) => {
  await event(sql, tenantId);
  await appendAudit(sql, { caller: tenantId, subject: tenantId }, [
    {
      requestedAt: new Date(),
      actorKind: 'tenant',
      actorId: newId(),
      source: '203.0.113.7',
      operation: 'createJob',
      resourceKind: 'job',
      resourceId: newId(),
      outcome: 'accepted',
      status: 201,
      code: null,
      commandId: newId(),
    },
  ]);
};

/** Transactions a second, of so many writers at once that go round the tenants. */
const measure = async (db: Database, work: Work, writers: number, tenants: readonly string[]): Promise<number> => {
  let done = 0;
  const end = performance.now() + seconds * 1000;
  const write = async (writer: number): Promise<void> => {
    for (let n = writer; performance.now() < end; n += writers) {
      const tenantId = tenants[n % tenants.length] ?? newId();
      await db.withTenant(tenantId, sql => work(sql, tenantId));
      done++;
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  return Math.round(done / seconds);
};

const postgres = await startPostgres({ dir: join(import.meta.dirname, '../../.freight'), durable: true });
const { templateDatabase, rolePasswords } = await makeTemplate(postgres.adminUrl);
const open = (role: 'freight_jobs' | 'freight_gateway'): Database => {
  const url = new URL(postgres.adminUrl(templateDatabase));
  url.username = role;
  url.password = rolePasswords[role];
  return openDatabase({ url: url.href, applicationName: 'bench', connectionsMax: 16, connectionWaitMs: 60_000 });
};
const db = open('freight_jobs');
const gateway = open('freight_gateway');
const print = (what: string, perSecond: number) => console.log(JSON.stringify({ what, perSecond }));
const one = [newId()];
const many = Array.from({ length: 100 }, newId);
const cases = [
  ['event, 1 writer, 1 tenant', event, 1, one],
  ['event and entry, 1 writer, 1 tenant', eventWithEntry, 1, one],
  ['event, 16 writers, 100 tenants', event, 16, many],
  ['event and entry, 16 writers, 100 tenants', eventWithEntry, 16, many],
  ['event and entry, 16 writers, 1 tenant', eventWithEntry, 16, one],
] as const;
try {
  const results = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [what, work, writers, tenants] of cases) {
      results.set(what, [...(results.get(what) ?? []), await measure(db, work, writers, tenants)]);
    }
  }
  // The best of each: what else runs on the machine only takes away.
  for (const [what, all] of results) print(what, Math.max(...all));
  const entries = async function* () {
    for await (const page of readAuditPages(gateway, one[0] ?? '', {})) yield* page;
  };
  const began = performance.now();
  const report = await verifyChain(entries());
  print(
    report.broken ? 'verification: broken' : 'verification',
    Math.round(report.entries / ((performance.now() - began) / 1000)),
  );
} finally {
  await db.close();
  await gateway.close();
  await postgres.close();
}
