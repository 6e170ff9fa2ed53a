/** Changes that meet what the client read, or do not happen: `ETag` and `If-Match` of tenants and connections. */
import { newId } from '@freight/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayFixture, startGatewayFixture } from './gatewayFixture.ts';

let f: GatewayFixture;
beforeAll(async () => {
  f = await startGatewayFixture({ FREIGHT_ALLOWED_HOSTS: 'crm.example' });
});
afterAll(() => f.stop());

/** A thing that can be read and changed, and who may. */
const things = {
  tenant: async () => ({ key: f.operatorKey, path: `/v1/tenants/${(await f.tenant()).id}` }),
  connection: async () => {
    const { key } = await f.tenant();
    const body = { name: 'Old', system: 'attio', baseUrl: 'https://crm.example', credentials: { apiKey: 'x' } };
    const made = await f.api.call('POST', '/v1/connections', { key, body });
    return { key, path: `/v1/connections/${made.body.id}` };
  },
};

describe.each(Object.entries(things))('a %s', (_, make) => {
  const setUp = async () => {
    const { key, path } = await make();
    const change = (name: string, ifMatch?: string) =>
      f.api.call('PATCH', path, {
        key,
        body: { name },
        ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }),
      });
    const read = async () => {
      const answer = await f.api.call('GET', path, { key });
      return { name: answer.body.name as string, etag: answer.headers.get('etag') ?? '', version: answer.body.version };
    };
    return { change, read };
  };

  it('is changed where it is still as it was read; else nothing happens, and the answer says so', async () => {
    const { change, read } = await setUp();
    const { etag, version } = await read();
    expect(etag).toBe(`"${version}"`);
    const first = await change('First', etag);
    expect([first.status, first.body.name]).toEqual([200, 'First']);
    const second = await change('Second', etag);
    expect([second.status, second.body.code]).toEqual([412, 'version_mismatch']);
    const after = await read();
    expect(after).toMatchObject({ name: 'First', etag: first.headers.get('etag') });
    expect((await change('Second', after.etag)).status).toBe(200);
  });

  it('is changed once when many change it at the same moment on what they read', async () => {
    const { change, read } = await setUp();
    const { etag } = await read();
    const answers = await Promise.all(Array.from({ length: 8 }, (__, i) => change(`Change ${i}`, etag)));
    expect(answers.filter(one => one.status === 200)).toHaveLength(1);
    expect(answers.filter(one => one.status === 412)).toHaveLength(7);
  });

  it('is changed whatever it is where nobody says what it must be', async () => {
    const { change } = await setUp();
    expect([(await change('A')).status, (await change('B', '*')).status]).toEqual([200, 200]);
  });

  it.each(['7', 'W/"7"', '"7", "8"', '"x"', ''])(
    'is not changed on a header that is no ETag of it (%j)',
    async header => {
      const { change, read } = await setUp();
      const answer = await change('Changed', header);
      expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, 'header.if-match']);
      expect((await read()).name).not.toBe('Changed');
    },
  );
});

it('what is not there is not found, also with If-Match', async () => {
  const { key } = await f.tenant();
  const headers = { 'if-match': '"1"' };
  const answer = await f.api.call('PATCH', `/v1/connections/${newId()}`, { key, body: { name: 'x' }, headers });
  expect(answer.status).toBe(404);
});

it('a connection keeps its ETag while the tenant changes', async () => {
  const { key, path } = await things.connection();
  const before = await f.api.call('GET', path, { key });
  await f.api.call('POST', '/v1/api-keys', { key, body: { label: 'another' } });
  expect((await f.api.call('GET', path, { key })).headers.get('etag')).toBe(before.headers.get('etag'));
});
