import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { propagation, type TextMapPropagator } from '@opentelemetry/api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attio } from './attio/vendor.ts';
import type { CrmCall } from './call.ts';
import type { CallClass, CrmAccess } from './connector.ts';
import { CrmError } from './crmError.ts';
import { type CrmClientOptions, createCrmClient } from './http.ts';

const secret = 'a-token-that-nobody-may-see';
type Step = (response: ServerResponse, request: IncomingMessage) => void;

const answer =
  (status: number, body: unknown = {}, headers: Record<string, string> = {}): Step =>
  response => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
const reset: Step = response => response.socket?.destroy();
const breakOff: Step = response => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('{"data":');
  setTimeout(() => response.socket?.destroy(), 5);
};
const never: Step = () => {};

const read: CrmCall = { method: 'GET', route: '/v2/things/{thing}', path: '/v2/things/7', callClass: 'read' };
const write: CrmCall = { method: 'POST', route: '/v2/things', body: { data: { secret: 'value' } }, callClass: 'write' };

let script: Step[] = [];
let arrived: IncomingMessage[] = [];
let acquired: CallClass[] = [];
let pauses: number[] = [];
const server = createServer((request, response) => {
  arrived.push(request);
  const step = script.length > 1 ? script.shift() : script[0];
  request.resume().on('end', () => step?.(response, request));
});
let baseUrl = '';

beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  [script, arrived, acquired, pauses] = [[], [], [], []];
});

const access = (url = baseUrl): CrmAccess => ({
  baseUrl: url,
  apiKey: secret,
  acquire: callClass => Promise.resolve(void acquired.push(callClass)),
  pauseAccount: ms => Promise.resolve(void pauses.push(ms)),
});
const signal = new AbortController().signal;
const call = (what: CrmCall, steps: Step[], options: CrmClientOptions = {}, at: AbortSignal = signal) => {
  script = steps;
  return createCrmClient(access(), attio, options).call(what, at);
};
const faultOf = async (promise: Promise<unknown>): Promise<CrmError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CrmError);
  return error as CrmError;
};

describe('a call of a CRM', () => {
  it('takes one call out of the budget of its class and gives the JSON of the reply', async () => {
    expect(await call(read, [answer(200, { data: 1 })])).toEqual({ data: 1 });
    expect(acquired).toEqual(['read']);
    expect(arrived[0]?.url).toBe('/v2/things/7');
    expect(arrived[0]?.headers.authorization).toBe(`Bearer ${secret}`);
  });

  it('carries the trace on, and no baggage', async () => {
    const set: TextMapPropagator = {
      inject: (_, carrier, setter) => {
        for (const name of ['traceparent', 'baggage']) setter.set(carrier, name, 'x');
      },
      extract: at => at,
      fields: () => [],
    };
    propagation.setGlobalPropagator(set);
    try {
      await call(read, [answer(200)]);
    } finally {
      propagation.disable();
    }
    expect(arrived[0]?.headers).toMatchObject({ traceparent: 'x' });
    expect(arrived[0]?.headers).not.toHaveProperty('baggage');
  });

  it('gives undefined for an empty reply', async () => {
    expect(await call(write, [response => response.writeHead(200).end()])).toBeUndefined();
  });

  it('does not follow a redirect', async () => {
    const fault = await faultOf(call(read, [answer(302, {}, { location: 'http://127.0.0.1:1/' })], { retriesMax: 0 }));
    expect(fault).toMatchObject({ kind: 'unavailable', status: 302 });
    expect(arrived).toHaveLength(1);
  });

  it('never shows the token or a value in an error, and keeps the words of the vendor apart', async () => {
    const refusal = { status_code: 400, code: 'validation_type', message: 'value "x" is odd' };
    const fault = await faultOf(call(write, [answer(400, refusal)]));
    expect(fault).toMatchObject({ kind: 'rejected', vendorCode: 'validation_type', vendorMessage: 'value "x" is odd' });
    expect(`${fault.message}${String(fault.cause)}${fault.stack}`).not.toMatch(/a-token|"x"|secret/u);
  });
});

describe('a 429', () => {
  it('pauses the account and is tried again after the wait, out of the budget', async () => {
    expect(await call(write, [answer(429, {}, { 'retry-after': '0' }), answer(200, { ok: true })])).toEqual({
      ok: true,
    });
    expect(pauses).toEqual([100]);
    expect(acquired).toEqual(['write', 'write']);
  });

  it('goes to the caller with its wait when that is long', async () => {
    const fault = await faultOf(call(write, [answer(429, {}, { 'retry-after': '60' })]));
    expect(fault).toMatchObject({ kind: 'rate_limited', retryAfterMs: 60_000, retry: 'retryable' });
    expect(pauses).toEqual([60_000]);
    expect(arrived).toHaveLength(1);
  });

  it('is waited out only so often', async () => {
    const fault = await faultOf(call(read, [answer(429, {}, { 'retry-after': '0' })], { waitsMax: 2 }));
    expect(fault.kind).toBe('rate_limited');
    expect(arrived).toHaveLength(3);
  });
});

describe('a read', () => {
  it.each<[string, Step]>([
    ['500', answer(500)],
    ['503', answer(503)],
    ['a reset', reset],
    ['a reply that breaks off', breakOff],
    ['a reply that is no JSON', response => response.end('<html>')],
  ])('is sent again after %s', async (_, step) => {
    expect(await call(read, [step, answer(200, { ok: true })])).toEqual({ ok: true });
    expect(arrived).toHaveLength(2);
  });

  it('gives up as unavailable after some tries', async () => {
    const fault = await faultOf(call(read, [answer(502)], { retriesMax: 2 }));
    expect(fault).toMatchObject({ kind: 'unavailable', status: 502 });
    expect(arrived).toHaveLength(3);
  });

  it('of too much is stopped', async () => {
    const fault = await faultOf(
      call(read, [answer(200, { text: 'x'.repeat(5000) })], { retriesMax: 0, bodyMaxBytes: 1000 }),
    );
    expect(fault.kind).toBe('unavailable');
  });
});

describe('a write', () => {
  it.each<[string, Step]>([
    ['500', answer(500)],
    ['502', answer(502)],
    ['503', answer(503)],
    ['504', answer(504)],
    ['a reset', reset],
    ['a reply that breaks off', breakOff],
    ['silence', never],
  ])('has an unknown outcome after %s and is sent once', async (_, step) => {
    const fault = await faultOf(call(write, [step], { timeoutMs: 200 }));
    expect(fault.kind).toBe('outcome_unknown');
    expect(arrived).toHaveLength(1);
  });

  it('that may be repeated is sent again', async () => {
    expect(await call({ ...write, isRepeatable: true }, [reset, answer(500), answer(200, { ok: 1 })])).toEqual({
      ok: 1,
    });
    expect(arrived).toHaveLength(3);
  });

  it('that never left is unavailable', async () => {
    const closed = createServer();
    await new Promise<void>(resolve => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise(resolve => closed.close(resolve));
    const client = createCrmClient(access(`http://127.0.0.1:${port}`), attio, { retriesMax: 1 });
    const fault = await faultOf(client.call(write, signal));
    expect(fault.kind).toBe('unavailable');
    expect(acquired).toHaveLength(2);
  });

  it('is not sent once the caller has stopped, and unknown when stopped on its way', async () => {
    const stopped = AbortSignal.abort();
    expect((await faultOf(call(write, [never], {}, stopped))).kind).toBe('unavailable');
    expect(arrived).toHaveLength(0);
    const stopping = new AbortController();
    const fault = faultOf(call(write, [() => stopping.abort()], {}, stopping.signal));
    expect((await fault).kind).toBe('outcome_unknown');
  });

  it.each<[number, string, string]>([
    [400, 'uniqueness_conflict', 'conflict'],
    [400, 'multiple_match_results', 'conflict'],
    [400, 'value_not_found', 'rejected'],
    [401, 'unauthorized', 'unauthorized'],
    [403, 'billing_error', 'unauthorized'],
    [404, 'not_found', 'not_found'],
  ])('refused with %i %s is %s', async (status, code, kind) => {
    const fault = await faultOf(call(write, [answer(status, { code })]));
    expect(fault).toMatchObject({ kind, status, vendorCode: code });
    expect(arrived).toHaveLength(1);
  });

  it('refused for the moment is sent again', async () => {
    const busy = answer(409, { code: 'concurrent_write_conflict' });
    expect(await call(write, [busy, answer(200, { ok: 1 })])).toEqual({ ok: 1 });
  });
});
