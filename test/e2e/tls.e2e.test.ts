/** Everything over TLS, with a throw-away authority; and what happens when a server turns up that is not the one it should be. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { connect } from 'node:tls';
import { type Platform, trust } from '@freight/cli/platform';
import { subscriptionCreated } from '@freight/contracts';
import { type Authority, createAuthority, type Identity, type ServerHandle } from '@freight/servers';
import { probeTls } from '@freight/tls';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enter, take } from '../int/subscriber.ts';
import { until } from '../int/until.ts';
import { expectWhole } from './expectWhole.ts';
import { prepareMove, processed, slice, startTestPlatform } from './platform.ts';

let platform: Platform;
let authority: Authority;
let servers: readonly ServerHandle[];

beforeAll(async () => {
  platform = await startTestPlatform({ tls: true, settings: { jobs: { FREIGHT_RECORDS_PER_BATCH: '10' } } });
  const { handles, authority: made } = platform.servers;
  servers = [handles.postgres, handles.nats, handles.redis].filter(one => one !== undefined);
  if (!made || servers.length !== 3 || platform.caFile === undefined) throw new Error('a private server is missing');
  authority = made;
  trust(platform.caFile);
});
afterAll(() => platform.stop());

/** Everything that a port answers to words in the clear until it hangs up, at most for two seconds. */
const saidInTheClear = async (port: number, words: string): Promise<string> => {
  const socket = createConnection({ host: '127.0.0.1', port });
  let answer = '';
  socket.on('data', (data: Buffer) => (answer += data.toString('latin1')));
  // A server that hangs up on what it did not understand is right to do so.
  socket.on('error', () => {});
  socket.setTimeout(2000, () => socket.destroy());
  socket.write(words);
  await new Promise(resolve => socket.once('close', resolve));
  return answer;
};

/** Puts other files where the servers read theirs, and starts them again. The authority that they ask of clients stays. */
const present = async (identity: () => Promise<Identity>): Promise<void> => {
  await Promise.all(
    servers.map(async server => {
      const { cert, key } = await identity();
      writeFileSync(server.tlsFiles?.cert ?? '', cert);
      writeFileSync(server.tlsFiles?.key ?? '', key);
      await server.restart();
    }),
  );
};

const logOf = (service: string): string => readFileSync(platform.service(service).logFile, 'utf8');

const isReady = async (name: string): Promise<boolean> => {
  const url = platform.service(name).healthUrl;
  return url !== undefined && (await fetch(`${url}/readyz`)).ok;
};
const areReady = async (): Promise<boolean> =>
  (await Promise.all(['tenants', 'jobs', 'gateway', 'workers-1', 'workers-2'].map(isReady))).every(Boolean);

describe('a platform with everything over TLS', () => {
  it('moves a CRM whole', async () => {
    expect(platform.urls.gateway).toMatch(/^https:/);
    const move = await prepareMove(platform, slice(100, 150));
    await move.start();
    await move.until('the job has ended', job => job.status !== 'running');
    await expectWhole(platform, move);
  });

  it('answers nobody who speaks in the clear: not at the gateway, nor PostgreSQL, NATS or Redis', async () => {
    const gateway = Number(new URL(platform.urls.gateway).port);
    expect(await saidInTheClear(gateway, 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')).not.toMatch(/Freight/);

    const [database, nats, redis] = servers.map(({ port }) => port);
    const plain = new URL(platform.database.admin);
    plain.search = '';
    const sql = postgres(plain.href, { max: 1, ssl: false });
    await expect(sql`select 1`).rejects.toThrow(/no pg_hba\.conf entry .*no encryption/);
    await sql.end();
    expect(database).toBe(Number(plain.port));

    // It names itself, and then expects TLS: whoever it is.
    const fromNats = await saidInTheClear(nats ?? 0, 'CONNECT {"verbose":false}\r\nPING\r\n');
    expect(fromNats).toMatch(/^INFO .*"tls_required":true/);
    expect(fromNats).not.toMatch(/PONG|Authorization/);

    const admin = new URL(platform.servers.redisUrlOf('workers'));
    const fromRedis = await saidInTheClear(redis ?? 0, `AUTH ${admin.username} ${admin.password}\r\nPING\r\n`);
    expect(fromRedis).not.toMatch(/OK|PONG/);
  });

  it('lets nobody into NATS and Redis who has no certificate of its authority', async () => {
    const stranger = await (await createAuthority('Another authority')).issue({ name: 'stranger', hosts: [] });
    const known = await authority.issue({ name: 'known', hosts: [] });
    const reach = (server: ServerHandle | undefined, prelude: 'nats' | 'none', identity: Partial<Identity>) =>
      probeTls({
        host: '127.0.0.1',
        port: server?.port ?? 0,
        prelude,
        tls: { host: '127.0.0.1', ca: authority.ca, ...identity },
        timeoutMs: 5000,
      });
    const { nats, redis } = platform.servers.handles;
    for (const [server, prelude] of [
      [nats, 'nats'],
      [redis, 'none'],
    ] as const) {
      expect(await reach(server, prelude, known)).toBeUndefined();
      for (const identity of [{}, stranger]) {
        expect(String(await reach(server, prelude, identity))).toMatch(/alert|certificate/);
      }
    }
  });

  it('gives a subscriber its events over TLS, and lets it in only with a certificate beside its credentials', async () => {
    const move = await prepareMove(platform, slice(5, 5));
    const made = await move.api.post('/v1/subscriptions', { name: 'Warehouse' }, subscriptionCreated);
    expect(made.servers).toEqual([platform.servers.natsUrl]);
    expect(made.servers[0]).toMatch(/^tls:/);
    const subscription = { ...made, jwt: made.jwt ?? '', credentials: made.credentials ?? '' };
    const { cert, key } = await authority.issue({ name: 'warehouse', hosts: [] });
    const enterWith = (tls: object) =>
      enter(subscription, { tls: { ca: authority.ca, ...tls }, reconnect: false, maxReconnectAttempts: 0 });

    await expect(enterWith({})).rejects.toBeInstanceOf(Error);
    const nc = await enterWith({ cert, key });
    await move.start();
    const [first] = await take(nc, subscription, 1, { expires: 10_000 });
    expect(first?.tenantid).toBe(move.tenantId);
    await nc.close();
  });

  it.each([
    [
      'another authority',
      async () => (await createAuthority('Another authority')).issue({ name: 'freight', hosts: ['127.0.0.1'] }),
      (server: string) =>
        new RegExp(
          `No connection to ${server}: its certificate does not come from an authority in FREIGHT_\\w+_CA_FILE`,
        ),
    ],
    [
      'another name',
      () => authority.issue({ name: 'freight', hosts: ['elsewhere.example'] }),
      (server: string) =>
        new RegExp(`No connection to ${server}: its certificate is not for the host in FREIGHT_\\w+_URL`),
    ],
    [
      'a time that has passed',
      () => authority.issue({ name: 'freight', hosts: ['127.0.0.1'], notAfter: new Date(Date.now() - 60_000) }),
      (server: string) =>
        new RegExp(`No connection to ${server}: its certificate, or that of its authority, has expired`),
    ],
  ] as const)(
    'refuses servers with a certificate of %s, says which setting decides, and goes on when the right ones are back',
    async (_, identity, refusal) => {
      const move = await prepareMove(platform, slice(100, 150));
      await move.start();
      await move.until('some records are loaded', job => processed(job) > 30);
      await present(identity);
      for (const [service, names] of [
        ['workers-1', ['PostgreSQL', 'NATS', 'Redis']],
        ['jobs', ['PostgreSQL', 'NATS']],
        ['tenants', ['PostgreSQL', 'NATS']],
      ] as const) {
        for (const name of names) {
          const says = async () => !(await isReady(service)) && refusal(name).test(logOf(service));
          await until(`${service} says why it refuses ${name}`, says, 30_000);
        }
      }
      // The gateway needs PostgreSQL alone.
      expect(await isReady('gateway')).toBe(false);
      await present(() => authority.issue({ name: 'freight', hosts: ['127.0.0.1', 'localhost'] }));
      await until('every service is ready again', areReady, 60_000);
      await move.until('the job has ended', job => job.status !== 'running');
      await expectWhole(platform, move);
    },
  );

  it('shows the gateway’s new certificate soon after the files were replaced, and keeps the old one while they do not fit', async () => {
    const shown = async (): Promise<string> => {
      const { port } = new URL(platform.urls.gateway);
      const socket = connect({ host: '127.0.0.1', port: Number(port), ca: authority.ca });
      await once(socket, 'secureConnect');
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const folder = dirname(platform.caFile ?? '');
    const before = await shown();
    const next = await authority.issue({ name: 'freight-gateway-http', hosts: ['127.0.0.1'] });
    writeFileSync(join(folder, 'tls.crt'), next.cert);
    await until(
      'the gateway says that the pair does not fit',
      () => logOf('gateway').includes('cannot be used'),
      30_000,
    );
    expect(await shown()).toBe(before);
    writeFileSync(join(folder, 'tls.key'), next.key);
    const { serialNumber } = new X509Certificate(next.cert);
    await until('the new certificate is shown', async () => (await shown()) === serialNumber, 30_000);
    expect(serialNumber).not.toBe(before);
  });

  it('was refused nothing by Redis: the rules of each user allow all that its service does', async () => {
    const { handles } = platform.servers;
    const own = await authority.issue({ name: 'test', hosts: [] });
    const admin = new Redis(handles.redis?.url ?? '', { tls: { ca: authority.ca, ...own } });
    expect(await admin.acl('LOG')).toEqual([]);
    await admin.quit();
  });
});
