import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Authority, writeIdentity } from '@freight/servers';
import { type ClientTls, createClientTls } from '@freight/tls';
import { type ServiceKind, serviceKinds } from './programs.ts';
import type { ForeignServers } from './servers.ts';

/** How a platform's processes secure their connections. */
export interface PlatformTls {
  /** The authority's certificate, which clients of the gateway have to trust; undefined where the gateway speaks plain HTTP. */
  readonly caFile: string | undefined;
  /** For our own connections to the database. */
  readonly database: ClientTls;
  settingsOf(kind: ServiceKind): Readonly<Record<string, string>>;
}

const usesRedis = (kind: ServiceKind): boolean => kind !== 'jobs';

/** The settings of the servers that a service connects to. */
const relevantTo = (kind: ServiceKind, settings: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).filter(([name]) => usesRedis(kind) || !name.startsWith('FREIGHT_REDIS_')),
  );

/** The way to a database whose files are named by settings. */
export const databaseTls = (
  settings: Readonly<Record<string, string | undefined>>,
  url = 'FREIGHT_DATABASE_URL',
): ClientTls => {
  const names = {
    ca: 'FREIGHT_DATABASE_CA_FILE',
    cert: 'FREIGHT_DATABASE_CERT_FILE',
    key: 'FREIGHT_DATABASE_KEY_FILE',
  };
  const { ca, cert, key } = names;
  return createClientTls({
    files: { ca: settings[ca] ?? '', cert: settings[cert] ?? '', key: settings[key] ?? '' },
    names: { ...names, url },
  });
};

/**
 * Gives every service a certificate of its own, and the gateway another one for its clients, in a folder each.
 * @param authority of the private servers; undefined: nothing is encrypted but what somebody else's servers are named with.
 */
export const preparePlatformTls = async (
  folder: string,
  authority: Authority | undefined,
  foreign: ForeignServers,
): Promise<PlatformTls> => {
  const theirs = foreign.tlsFiles ?? {};
  if (!authority) {
    return { caFile: undefined, database: databaseTls(theirs), settingsOf: kind => relevantTo(kind, theirs) };
  }
  // Of an authority of before nothing must be left: its certificates open nothing any more.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const identity = async (name: string, hosts: readonly string[]) =>
    writeIdentity(join(folder, name), await authority.issue({ name: `freight-${name}`, hosts }), authority.ca);
  const identities = Object.fromEntries(
    await Promise.all(serviceKinds.map(async kind => [kind, await identity(kind, [])] as const)),
  );
  const http = await identity('gateway-http', ['127.0.0.1', 'localhost']);

  const ours = (kind: ServiceKind): Record<string, string> => {
    const own = identities[kind];
    if (!own) return {};
    const to = (server: string, isPrivate: boolean): Record<string, string> =>
      isPrivate
        ? {
            [`FREIGHT_${server}_CA_FILE`]: own.ca,
            [`FREIGHT_${server}_CERT_FILE`]: own.cert,
            [`FREIGHT_${server}_KEY_FILE`]: own.key,
          }
        : {};
    return {
      ...to('DATABASE', !foreign.adminUrl),
      ...to('NATS', !foreign.natsUrl),
      ...to('REDIS', !foreign.redisUrl),
    };
  };
  const gateway = { FREIGHT_HTTP_CERT_FILE: http.cert, FREIGHT_HTTP_KEY_FILE: http.key };
  const settingsOf = (kind: ServiceKind) => ({
    FREIGHT_TLS_REQUIRED: 'database,nats,redis,http',
    ...relevantTo(kind, { ...ours(kind), ...theirs }),
    ...(kind === 'gateway' ? gateway : {}),
  });
  return { caFile: http.ca, database: databaseTls(settingsOf('tenants')), settingsOf };
};
