import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Platform } from '@freight/cli/platform';
import { streams } from '@freight/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';
import { until } from '../int/until.ts';
import { openAdmin, prepareMove, privateNats, slice, startTestPlatform } from './platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startTestPlatform({ verbose: true });
});
afterAll(() => platform?.stop());

/** Every row of every table, as text. */
const readDatabase = async (): Promise<string> => {
  const admin = openAdmin(platform);
  try {
    const tables = await admin<
      { name: string }[]
    >`select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`;
    let text = '';
    for (const { name } of tables) {
      for (const row of await admin`select t::text as row from ${admin(name)} t`) text += `${String(row['row'])}\n`;
    }
    return text;
  } finally {
    await admin.end();
  }
};

/** Requests that are refused, with secrets wherever one may put them; answers what the audit logs tell of them, in every form. */
const knockAndReadAuditLogs = async (tenantId: string, secrets: readonly string[]): Promise<string> => {
  const key = platform.operatorKey;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': 'twice' };
  const call = (path: string, init: RequestInit = {}) => fetch(platform.urls.gateway + path, { headers, ...init });
  for (const secret of secrets) {
    const name = encodeURIComponent(secret);
    await call(`/v1/tenants/${name}/suspend`, { method: 'POST' });
    await call(`/v1/tenants/${tenantId}/api-keys/${name}?force=${name}`, { method: 'DELETE' });
    await call('/v1/connections', { method: 'POST', body: JSON.stringify({ name: secret, credentials: secret }) });
    await call('/v1/tenants', { method: 'POST', body: JSON.stringify({ name: secret, slug: 'x', [secret]: secret }) });
    await call(`/v1/jobs?key=${name}`, { headers: { authorization: `Bearer ${secret}` } });
  }
  const read = async (path: string) => {
    let text = '';
    for (const accept of ['application/json', 'text/csv', 'application/x-ndjson']) {
      text += await (await call(path, { headers: { ...headers, accept } })).text();
    }
    return text;
  };
  await until('the refusals are written', async () => (await read('/v1/audit-log')).includes('invalid_request'));
  return (await read('/v1/audit-log')) + (await read(`/v1/tenants/${tenantId}/audit-log`));
};

/** Every message that the broker still holds. */
const readBroker = async (): Promise<string> => {
  const nc = await connect(asUser(privateNats(platform)));
  const manager = await jetstreamManager(nc);
  let text = '';
  for (const stream of [streams.commands, streams.work, streams.events, streams.dead]) {
    const { state } = await manager.streams.info(stream);
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const message = await manager.streams.getMessage(stream, { seq }).catch(() => null);
      if (message) text += `${message.subject} ${message.string()}\n`;
    }
  }
  await nc.close();
  return text;
};

/** The servers' own files, byte by byte: tables and write-ahead log of Postgres, the streams' store, whatever Redis wrote. */
const findInFiles = async (
  marks: ReadonlyMap<string, string>,
): Promise<{ readonly found: readonly string[]; readonly files: number }> => {
  const admin = openAdmin(platform);
  await admin`checkpoint`;
  await admin.end();
  const found: string[] = [];
  let files = 0;
  for (const entry of readdirSync(platform.servers.data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // What is removed in the meantime is no longer there to be read.
    let bytes: Buffer;
    try {
      bytes = readFileSync(join(entry.parentPath, entry.name));
    } catch {
      continue;
    }
    files++;
    for (const [what, mark] of marks) if (bytes.includes(mark)) found.push(`${what} in ${entry.name}`);
  }
  return { found, files };
};

/** Every key of Redis with its value. */
const readRedis = async (): Promise<string> => {
  const redis = new Redis(platform.servers.handles.redis?.url ?? '');
  let text = '';
  for (const key of await redis.keys('*')) text += `${key} ${(await redis.dump(key)) ?? ''}\n`;
  redis.disconnect();
  return text;
};

const readLogs = (): string =>
  readdirSync(platform.logFolder)
    .map(name => readFileSync(join(platform.logFolder, name), 'utf8'))
    .join('\n');

describe('what must not be told', () => {
  it('is in no table, message or log: keys of ours and of the vendors, names and addresses of the records', async () => {
    const data = slice(30, 40);
    const move = await prepareMove(platform, data);
    await move.start();
    await move.until('the job has ended', job => job.status === 'completed');

    const person = data.persons.find(one => one.emails.length > 0 && (one.last_name ?? '').length > 5);
    const address = person?.emails[0] ?? '';
    expect(address).not.toBe('');
    const secrets = new Map([
      ['the operator’s key', platform.operatorKey],
      ['the token of the source', move.workspaces.affinity.token],
      ['the token of the target', move.workspaces.attio.token],
      ['a person’s address', address],
    ]);
    const audit = await knockAndReadAuditLogs(move.tenantId, [...secrets.values()]);
    const places = new Map([
      ['audit logs', audit],
      ['database', await readDatabase()],
      ['broker', await readBroker()],
      ['logs', readLogs()],
      ['Redis', await readRedis()],
    ]);
    // The search itself works: what may be there is found.
    expect(places.get('database')).toContain(move.jobId);
    expect(places.get('broker')).toContain(move.jobId);
    expect(places.get('logs')).toContain('listening');
    expect(audit).toContain(move.jobId);
    expect(audit).toMatch(/createConnection.*suspendTenant/s);
    const leaks = [...places].flatMap(([place, text]) =>
      [...secrets].filter(([, secret]) => text.includes(secret)).map(([what]) => `${what} in ${place}`),
    );
    expect(leaks).toEqual([]);

    const marks = new Map([...secrets, ['the job’s id', move.jobId]]);
    const { found, files } = await findInFiles(marks);
    expect(files).toBeGreaterThan(500);
    // In its store and its log Postgres has the id, and the broker has it: the search finds what is there.
    expect(found.some(one => one.startsWith('the job’s id'))).toBe(true);
    expect(found.filter(one => !one.startsWith('the job’s id'))).toEqual([]);
  });
});
