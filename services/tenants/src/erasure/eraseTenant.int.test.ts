/** An erasure that is interrupted anywhere is finished by the next one, and says the same as one that was not. */
import { rm } from 'node:fs/promises';
import { type ErasureCertificate, platformTenantId, tenantSettings } from '@freight/contracts';
import { newId, sleep } from '@freight/kernel';
import type { Database } from '@freight/postgres';
import { tenantTables } from '@freight/tenant-data';
import { createVault, type KeyProvider, openKeyDirectory, openSigner, type Signer, verifySigned } from '@freight/vault';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/harness/database.ts';
import { createKeysDir } from '../../../../test/harness/keys.ts';
import { execute } from '../execute.ts';
import { rebuildTenants } from '../rebuild.ts';
import { createRevocationLog } from '../revocations.ts';
import { type EraseOptions, eraseTenant } from './eraseTenant.ts';
import { listUnfinished, recordErasure } from './erasures.ts';

let database: TestDatabase;
let db: Database;
let keysDir: string;
let keys: KeyProvider;
let signer: Signer;
beforeAll(async () => {
  database = await createTestDatabase();
  db = database.open('freight_tenants');
  keysDir = await createKeysDir();
  keys = await openKeyDirectory(keysDir);
  signer = await openSigner(keys);
  await relayed();
});
afterAll(async () => {
  await database.drop();
  await rm(keysDir, { recursive: true });
});

/** Both relays have come to the end of their logs. */
const relayed = async () => {
  for (const relay of ['relay job', 'relay tenant']) {
    await database.admin`
      insert into relay_positions (relay, tx, seq) values (${relay}, '9223372036854775807', 0)
      on conflict (relay) do update set tx = excluded.tx`;
  }
};

/** Streams and Redis as counters: what is found in them the first time is gone the next. */
const places = () => {
  const left = new Map([
    ['FREIGHT_EVENTS', 3],
    ['redis', 2],
  ]);
  const take = (place: string) => {
    const count = left.get(place) ?? 0;
    left.delete(place);
    return Promise.resolve(count);
  };
  return {
    bus: { purgeTenant: async () => ({ FREIGHT_EVENTS: await take('FREIGHT_EVENTS') }) },
    redis: { removeTenant: () => take('redis') },
  };
};

const optionsOf = (more: Partial<EraseOptions> = {}): EraseOptions => ({
  db,
  ...places(),
  keys,
  signer,
  revocations: createRevocationLog(db, () => {}),
  now: () => new Date(),
  settleMs: 0,
  endsSubscriptions: false,
  ...more,
});

const decide = (tenantId: string, command: Parameters<typeof execute>[1]['command']) =>
  db.withTenant(tenantId, sql => execute(sql, { tenantId, command, metadata: {}, now: new Date() }));

/** A tenant with rows in every table, suspended and to be erased. */
const createTenant = async (): Promise<string> => {
  const tenantId = newId();
  const key = { keyId: newId(), prefix: 'frt_test_00000000', label: 'k', scopes: ['write'] as const, expiresAt: null };
  const settings = tenantSettings.parse({});
  await decide(tenantId, { type: 'create-tenant', name: 'Birch', slug: `t-${tenantId.slice(-12)}`, settings, key });
  const sealed = (await createVault(keys).of(tenantId)).seal('x', 'x');
  const { admin } = database;
  const [jobId, runId, id] = [newId(), newId(), newId()];
  await admin.begin(async sql => {
    await sql`insert into api_key_hashes (tenant_id, key_id, hash) values (${tenantId}, ${id}, 'hash')`;
    await sql`insert into api_key_usage (tenant_id, key_id, last_used_at) values (${tenantId}, ${id}, now())`;
    await sql`
      insert into connections (tenant_id, id, name, system, base_url, created_at, updated_at)
      values (${tenantId}, ${id}, 'c', 'attio', 'https://x', now(), now())`;
    await sql`insert into connection_secrets (tenant_id, connection_id, sealed, updated_at) values (${tenantId}, ${id}, ${sealed}, now())`;
    await sql`
      insert into commands (tenant_id, id, service, type, subject_tenant_id, fingerprint, sealed)
      values (${tenantId}, ${id}, 'jobs', 'x', ${tenantId}, ${sealed}, ${sealed}),
        (${platformTenantId}, ${newId()}, 'tenants', 'create-tenant', ${tenantId}, ${sealed}, ${sealed})`;
    await sql`
      insert into migration_jobs (tenant_id, id, name, source_connection_id, target_connection_id, source_system, target_system,
        status, run_id, config, objects, created_at, updated_at, version)
      values (${tenantId}, ${jobId}, 'j', ${id}, ${id}, 'affinity', 'attio', 'running', ${runId}, '{}', '{}', now(), now(), 1)`;
    await sql`
      insert into runs (tenant_id, job_id, id, kind, status, phase, started_at)
      values (${tenantId}, ${jobId}, ${runId}, 'full', 'active', 'load', now())`;
    await sql`insert into job_streams (tenant_id, stream_id, version, state, updated_at) values (${tenantId}, ${jobId}, 1, '{}', now())`;
    await sql`
      insert into job_events (tenant_id, stream_id, version, event_id, type, data, metadata, occurred_at)
      values (${tenantId}, ${jobId}, 1, ${newId()}, 'x', '{}', '{}', now())`;
    await sql`
      insert into batches (tenant_id, id, job_id, run_id, kind, seq, lane, payload, state, leased_until, fence)
      values (${tenantId}, ${id}, ${jobId}, ${runId}, 'load', 1, 'default', '{}', 'claimed', now() + interval '300 ms', 1)`;
    await sql`
      insert into staged_records (tenant_id, job_id, run_id, object, source_id, sealed)
      select ${tenantId}, ${jobId}, ${runId}, 'persons', n, ${sealed} from generate_series(1, 4500) n`;
    await sql`insert into staged_keys (tenant_id, run_id, object, kind, key, source_id) values (${tenantId}, ${runId}, 'persons', 'same', ${sealed}, '1')`;
    await sql`
      insert into run_agreements (tenant_id, run_id, sealed) values (${tenantId}, ${runId}, ${sealed})`;
    await sql`
      insert into connection_schemas (tenant_id, connection_id, sealed, read_at) values (${tenantId}, ${id}, ${sealed}, now())`;
    await sql`
      insert into audit_log (tenant_id, requested_at, actor_kind, outcome, status)
      values (${tenantId}, now(), 'tenant', 'accepted', 200)`;
    await sql`
      insert into record_ids (tenant_id, job_id, object, source_id, state, batch_id, fence)
      values (${tenantId}, ${jobId}, 'persons', '1', 'intended', ${id}, 1)`;
    await sql`
      insert into subscriptions (tenant_id, id, name, start_at, account_key, user_key, created_at)
      values (${tenantId}, ${id}, 'Downstream', 'all', 'A', 'U', now())`;
    await sql`
      insert into subscription_floors (tenant_id, subscription_id, tenant_tx, tenant_seq, job_tx, job_seq, stream_seq, ended_at)
      values (${tenantId}, ${id}, '0', 0, '0', 0, 0, now())`;
    await sql`
      insert into record_outcomes (tenant_id, job_id, run_id, object, source_id, outcome)
      values (${tenantId}, ${jobId}, ${runId}, 'persons', '1', 'failed')`;
  });
  await decide(tenantId, { type: 'suspend-tenant' });
  await decide(tenantId, { type: 'erase-tenant', slug: `t-${tenantId.slice(-12)}` });
  await db.withTenant(tenantId, sql => recordErasure(sql, tenantId, { at: new Date(), requestedBy: 'operator' }));
  return tenantId;
};

const rowsOf = async (tenantId: string): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { name } of tenantTables) {
    const column = name === 'tenants' ? 'id' : 'tenant_id';
    const [row] = await database.admin`
      select count(*)::int as n from ${database.admin(name)} where ${database.admin(column)} = ${tenantId}`;
    counts[name] = row?.['n'] as number;
  }
  return counts;
};

const finish = async (tenantId: string, options: EraseOptions): Promise<void> => {
  for (let i = 0; i < 100; i++) {
    if ((await eraseTenant(options, tenantId)) === 'done') return;
    await sleep(50);
  }
  throw new Error('not erased in time');
};

const certificateOf = async (tenantId: string): Promise<ErasureCertificate> => {
  const [row] = await database.admin`select certificate from erasures where tenant_id = ${tenantId}`;
  return row?.['certificate'] as ErasureCertificate;
};

/** What a certificate of such a tenant says. */
const removed = {
  rows: {
    commands: 2,
    runs: 1,
    migration_jobs: 1,
    job_streams: 1,
    batches: 1,
    staged_keys: 1,
    staged_records: 4500,
    record_ids: 1,
    record_outcomes: 1,
    subscriptions: 1,
    subscription_floors: 1,
    job_events: 1,
    connection_secrets: 1,
    run_agreements: 1,
    connection_schemas: 1,
    connections: 1,
    api_key_hashes: 1,
    audit_log: 1,
    api_key_usage: 1,
    api_keys: 1,
    tenant_events: 4,
  },
  messages: { FREIGHT_EVENTS: 3 },
  redisKeys: 2,
};
const left = { tenants: 1, erasures: 1, tenant_streams: 1, tenant_events: 1 };
const nothingElse = Object.fromEntries(
  tenantTables.map(({ name }) => [name, (left as Record<string, number>)[name] ?? 0]),
);

describe('an erasure', () => {
  it('leaves a stub, a certificate that verifies, and the rows of others', async () => {
    const [tenantId, other] = [await createTenant(), await createTenant()];
    const before = await rowsOf(other);
    expect(Object.values(before).every(count => count > 0)).toBe(true);
    const names = (await keys.ring(tenantId)).names;
    await finish(tenantId, optionsOf());
    expect(await rowsOf(tenantId)).toEqual(nothingElse);
    expect(await rowsOf(other)).toEqual(before);
    const certificate = await certificateOf(tenantId);
    expect(verifySigned(certificate, signer.publicKeys, 'freight.erasure')).toBeUndefined();
    expect(certificate.content).toMatchObject({ tenantId, requestedBy: 'operator', keys: { names }, removed });
    await expect(keys.ring(tenantId)).rejects.toMatchObject({ code: 'key_destroyed' });
    expect(await keys.ring(other)).toBeDefined();
    const [stub] =
      await database.admin`select name, slug, status, settings, api_key_hash from tenants where id = ${tenantId}`;
    expect(stub).toEqual({
      name: 'erased',
      slug: `erased-${tenantId}`,
      status: 'erased',
      settings: {},
      api_key_hash: null,
    });
    const text = JSON.stringify([
      await database.admin`select * from tenant_events where tenant_id = ${tenantId}`,
      await database.admin`select * from tenant_streams where tenant_id = ${tenantId}`,
    ]);
    expect(text).not.toMatch(/Birch|"t-|frt_/);
  });

  it('is what a rebuild makes of the log', async () => {
    const tenantId = await createTenant();
    await finish(tenantId, optionsOf());
    const dump = async () => [
      await database.admin`select t::text from tenants t order by 1`,
      await database.admin`select t::text from tenant_streams t order by 1`,
    ];
    const before = await dump();
    await rebuildTenants(db);
    expect(await dump()).toEqual(before);
  });

  it('waits until the last worker has lost its right to send, and until the relays have sent what they were to', async () => {
    const tenantId = await createTenant();
    await database.admin`update batches set leased_until = now() + interval '1 hour' where tenant_id = ${tenantId}`;
    expect(await eraseTenant(optionsOf(), tenantId)).toBe('waiting');
    const [batch] = await database.admin`select state, fence::int from batches where tenant_id = ${tenantId}`;
    expect(batch).toEqual({ state: 'done', fence: 2 });
    expect(await keys.ring(tenantId)).toBeDefined();
    await database.admin`update erasures set quiet_at = now() - interval '1 minute' where tenant_id = ${tenantId}`;
    await database.admin`update relay_positions set tx = '1' where relay = 'relay job'`;
    expect(await eraseTenant(optionsOf(), tenantId)).toBe('waiting');
    expect((await rowsOf(tenantId))['job_events']).toBe(1);
    await relayed();
    expect(await eraseTenant(optionsOf({ settleMs: 3_600_000 }), tenantId)).toBe('waiting');
    await finish(tenantId, optionsOf());
  });

  it('waits until the broker has forgotten the tenant’s subscribers: afterwards nobody could find them', async () => {
    const tenantId = await createTenant();
    await database.admin`update subscription_floors set ended_at = null where tenant_id = ${tenantId}`;
    const options = optionsOf({ endsSubscriptions: true });
    const until = performance.now() + 1500;
    while (performance.now() < until) {
      expect(await eraseTenant(options, tenantId)).toBe('waiting');
      await sleep(50);
    }
    expect((await rowsOf(tenantId))['subscriptions']).toBe(1);
    await database.admin`update subscription_floors set ended_at = now() where tenant_id = ${tenantId}`;
    await finish(tenantId, options);
    expect((await rowsOf(tenantId))['subscriptions']).toBe(0);
  });

  it('removes what came back in the middle of it', async () => {
    const tenantId = await createTenant();
    const common = places();
    let late = 2;
    const removeTenant = async () => {
      if (late-- > 0) {
        await database.admin`
          insert into api_key_usage (tenant_id, key_id, last_used_at) values (${tenantId}, ${newId()}, now())`;
      }
      return common.redis.removeTenant();
    };
    await finish(tenantId, optionsOf({ ...common, redis: { removeTenant } }));
    expect((await certificateOf(tenantId)).content.removed.rows['api_key_usage']).toBe(3);
    expect(await rowsOf(tenantId)).toEqual(nothingElse);
  });

  it('interrupted after each of its steps, is finished by the next, with the same certificate', {
    timeout: 120_000,
  }, async () => {
    const steps: string[] = [];
    await finish(await createTenant(), optionsOf({ onStep: step => steps.includes(step) || steps.push(step) }));
    expect(steps.length).toBeGreaterThan(20);
    for (const last of steps) {
      const tenantId = await createTenant();
      const killed = new Error('killed');
      const common = places();
      const onStep = (step: string) => {
        if (step === last) throw killed;
      };
      await expect(finish(tenantId, optionsOf({ ...common, onStep })), last).rejects.toBe(killed);
      const again = await openKeyDirectory(keysDir);
      await finish(tenantId, optionsOf({ ...common, keys: again }));
      expect((await certificateOf(tenantId)).content.removed, last).toEqual(removed);
      expect(await rowsOf(tenantId), last).toEqual(nothingElse);
    }
    expect(await listUnfinished(db)).not.toContain(undefined);
  });

  it('of a tenant with many rows keeps no other waiting', async () => {
    const [tenantId, other] = [await createTenant(), await createTenant()];
    await database.admin`
      insert into staged_records (tenant_id, job_id, run_id, object, source_id, sealed)
      select ${tenantId}, ${newId()}, ${newId()}, 'persons', n, '\\x00' from generate_series(1, 200000) n`;
    const door = database.open('freight_workers');
    let [writes, longest] = [0, 0];
    let over = false;
    const write = async () => {
      while (!over) {
        const start = performance.now();
        await door.withTenant(
          other,
          sql => sql`
            insert into staged_keys (tenant_id, run_id, object, kind, key, source_id)
            values (${other}, ${newId()}, 'persons', 'same', '\\x00', '1')`,
        );
        longest = Math.max(longest, performance.now() - start);
        writes++;
        await sleep(5);
      }
    };
    const writing = write();
    const start = performance.now();
    await finish(tenantId, optionsOf());
    const ms = Math.round(performance.now() - start);
    over = true;
    await writing;
    console.log(
      `204,500 rows removed in ${ms} ms beside ${writes} writes of another tenant, the slowest ${Math.round(longest)} ms`,
    );
    expect(writes).toBeGreaterThan(20);
    const [waited] = await database.admin`select count(*)::int as n from pg_locks where not granted`;
    expect(waited).toEqual({ n: 0 });
    expect((await certificateOf(tenantId)).content.removed.rows['staged_records']).toBe(204_500);
  });
});
