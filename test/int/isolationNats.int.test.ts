/** The broker's floor of `./freight isolation` finds a login that may do too much, and lets those pass that may not. */

import { join } from 'node:path';
import { natsServices } from '@freight/contracts';
import { type Attempt, createRecorder, type NatsUser, natsLoginsOf, tryRights } from '@freight/isolation';
import { newId } from '@freight/kernel';
import { type NatsServer, startNats } from '@freight/servers';
import { afterAll, beforeAll, expect, it } from 'vitest';

let nats: NatsServer & { close(): Promise<void> };
beforeAll(async () => {
  nats = await startNats({ dir: join(import.meta.dirname, '../../.freight'), durable: false });
});
afterAll(() => nats?.close());

/** What is found for a login that says it is `user` and has the credentials of `holder`. */
const find = async (user: NatsUser, holder: keyof NatsServer['credentials']): Promise<readonly Attempt[]> => {
  const record = createRecorder();
  const [login] = natsLoginsOf(nats.url, new Map([[user, nats.credentials[holder]]]));
  if (!login) throw new Error('no login');
  await tryRights({ record, tenants: [newId(), newId()] }, login);
  return record.attempts;
};

it.each(natsServices)('as %s nothing is said or heard beyond its rights', async service => {
  const attempts = await find(service, service);
  expect(attempts.length).toBeGreaterThan(80);
  expect(attempts.filter(one => one.result !== 'held')).toEqual([]);
});

it('finds a service that logs in as another one, and one that may do everything', async () => {
  const leaks = (await find('workers', 'gateway')).filter(one => one.result === 'leak').map(one => one.tried);
  expect(leaks).toEqual(expect.arrayContaining([expect.stringMatching(/^says something on freight\.cmd\./)]));
  const all = await find('jobs', 'admin');
  expect(all.filter(one => one.result === 'leak').length).toBe(all.length);
});
