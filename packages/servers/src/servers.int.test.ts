import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  findServerBinaries,
  type NatsServer,
  type PostgresServer,
  type Servers,
  startNats,
  startPostgres,
  startServers,
} from './index.ts';
import { processStartedAt } from './processIdentity.ts';

const run = promisify(execFile);
/** A new folder that the servers' account may enter, as a project's data folder usually is. */
const newFolder = (prefix: string): string => {
  const folder = mkdtempSync(prefix);
  chmodSync(folder, 0o755);
  return folder;
};
const dir = newFolder(join(tmpdir(), 'freight-servers-test-'));
const ownerOf = fileURLToPath(new URL('../../../test/harness/serversOwner.ts', import.meta.url));

afterAll(() => rmSync(dir, { recursive: true, force: true }));

const pidsOf = (servers: Servers): number[] => [servers.postgres.pid, servers.nats.pid, servers.redis.pid].map(Number);
const areGone = (pids: readonly number[]): boolean => pids.every(pid => processStartedAt(pid) === undefined);
const runsIn = (folder: string): string[] => readdirSync(folder).filter(name => name.startsWith('freight-run-'));

/** One statement through the client that comes with the server; answers its bare output. */
const query = async (server: PostgresServer, sql: string): Promise<string> => {
  const psql = join(dirname(realpathSync((await findServerBinaries()).postgres.path ?? '')), 'psql');
  return (await run(psql, ['-XAtq', '-c', sql, server.adminUrl()])).stdout.trim();
};

/** One JetStream API request as a user of the services' account; answers the reply's JSON. */
const jetStream = async (server: NatsServer, subject: string, body = ''): Promise<Record<string, unknown>> => {
  const authenticator = credsAuthenticator(readFileSync(server.credentials.admin));
  const nc = await connect({ servers: server.server, authenticator });
  try {
    const answer = await nc.request(`$JS.API.${subject}`, body, { timeout: 5_000 });
    return answer.json<Record<string, unknown>>();
  } finally {
    await nc.close();
  }
};

const eventually = async (what: () => boolean, withinMs: number): Promise<boolean> => {
  const deadline = Date.now() + withinMs;
  while (!what() && Date.now() < deadline) await new Promise(resolve => setTimeout(resolve, 50));
  return what();
};

describe('private servers', () => {
  it('run side by side in one data folder, and leave neither process nor file when stopped', async () => {
    const own = newFolder(join(dir, 'two-'));
    const [one, two] = await Promise.all([
      startServers({ dir: own, durable: false }),
      startServers({ dir: own, durable: false }),
    ]);
    const ports = [one, two].flatMap(set => [set.postgres.port, set.nats.port, set.redis.port]);
    expect(new Set(ports).size).toBe(6);
    expect(await query(one.postgres, 'show server_encoding')).toBe('UTF8');
    expect(await query(two.postgres, 'show synchronous_commit')).toBe('on');
    const pids = [...pidsOf(one), ...pidsOf(two)];
    await Promise.all([one.stop(), two.stop()]);
    await one.stop();
    expect(areGone(pids)).toBe(true);
    expect(existsSync(one.folder) || existsSync(two.folder)).toBe(false);
  });

  it.each(['SIGKILL', 'exit'] as const)(
    'are gone within seconds, with their data, when their parent ends by %s',
    async how => {
      const own = newFolder(join(dir, 'orphans-'));
      const parent = spawn(process.execPath, ['--conditions=@freight/source', ownerOf, own], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const line = await new Promise<string>(resolve =>
        parent.stdout.once('data', (data: Buffer) => resolve(data.toString())),
      );
      const { folder, pids } = JSON.parse(line) as { folder: string; pids: number[] };
      expect(areGone(pids)).toBe(false);
      expect(pids).toHaveLength(4);
      if (how === 'SIGKILL') parent.kill('SIGKILL');
      else parent.stdin.write('exit\n');
      expect(await eventually(() => areGone(pids) && !existsSync(folder), 8_000)).toBe(true);
    },
  );

  it('clear away the left-overs of a dead run, and leave those of a living one alone', async () => {
    const own = newFolder(join(dir, 'dead-'));
    const living = await startNats({ dir: own });
    const dead = mkdtempSync(join(own, 'freight-run-'));
    writeFileSync(join(dead, 'owner.json'), JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1', host: hostname() }));
    const next = await startNats({ dir: own });
    expect(existsSync(dead)).toBe(false);
    expect(runsIn(own)).toHaveLength(2);
    expect(await jetStream(living, 'INFO')).toMatchObject({ streams: 0 });
    await Promise.all([living.close(), next.close()]);
    expect(runsIn(own)).toHaveLength(0);
  });

  it('that cannot start say which one, how it ended and its last words, and leave nothing', async () => {
    const own = newFolder(join(dir, 'broken-'));
    const bin = newFolder(join(dir, 'bin-'));
    const fake =
      '#!/bin/sh\n[ "$1" = --version ] && echo nats-server: v2.9.10 && exit\necho the disk is made of cheese >&2\nexit 3\n';
    writeFileSync(join(bin, 'nats-server'), fake, { mode: 0o755 });
    await expect(startServers({ dir: own, durable: false, searchPath: bin })).rejects.toThrow(
      /^nats did not start \(exit code 3\)[^]*made of cheese/,
    );
    expect(runsIn(own)).toHaveLength(0);
  });
});

describe('private servers with a kept folder', () => {
  it('go on with the data of the run before, which went in order', async () => {
    const own = newFolder(join(dir, 'kept-'));
    const keep = join(own, 'up');
    const one = await startServers({ dir: own, keep });
    await query(one.postgres, 'create table kept (n int); insert into kept values (7)');
    await jetStream(one.nats, 'STREAM.CREATE.WORK', JSON.stringify({ name: 'WORK', subjects: ['work.>'] }));
    await expect(startServers({ dir: own, keep })).rejects.toThrow(`${keep} is in use by process ${process.pid}.`);
    await one.stop();
    const two = await startServers({ dir: own, keep });
    expect(await query(two.postgres, 'select n from kept')).toBe('7');
    expect(await jetStream(two.nats, 'INFO')).toMatchObject({ streams: 1 });
    await two.stop();
    expect(runsIn(own)).toHaveLength(0);
  });

  it('start after a run that was killed, and when a stranger has the number of its PostgreSQL', async () => {
    const own = newFolder(join(dir, 'crashed-'));
    const keep = join(own, 'up');
    const program = join(own, 'owner.ts');
    const index = JSON.stringify(new URL('./index.ts', import.meta.url).href);
    writeFileSync(
      program,
      `import { startServers } from ${index};
       const { postgres, nats, redis } = await startServers(${JSON.stringify({ dir: own, keep })});
       console.log(JSON.stringify({ pids: [postgres.pid, nats.pid, redis.pid] }));`,
    );
    const parent = spawn(process.execPath, ['--conditions=@freight/source', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>(resolve =>
      parent.stdout.once('data', (data: Buffer) => resolve(data.toString())),
    );
    const { pids } = JSON.parse(line) as { pids: number[] };
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    // Comes while the guard is still at work, and waits for it.
    const next = await startServers({ dir: own, keep });
    expect(areGone(pids)).toBe(true);
    await query(next.postgres, 'create table kept (n int)');
    await next.stop();
    const data = join(next.data, 'postgres', 'data');
    writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n1\n1\n\n127.0.0.1\n1 1\nready\n`);
    const last = await startServers({ dir: own, keep });
    expect(await query(last.postgres, 'select count(*) from kept')).toBe('0');
    await last.stop();
  });

  it('start on the store of a version without accounts, without its streams', async () => {
    const own = newFolder(join(dir, 'former-'));
    const keep = join(own, 'up');
    const store = join(keep, 'nats', 'store');
    mkdirSync(store, { recursive: true });
    const former = spawn((await findServerBinaries()).nats.path ?? '', [
      '-a',
      '127.0.0.1',
      '-p',
      '0',
      '-js',
      '-sd',
      store,
      '--ports_file_dir',
      own,
    ]);
    const portsFile = () => readdirSync(own).find(name => name.endsWith('.ports'));
    expect(await eventually(() => portsFile() !== undefined, 10_000)).toBe(true);
    const { nats: urls } = JSON.parse(readFileSync(join(own, portsFile() ?? ''), 'utf8')) as { nats: [string] };
    const nc = await connect({ servers: new URL(urls[0]).host });
    await nc.request('$JS.API.STREAM.CREATE.WORK', JSON.stringify({ name: 'WORK', subjects: ['work.>'] }));
    await nc.close();
    former.kill();
    await once(former, 'exit');
    // It ran as this user; what Freight starts may run as another.
    await run('chmod', ['-R', 'a+rwX', keep]);

    const nats = await startNats({ dir: own, keep });
    expect(await jetStream(nats, 'INFO')).toMatchObject({ streams: 0 });
    expect(existsSync(join(store, 'jetstream', '$G'))).toBe(false);
    await nats.close();
  });

  it('say so when the data is of another version of PostgreSQL', async () => {
    const own = newFolder(join(dir, 'version-'));
    const data = join(own, 'up', 'postgres', 'data');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'PG_VERSION'), '9\n');
    await expect(startServers({ dir: own, keep: join(own, 'up') })).rejects.toThrow(/is of version 9, and the server/);
    expect(runsIn(own)).toHaveLength(0);
  });
});

describe('a private PostgreSQL', () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres({ dir, durable: false });
  });
  afterAll(() => postgres.stop());

  it('keeps what it acknowledged when it is killed and started again, on the same port', async () => {
    const { port, pid } = postgres;
    await query(postgres, 'create table kept (n int); insert into kept values (7)');
    await postgres.kill();
    expect(postgres.pid).toBeUndefined();
    await postgres.restart();
    expect(postgres.pid).not.toBe(pid);
    expect(postgres.port).toBe(port);
    expect(await query(postgres, 'select n from kept')).toBe('7');
  });

  it('lets nobody in without its password', async () => {
    const noPassword = { ...postgres, adminUrl: () => postgres.adminUrl().replace(postgres.password, 'guess') };
    await expect(query(noPassword, 'select 1')).rejects.toThrow(/password authentication failed/);
  });
});

describe('a private nats-server', () => {
  let nats: NatsServer;
  beforeAll(async () => {
    nats = await startNats({ dir });
  });
  afterAll(() => nats.stop());

  it('keeps its streams over a kill, and loses every one by a wipe', async () => {
    await jetStream(nats, 'STREAM.CREATE.WORK', JSON.stringify({ name: 'WORK', subjects: ['work.>'] }));
    await nats.kill();
    await nats.restart();
    expect(await jetStream(nats, 'INFO')).toMatchObject({ streams: 1 });
    const { port } = nats;
    await nats.wipe();
    expect(nats.port).toBe(port);
    expect(await jetStream(nats, 'INFO')).toMatchObject({ streams: 0 });
  });
});
