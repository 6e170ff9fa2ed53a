/** `./freight isolation` finds what it is there to find: a platform with a hole is opened to it, one hole at a time. */
import type { Platform } from '@freight/cli/platform';
import {
  type Attempt,
  type BareTenant,
  createHttpClient,
  createRecorder,
  type Floor,
  type HttpPart,
  type Prepared,
  prepare,
  runIsolation,
  summarise,
  type Target,
  tenantTables,
  tryFloors,
  trySql,
} from '@freight/isolation';
import { serviceRoles } from '@freight/postgres';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OtherGateway, type PassedBack, type Passing, startChangedGateway, startProxy } from './isolationHoles.ts';
import { openAdmin, startTestPlatform } from './platform.ts';

let platform: Platform;
let admin: postgres.Sql;
let target: Target;
let prepared: Prepared;
let tables: readonly string[];
const tenants: BareTenant[] = [];

beforeAll(async () => {
  platform = await startTestPlatform();
  admin = openAdmin(platform);
  target = {
    urls: [platform.urls.gateway],
    operatorKey: platform.operatorKey,
    sandboxUrl: platform.urls.sandbox,
    databaseUrls: new Map(serviceRoles.map(role => [role, platform.database.of(role)])),
    adminUrl: platform.database.admin,
  };
  tables = [...(await tenantTables(admin)), 'hole'];
  prepared = await prepare(target, tenants);
});
afterAll(async () => {
  prepared?.client.close();
  await admin?.end();
  await platform?.stop();
});

const leaksOf = (attempts: readonly Attempt[]): readonly string[] =>
  attempts.filter(one => one.result === 'leak').map(one => `${one.name}: ${one.tried}: ${one.seen}`);

/** What the database's floor finds while a change is in force. @param table the one to look at beside the catalog; all when not said. */
const findInDatabase = async (open: string, close: string, table?: string): Promise<readonly string[]> => {
  await admin.unsafe(open);
  try {
    const record = createRecorder();
    const [a, b] = [prepared.a.tenantId, prepared.b.tenantId];
    await trySql({
      record,
      urls: target.databaseUrls ?? new Map(),
      adminUrl: target.adminUrl,
      a,
      b,
      ...(table ? { tables: [table] } : {}),
    });
    return leaksOf(record.attempts);
  } finally {
    await admin.unsafe(close);
  }
};

/** What is found through another gateway, by the same two tenants. */
const findThrough = async (
  other: OtherGateway,
  httpParts: readonly HttpPart[],
  floors: readonly Floor[] = ['http'],
): Promise<readonly string[]> => {
  const record = createRecorder();
  const client = createHttpClient([other.url]);
  try {
    const through = { ...target, urls: [other.url] };
    const options = { target: through, floors, httpParts, samples: 15, onStep: () => {} };
    await tryFloors({ ...prepared, client }, record, options);
    return leaksOf(record.attempts);
  } finally {
    client.close();
    await other.stop();
  }
};

it('nothing is found where there is no hole', async () => {
  expect(await findInDatabase('select 1', 'select 1')).toEqual([]);
  const parts = ['idempotency', 'reads', 'cursors', 'permissions', 'ids'] as const;
  expect(await findThrough(await startProxy(platform.urls.gateway, {}), parts)).toEqual([]);
});

it('what has no address is named, and on a platform of somebody else the tenants are erased', async () => {
  const { urls, operatorKey } = target;
  const result = await runIsolation({
    target: { urls, operatorKey },
    floors: ['sql', 'nats', 'redis'],
    onStep: () => {},
  });
  const summary = summarise(result);
  expect({ leaks: summary.leaks, unclear: summary.unclear, tables: summary.tablesTotal }).toEqual({
    leaks: 0,
    unclear: 0,
    tables: 0,
  });
  expect(summary.notTried.map(one => one.split(':')[0])).toEqual(['http', 'sql', 'nats', 'redis']);
  const answer = await fetch(`${platform.urls.gateway}/v1/tenants?limit=4`, {
    headers: { authorization: `Bearer ${operatorKey}` },
  });
  const { items } = (await answer.json()) as { items: { slug: string; status: string }[] };
  expect(items.filter(one => !['erasing', 'erased'].includes(one.status))).toEqual([]);
  expect(new Set(summary.left.map(line => line.split(' ')[1]))).toEqual(new Set(items.map(one => one.slug)));
});

const rule = '(tenant_id = freight_tenant())';
const isolate = (table: string) => `create policy tenant_isolation on ${table} using ${rule} with check ${rule}`;

describe('a hole in the database is found', () => {
  it.each([
    [
      'a policy that is missing, row security off',
      'connections',
      'alter table connections disable row level security',
      'alter table connections enable row level security',
      /freight_gateway reads others' rows as tenant A: [1-9]/,
    ],
    [
      'the same for the log',
      'job_events',
      'alter table job_events disable row level security',
      'alter table job_events enable row level security',
      /freight_jobs copies the table out as tenant A/,
    ],
    [
      'a policy for all rows',
      'record_outcomes',
      'drop policy tenant_isolation on record_outcomes; create policy tenant_isolation on record_outcomes using (true)',
      `drop policy tenant_isolation on record_outcomes; ${isolate('record_outcomes')}`,
      /freight_workers adds a row to B/,
    ],
    [
      'a policy that checks nothing that is written',
      'batches',
      `drop policy tenant_isolation on batches; create policy tenant_isolation on batches using ${rule} with check (true)`,
      `drop policy tenant_isolation on batches; ${isolate('batches')}`,
      /freight_jobs adds a row to B/,
    ],
    [
      'a second policy beside the right one',
      'staged_records',
      'create policy more on staged_records for select using (true)',
      'drop policy more on staged_records',
      /freight_workers reads others' rows/,
    ],
    [
      'row security that does not bind the owner, who is a service',
      'migration_jobs',
      'alter table migration_jobs owner to freight_jobs; alter table migration_jobs no force row level security',
      'alter table migration_jobs owner to current_user; grant select, insert, update, delete on migration_jobs to freight_jobs; alter table migration_jobs force row level security',
      /freight_jobs unforces row security as tenant A: it was allowed|freight_jobs reads others' rows/,
    ],
    [
      'a sealed column for a service that does not need it',
      'connection_secrets',
      'grant select (sealed) on connection_secrets to freight_gateway',
      'revoke select (sealed) on connection_secrets from freight_gateway',
      /who reads sealed.*freight_gateway/,
    ],
    [
      'a column too many for a role that reads all tenants',
      'tenants',
      'grant select (api_key_hash) on tenants to freight_operator',
      'revoke select (api_key_hash) on tenants from freight_operator',
      /freight_operator reads of every tenant: also api_key_hash/,
    ],
    [
      'a unique key without the tenant',
      'connections',
      'create unique index hole on connections (id)',
      'drop index hole',
      /freight_tenants adds a row with B's keys as tenant A: 23505/,
    ],
    [
      'a foreign key without the tenant',
      'batches',
      'create unique index hole on migration_jobs (id); alter table batches add constraint hole foreign key (job_id) references migration_jobs (id) not valid',
      'alter table batches drop constraint hole; drop index hole',
      /freight_jobs refers from A's row to B's by hole: it was allowed/,
    ],
    [
      'a service that may take on a role of another one',
      'freight_workers',
      'grant freight_relay to freight_workers',
      'revoke freight_relay from freight_workers',
      /takes on freight_relay: it was allowed/,
    ],
    [
      'a view with its owner’s rights',
      'views',
      'create view hole as select * from connections; grant select on hole to freight_gateway',
      'drop view hole',
      /hole/,
    ],
    [
      'a right to empty a table',
      'runs',
      'grant truncate on runs to freight_jobs',
      'revoke truncate on runs from freight_jobs',
      /freight_jobs empties the table as tenant A: it was allowed/,
    ],
    [
      'a service that may bypass row security',
      'freight_workers',
      'alter role freight_workers bypassrls',
      'alter role freight_workers nobypassrls',
      /freight_workers reads others' rows as nobody/,
    ],
    [
      'a scope for everybody who logs in',
      'freight_gateway',
      `alter role freight_gateway set freight.tenant_id = '00000000-0000-7000-8000-000000000001'`,
      'alter role freight_gateway reset freight.tenant_id',
      /settings at log-in/,
    ],
    [
      'a table that somebody forgot to protect',
      'hole',
      'create table hole (tenant_id uuid, id uuid); grant select, insert on hole to freight_jobs',
      'drop table hole',
      /hole: freight_jobs reads others' rows as tenant A: 1 rows/,
    ],
  ] as const)('%s', async (_, name, open, close, words) => {
    const found = await findInDatabase(open, close, tables.includes(name) ? name : 'connections');
    expect(found).toEqual(expect.arrayContaining([expect.stringMatching(words)]));
    expect(found.some(line => line.startsWith(`${name}: `))).toBe(true);
  });
});

describe('a hole in the gateway is found', () => {
  it('a query without its filter, where row security is off', async () => {
    const changed = await startChangedGateway(platform, [
      { file: 'queries/jobs.query.ts', from: 'tenant_id = freight_tenant() and', to: '' },
    ]);
    await admin`alter table migration_jobs disable row level security`;
    try {
      const found = await findThrough(changed, ['reads', 'ids']);
      expect(found).toEqual(
        expect.arrayContaining([expect.stringMatching(/^GET \/v1\/jobs\/\{jobId\}: B's \{jobId\}: status 200/)]),
      );
      expect(found).toEqual(
        expect.arrayContaining([expect.stringMatching(/^GET \/v1\/jobs: A's own, all pages: .* of tenant B/)]),
      );
    } finally {
      await admin`alter table migration_jobs enable row level security`;
    }
  });

  it('a permission that is not asked for', async () => {
    const changed = await startChangedGateway(platform, [
      { file: 'http/app.ts', from: 'if (!mayUse(caller, route))', to: 'if (false)' },
    ]);
    const shared = prepared;
    // It lets a tenant suspend itself and the other one: they are of no use afterwards.
    prepared = await prepare(target, tenants);
    const found = await findThrough(changed, ['permissions']);
    prepared.client.close();
    prepared = shared;
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^GET \/v1\/tenants\/\{tenantId\}: .*status 200/),
        expect.stringMatching(/^PATCH \/v1\/tenants\/\{tenantId\}: with a key that only reads/),
      ]),
    );
  });

  it('an operation that is for operators by mistake opened to tenants', async () => {
    const changed = await startChangedGateway(platform, [
      { file: 'routes/tenants/get-tenant.route.ts', from: "scope: 'operator'", to: "scope: 'read'" },
    ]);
    const found = await findThrough(changed, ['ids']);
    expect(found).toEqual(
      expect.arrayContaining([expect.stringMatching(/^GET \/v1\/tenants\/\{tenantId\}: B's \{tenantId\}/)]),
    );
  });

  it('a cursor that is bound to no tenant', async () => {
    const changed = await startChangedGateway(platform, [
      { file: 'queries/cursor.ts', from: 'timingSafeEqual(given, expected) ?', to: 'timingSafeEqual(given, given) ?' },
    ]);
    expect(await findThrough(changed, ['cursors'])).toEqual(
      expect.arrayContaining([expect.stringMatching(/^GET \/v1\/jobs: a cursor of B in A's list/)]),
    );
  });

  it('an idempotency key that is looked up without its tenant', async () => {
    const changed = await startChangedGateway(platform, [
      { file: 'commands/commandRecords.ts', from: 'where tenant_id = freight_tenant()\n        and ', to: 'where ' },
    ]);
    await admin`alter table commands disable row level security`;
    try {
      expect(await findThrough(changed, ['idempotency'])).toEqual(
        expect.arrayContaining([expect.stringMatching(/an idempotency key that B has used/)]),
      );
    } finally {
      await admin`alter table commands enable row level security`;
    }
  });

  it('a limit that tenants share', async () => {
    const changed = await startChangedGateway(platform, [
      {
        file: 'limits/rateLimit.ts',
        from: 'redisKeys.requestRate(tenantId)',
        to: "redisKeys.requestRate('00000000-0000-7000-8000-000000000001')",
      },
    ]);
    expect(await findThrough(changed, ['limits'])).toEqual(
      expect.arrayContaining([expect.stringMatching(/^request limits: /)]),
    );
  });
});

describe('a proxy that leaks is found', () => {
  /** Whether A asks for something of B: a proxy that keeps answers, or logs, could know that. */
  const isForBs = ({ headers, path }: Passing): boolean =>
    headers['authorization'] === `Bearer ${prepared.a.keys.full}` &&
    [...prepared.b.ids.values()].some(id => path.includes(id));
  const whenForBs = (change: (answer: PassedBack) => void) =>
    startProxy(platform.urls.gateway, {
      onAnswer: (passing, answer) => {
        if (answer.status === 404 && isForBs(passing)) change(answer);
        return answer;
      },
    });

  it('other words for what is not yours than for what is not there', async () => {
    const proxy = await whenForBs(answer => {
      answer.body = Buffer.from(
        answer.body.toString().replace('There is no such thing', 'There is no such thing of yours'),
      );
    });
    expect(await findThrough(proxy, ['ids'])).toEqual(
      expect.arrayContaining([expect.stringMatching(/^GET \/v1\/jobs\/\{jobId\}: B's \{jobId\}: .*of yours/)]),
    );
  });

  it('another status', async () => {
    const proxy = await whenForBs(answer => {
      answer.status = 403;
    });
    expect(await findThrough(proxy, ['ids'])).toEqual(
      expect.arrayContaining([expect.stringMatching(/^DELETE \/v1\/connections\/\{connectionId\}: .*403/)]),
    );
  });

  it('a header more', async () => {
    const proxy = await whenForBs(answer => {
      answer.headers['x-cache'] = 'hit';
    });
    expect(await findThrough(proxy, ['ids'])).toEqual(
      expect.arrayContaining([expect.stringMatching(/^GET \/v1\/commands\/\{commandId\}: .*x-cache/)]),
    );
  });

  it('the answer of a cache that does not look at the key', async () => {
    const kept = new Map<string, PassedBack>();
    const proxy = await startProxy(platform.urls.gateway, {
      onAnswer: (passing, answer) => {
        if (passing.method !== 'GET' || !passing.path.startsWith('/v1/connections/')) return answer;
        if (answer.status === 200) kept.set(passing.path, answer);
        return kept.get(passing.path) ?? answer;
      },
    });
    expect(await findThrough(proxy, ['witness', 'ids'])).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^GET \/v1\/connections\/\{connectionId\}: B's \{connectionId\}: status:? 200/),
      ]),
    );
  });

  it('an answer that comes some milliseconds later', async () => {
    const proxy = await startProxy(platform.urls.gateway, {
      onAnswer: async (passing, answer) => {
        if (isForBs(passing)) await new Promise(resolve => setTimeout(resolve, 3));
        return answer;
      },
    });
    expect(await findThrough(proxy, [], ['timing'])).toEqual(
      expect.arrayContaining([expect.stringMatching(/^GET \/v1\/jobs\/\{jobId\}: .*again/)]),
    );
  });
});
