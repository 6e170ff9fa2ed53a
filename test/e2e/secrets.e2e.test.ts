import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Platform } from '@freight/cli/platform';
import { streams } from '@freight/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';
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
    const places = new Map([
      ['database', await readDatabase()],
      ['broker', await readBroker()],
      ['logs', readLogs()],
    ]);
    // The search itself works: what may be there is found.
    expect(places.get('database')).toContain(move.jobId);
    expect(places.get('broker')).toContain(move.jobId);
    expect(places.get('logs')).toContain('listening');
    const leaks = [...places].flatMap(([place, text]) =>
      [...secrets].filter(([, secret]) => text.includes(secret)).map(([what]) => `${what} in ${place}`),
    );
    expect(leaks).toEqual([]);
  });
});
