import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Route } from './defineRoute.ts';
import { readRequest } from './readRequest.ts';

const route = {
  method: 'post',
  path: '/x',
  body: z.strictObject({ name: z.string().max(3) }),
  query: z.strictObject({ a: z.string().optional() }),
} as unknown as Route;

const read = async (
  body: string | Uint8Array<ArrayBuffer>,
  query = '',
  type = 'application/json',
  bodyMaxBytes = 1000,
) => {
  const request = new Request(`http://h/x${query}`, { method: 'POST', body, headers: { 'content-type': type } });
  const result = await readRequest(route, request, {}, bodyMaxBytes);
  return result.ok ? { status: 200, body: result.value.body } : result.error;
};

describe('a request', () => {
  it('is read by the schemas', async () => {
    expect(await read('{"name":"abc"}', '?a=1')).toEqual({ status: 200, body: { name: 'abc' } });
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset="UTF-8"'])(
    'of the type %s is JSON',
    async type => expect((await read('{"name":"a"}', '', type)).status).toBe(200),
  );

  it.each(['text/plain', 'application/json; charset=latin1', 'application/jsonx'])(
    'of the type %s is not',
    async type => expect((await read('{"name":"a"}', '', type)).status).toBe(415),
  );

  it('is refused for a parameter that is given twice', async () => {
    expect(await read('{"name":"a"}', '?a=1&a=2')).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: 'query.a', detail: 'is given twice' }] },
    });
  });

  it('is refused for what every object inherits', async () => {
    expect(await read('{"name":"a"}', '?constructor=1&__proto__=2')).toMatchObject({ status: 400 });
    expect(await read('{"name":"a","__proto__":{"x":1}}')).toMatchObject({ status: 400 });
  });

  it('is refused when it is not UTF-8, empty, or too long', async () => {
    expect(await read(new Uint8Array([0x22, 0xff, 0x22]))).toMatchObject({ body: { code: 'malformed_json' } });
    expect(await read('')).toMatchObject({ body: { code: 'malformed_json' } });
    expect(await read(`{"name":"${'x'.repeat(2000)}"}`)).toMatchObject({ status: 413 });
  });

  it('is not told more than a hundred faults, and never its own values', async () => {
    const names = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`n${i}`, i]));
    const answer = await read(JSON.stringify({ ...names, name: 'a-secret-value' }), `?${'b=1&'.repeat(90)}`);
    const { errors } = answer.body as { errors: unknown[] };
    expect(errors).toHaveLength(100);
    expect(JSON.stringify(answer)).not.toContain('a-secret-value');
  });

  it('gets a short answer, however long the names are that it is told of', async () => {
    const body = `{"${'k'.repeat(300_000)}":[${Array.from({ length: 200 }, () => '"\\u0000"').join(',')}]}`;
    const answer = await read(body, `?${'q'.repeat(5000)}=1`, 'application/json', 1024 * 1024);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer).length).toBeLessThan(50_000);
  });

  it('that takes no body is refused with one of any depth, not fallen over', async () => {
    const request = (body: string) => new Request('http://h/x', { method: 'POST', body });
    const bare = { method: 'post', path: '/x' } as unknown as Route;
    const refused = await readRequest(bare, request('['.repeat(200_000) + ']'.repeat(200_000)), {}, 1024 * 1024);
    expect(refused).toMatchObject({ ok: false, error: { status: 400 } });
    expect(await readRequest(bare, request(' {} '), {}, 1000)).toMatchObject({ ok: true });
  });
});
