import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IdentityFiles, type Servers, startServers, writeIdentity } from '@freight/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tlsFindings } from './doctorTls.ts';

const folder = mkdtempSync(join(tmpdir(), 'freight-doctor-'));
let servers: Servers;
let env: Readonly<Record<string, string>>;

const settingsFor = (files: IdentityFiles): Record<string, string> =>
  Object.fromEntries(
    ['DATABASE', 'NATS', 'REDIS'].flatMap(server => [
      [`FREIGHT_${server}_CA_FILE`, files.ca],
      [`FREIGHT_${server}_CERT_FILE`, files.cert],
      [`FREIGHT_${server}_KEY_FILE`, files.key],
    ]),
  );
const identity = async (name: string, notAfter?: Date): Promise<IdentityFiles> => {
  const { authority } = servers;
  if (!authority) throw new Error('no authority');
  const issued = await authority.issue({ name, hosts: [], ...(notAfter ? { notAfter } : {}) });
  return writeIdentity(join(folder, name), issued, authority.ca);
};
const levels = async (settings: Readonly<Record<string, string>>) =>
  Object.fromEntries((await tlsFindings(settings)).map(({ what, level }) => [what, level]));

beforeAll(async () => {
  servers = await startServers({ dir: folder, durable: false, tls: true });
  env = {
    ...settingsFor(await identity('own')),
    FREIGHT_ADMIN_DATABASE_URL: servers.postgres.adminUrl(),
    FREIGHT_NATS_URL: servers.nats.url,
    FREIGHT_REDIS_URL: servers.redis.url,
  };
});
afterAll(async () => {
  await servers.stop();
  rmSync(folder, { recursive: true });
});

describe('the doctor, of TLS', () => {
  it('finds nothing where nothing is named', async () => {
    expect(await tlsFindings({})).toEqual([]);
  });

  it('meets each server as a service would', async () => {
    expect(await levels(env)).toEqual({
      'PostgreSQL, files': 'ok',
      'PostgreSQL, TLS': 'ok',
      'NATS, files': 'ok',
      'NATS, TLS': 'ok',
      'Redis, files': 'ok',
      'Redis, TLS': 'ok',
    });
  });

  it('says whom it does not trust, by which setting, and shows no password', async () => {
    const { FREIGHT_NATS_CA_FILE: _, FREIGHT_REDIS_CERT_FILE: __, FREIGHT_REDIS_KEY_FILE: ___, ...rest } = env;
    const findings = await tlsFindings(rest);
    const found = (what: string) => findings.find(one => one.what === what)?.found;
    expect(found('NATS, TLS')).toMatch(
      /does not come from an authority that Node\.js brings along, and FREIGHT_NATS_CA_FILE/,
    );
    expect(found('Redis, TLS')).toMatch(/refuses who shows no certificate: set FREIGHT_REDIS_CERT_FILE/);
    expect(JSON.stringify(findings)).not.toContain(new URL(servers.redis.url).password);
  });

  it('warns of a certificate that ends soon, and fails for one that has', async () => {
    const day = 24 * 60 * 60 * 1000;
    const soon = await identity('soon', new Date(Date.now() + 3 * day));
    const over = await identity('over', new Date(Date.now() - day));
    const http = (files: IdentityFiles) => ({ FREIGHT_HTTP_CERT_FILE: files.cert, FREIGHT_HTTP_KEY_FILE: files.key });
    expect(await levels(http(soon))).toEqual({ 'gateway, files': 'warn' });
    expect(await levels(http(over))).toEqual({ 'gateway, files': 'fail' });
  });

  it('fails where files are named that a plain address does not use', async () => {
    const plain = { ...env, FREIGHT_REDIS_URL: servers.redis.url.replace('rediss:', 'redis:') };
    expect(await levels(plain)).toMatchObject({ 'Redis, TLS': 'fail', 'NATS, TLS': 'ok' });
  });
});
