import { join } from 'node:path';
import { generateApiKey, parseApiKey, tenantCreated } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { hash } from '@node-rs/bcrypt';
import postgres from 'postgres';
import { createFreightApi } from '../../demo/freightApi.ts';
import { type Platform, startPlatform } from '../../platform/index.ts';
import type { BenchRow } from '../row.ts';
import type { Bench } from '../types.ts';
import { measureAttack } from './attack.ts';
import { measureCached, measureEventLoop } from './cached.ts';
import { type Door, openDoor, type WantedGateway } from './door.ts';
import { makeCrowd, measureManyTenants } from './manyTenants.ts';

/** Keys that are shown for the first time while the event loop is watched. */
const newKeys = 10;
/** Wrong keys that cost a hash: so many that none is under way twice at once. */
const wrongKeys = 1000;
/** The default of the gateway. */
const cost = 12;

interface Tenant {
  readonly id: string;
  readonly keyId: string;
  readonly key: string;
}

/** A tenant that no limit slows down. */
const createTenant = async (platform: Platform): Promise<Tenant> => {
  const operator = createFreightApi(platform.urls.gateway, platform.operatorKey);
  const settings = { requestsPerSecond: 10_000, requestBurst: 10_000 };
  const { tenant, apiKey } = await operator.post(
    '/v1/tenants',
    { name: 'Bench', slug: 'bench', settings },
    tenantCreated,
  );
  return { id: tenant.id, keyId: apiKey.id, key: apiKey.secret ?? '' };
};

/** Stores keys of a tenant under the prefix of each, all with one hash. */
const storeKeys = async (
  adminUrl: string,
  tenantId: string,
  keys: readonly string[],
  hashed: string,
): Promise<void> => {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  const ids = keys.map(() => newId());
  await sql`
    insert into api_key_hashes (tenant_id, key_id, hash) select ${tenantId}, id, ${hashed} from unnest(${ids}::uuid[]) made (id)`;
  await sql`
    insert into api_keys (tenant_id, id, prefix, label, scopes, created_at)
    select ${tenantId}, id, prefix, 'Bench', array['read', 'write'], now()
    from unnest(${ids}::uuid[], ${keys.map(key => parseApiKey(key)?.prefix ?? '')}::text[]) made (id, prefix)`;
  await sql.end();
};

const urlOfDatabase = (url: string, database: string): string => {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
};

const gatewayEnv = (platform: Platform, databaseUrl: string): Record<string, string> => ({
  FREIGHT_ENVIRONMENT: 'dev',
  FREIGHT_DATABASE_URL: databaseUrl,
  FREIGHT_NATS_URL: platform.servers.natsUrl,
  ...(platform.servers.natsLogin
    ? { FREIGHT_NATS_CREDENTIALS_FILE: platform.servers.natsLogin.credentials.gateway }
    : {}),
  FREIGHT_REDIS_URL: platform.servers.redisUrl,
  FREIGHT_KEYS_DIR: join(platform.servers.folder, 'keys'),
  FREIGHT_HTTP_PORT: '0',
  FREIGHT_HEALTH_PORT: '0',
  FREIGHT_HEALTH_HOST: '127.0.0.1',
  FREIGHT_LOG_LEVEL: 'error',
});

const withDoor = async <T>(
  platform: Platform,
  root: string,
  gateways: readonly WantedGateway[],
  work: (door: Door) => Promise<T>,
): Promise<T> => {
  const door = await openDoor(root, gateways, pid => platform.servers.watch(pid));
  try {
    return await work(door);
  } finally {
    await door.stop();
  }
};

const storeNewKeys = async (platform: Platform, tenant: Tenant): Promise<readonly string[]> => {
  const keys = Array.from({ length: newKeys }, () => generateApiKey('dev'));
  for (const key of keys) await storeKeys(platform.database.admin, tenant.id, [key], await hash(key, { cost }));
  return keys;
};

/** Keys whose prefix exists and that open nothing. */
const storeWrongKeys = async (platform: Platform, tenant: Tenant): Promise<readonly string[]> => {
  const keys = Array.from({ length: wrongKeys }, () => generateApiKey('dev'));
  await storeKeys(platform.database.admin, tenant.id, keys, await hash(generateApiKey('dev'), { cost }));
  return keys;
};

/** What authentication costs, and what it withstands. */
export const authBench: Bench = async function* measureAuth({ root, dir, say, signal }): AsyncGenerator<BenchRow> {
  const platform = await startPlatform({
    root,
    dir,
    realLimits: false,
    sandbox: false,
    workers: 0,
    settings: { gateway: { FREIGHT_TRUSTED_PROXIES: '127.0.0.0/8' } },
    onNotice: say,
    signal,
  });
  try {
    const tenant = await createTenant(platform);
    const env = gatewayEnv(platform, platform.database.of('freight_gateway'));

    say('A remembered key …');
    const caller = { tenantId: tenant.id, keyId: tenant.keyId };
    const doors = [{ env }, { env, caller }];
    const keys = await storeNewKeys(platform, tenant);
    const [cached, eventLoop] = await withDoor(platform, root, doors, async door => [
      await measureCached(door.urls, tenant.key),
      await measureEventLoop(door, door.urls[0] ?? '', keys),
    ]);
    yield cached;
    yield eventLoop;

    const wrong = await storeWrongKeys(platform, tenant);
    for (const isSpread of [false, true]) {
      say(`Wrong keys from ${isSpread ? 'many places' : 'one place'} …`);
      yield await measureAttack(platform.urls.gateway, tenant.key, wrong, isSpread);
    }

    say('10,000 tenants …');
    const migrations = join(root, 'migrations');
    const [many, few] = [
      await makeCrowd(platform.database.admin, migrations, 10_000),
      await makeCrowd(platform.database.admin, migrations, 10),
    ];
    const crowded = [many, few].map(({ database }) => ({
      env: {
        ...gatewayEnv(platform, urlOfDatabase(platform.database.of('freight_gateway'), database)),
        FREIGHT_KEY_CACHE_MS: '0',
        // What the hashes were made with: none is renewed.
        FREIGHT_BCRYPT_COST: '4',
      },
    }));
    yield await withDoor(platform, root, crowded, door => measureManyTenants(door.urls, many, few));
  } finally {
    await platform.stop();
  }
};
