/** The operators' first key and its recovery, by the command line, as the role that migrated the database: no superuser. */
import { randomBytes } from 'node:crypto';
import { parseApiKey, platformTenantId } from '@freight/contracts';
import { verify } from '@node-rs/bcrypt';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newDataFolder, startCli } from '../e2e/cliProcess.ts';
import { startGatewayFixture, until } from './gatewayFixture.ts';

const folder = newDataFolder();
let ownerUrl: string;
let sql: postgres.Sql;

const freight = async (url: string, ...args: string[]) => {
  const cli = startCli(args, folder, { FREIGHT_ADMIN_DATABASE_URL: url });
  return { code: await cli.ended, stdout: cli.stdout(), stderr: cli.stderr() };
};

const databaseUrl = (name: string, user?: string, password?: string): string => {
  const url = new URL(inject('servers').postgresAdminUrl);
  url.pathname = `/${name}`;
  if (user !== undefined) url.username = user;
  if (password !== undefined) url.password = password;
  return url.href;
};

beforeAll(async () => {
  const [name, password] = [`owner_${randomBytes(6).toString('hex')}`, randomBytes(12).toString('hex')];
  const root = postgres(inject('servers').postgresAdminUrl, { max: 1, onnotice: () => {} });
  await root.unsafe(`create role ${name} login createrole nosuperuser password '${password}'`);
  await root.unsafe(`create database ${name} owner ${name}`);
  await root.end();
  ownerUrl = databaseUrl(name, name, password);
  sql = postgres(databaseUrl(name), { max: 1, onnotice: () => {} });
});
afterAll(() => sql.end());

/** The operators' keys with what is stored of them, oldest first. */
const operatorKeys = () => sql<{ id: string; hash: string; revoked: boolean; scopes: string[] }[]>`
  select k.id, h.hash, k.revoked_at is not null as revoked, k.scopes
  from api_keys k join api_key_hashes h on h.tenant_id = k.tenant_id and h.key_id = k.id
  where k.tenant_id = ${platformTenantId} order by k.created_at`;

describe('the first operator key', () => {
  it('is made once in a migrated database, shown, and kept as a hash only', async () => {
    expect((await freight(ownerUrl, 'migrate')).code).toBe(0);
    const early = await freight(ownerUrl, 'admin', 'recover', '--environment', 'test', '--json');
    expect([early.code, early.stdout]).toEqual([1, '']);
    expect(early.stderr).toContain('./freight admin bootstrap');
    const made = await freight(ownerUrl, 'admin', 'bootstrap', '--environment', 'test', '--json');
    expect(made.code).toBe(0);
    const { apiKey } = JSON.parse(made.stdout) as { apiKey: string };
    expect(parseApiKey(apiKey)?.environment).toBe('test');
    const [row, ...more] = await operatorKeys();
    expect([row?.scopes, more]).toEqual([['operator'], []]);
    expect(await verify(apiKey, row?.hash ?? '')).toBe(true);
    expect(made.stderr).not.toContain(apiKey);

    const again = await freight(ownerUrl, 'admin', 'bootstrap', '--environment', 'test', '--json');
    expect([again.code, again.stdout]).toEqual([1, '']);
    expect(again.stderr).toContain('has an operator key already');
    expect(await operatorKeys()).toHaveLength(1);
  });

  it('is not made where nobody reads it: standard output is no terminal, and nobody said --json', async () => {
    for (const what of ['bootstrap', 'recover']) {
      const answer = await freight(ownerUrl, 'admin', what, '--environment', 'test');
      expect([answer.code, answer.stdout]).toEqual([2, '']);
      expect(answer.stderr).toContain('no terminal');
    }
    expect(await operatorKeys()).toHaveLength(1);
  });
});

describe('a lost operator key', () => {
  it('is replaced by who owns the database; the log says how, and others stop where that was asked', async () => {
    const one = await freight(ownerUrl, 'admin', 'recover', '--environment', 'test', '--json');
    expect([one.code, (JSON.parse(one.stdout) as { revoked: number }).revoked]).toEqual([0, 0]);
    const other = await freight(ownerUrl, 'admin', 'recover', '--environment', 'test', '--revoke-others', '--json');
    const { apiKey, revoked } = JSON.parse(other.stdout) as { apiKey: string; revoked: number };
    expect(revoked).toBe(2);
    const keys = await operatorKeys();
    expect(keys.map(key => key.revoked)).toEqual([true, true, false]);
    expect(await verify(apiKey, keys[2]?.hash ?? '')).toBe(true);
    const events = await sql`
      select type, metadata -> 'actor' as actor from tenant_events
      where tenant_id = ${platformTenantId} and type like 'api-key-%' order by version`;
    const recovered = { kind: 'cli', id: 'recover' };
    expect(events.map(row => [row['type'], row['actor']])).toEqual([
      ['api-key-created', { kind: 'cli', id: 'bootstrap' }],
      ['api-key-created', recovered],
      ['api-key-created', recovered],
      ['api-key-revoked', recovered],
      ['api-key-revoked', recovered],
    ]);
  });

  it('is refused on a running gateway within a second of its replacement, and the new one opens', async () => {
    const f = await startGatewayFixture();
    try {
      const use = async (key: string) => (await f.api.call('GET', '/v1/tenants', { key })).status;
      expect(await use(f.operatorKey)).toBe(200);
      const url = databaseUrl(new URL(f.database.url('freight_jobs')).pathname.slice(1));
      const answer = await freight(url, 'admin', 'recover', '--environment', 'test', '--revoke-others', '--json');
      await until('the lost key is refused', async () => (await use(f.operatorKey)) === 401, 1000);
      expect(await use((JSON.parse(answer.stdout) as { apiKey: string }).apiKey)).toBe(200);
    } finally {
      await f.stop();
    }
  });
});
