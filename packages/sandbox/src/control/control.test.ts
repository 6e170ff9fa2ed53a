import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attributeBody, type Harness, request, startHarness, values } from '../../test/harness.ts';
import type { FaultInput } from './types.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());
const PEOPLE = '/v2/objects/people/records';

describe('rate limits', () => {
  it('let a burst through, then exactly the rate, and tell when to come back', async () => {
    const attio = await harness.attio({
      limits: { writesPerSecond: 5, writeBurst: 5, readsPerSecond: 2, readBurst: 2 },
    });
    const write = () => attio.call('POST', PEOPLE, values({}));
    harness.clock.nowMs = Math.ceil(harness.clock.nowMs / 1000) * 1000 + 250;
    const burst = await Promise.all(Array.from({ length: 8 }, write));
    expect(burst.filter(answer => answer.status === 200)).toHaveLength(5);
    const refused = burst.find(answer => answer.status === 429);
    expect(refused?.body).toEqual({
      status_code: 429,
      type: 'rate_limit_error',
      code: 'rate_limit_exceeded',
      message: 'Rate limit exceeded, please try again later',
    });
    const retryAt = Date.parse(refused?.headers.get('retry-after') ?? '');
    expect(retryAt - harness.clock.nowMs).toBe(750);
    expect((await attio.call('GET', '/v2/objects')).status).toBe(200);

    harness.clock.nowMs += 400;
    const later = await Promise.all(Array.from({ length: 4 }, write));
    expect(later.filter(answer => answer.status === 200)).toHaveLength(2);
    expect(await harness.control.counts(attio.id)).toMatchObject({ people: 7 });
    harness.clock.nowMs += 3_600_000;
    const rested = await Promise.all(Array.from({ length: 8 }, write));
    expect(rested.filter(answer => answer.status === 200)).toHaveLength(5);
    const stats = await harness.control.stats(attio.id);
    expect(stats.writes.count).toBe(5 + 2 + 5);
    expect((stats.writes.lastAtMs ?? 0) - (stats.writes.firstAtMs ?? 0)).toBe(3_600_400);
    expect(stats).toMatchObject({ limited: 8, mostWritesInOneSecond: 7, mostWriteRequestsInOneSecond: 12 });
    expect(stats.byRoute).toContainEqual({
      method: 'POST',
      route: '/v2/objects/{object}/records',
      outcome: '429',
      count: 8,
    });
  });

  it('count a query as a read, speak in seconds when told so, and are changed and lifted at once', async () => {
    const attio = await harness.attio({
      limits: { readsPerSecond: 1, readBurst: 1 },
      options: { retryAfterStyle: 'seconds' },
    });
    const query = () => attio.call('POST', `${PEOPLE}/query`, {});
    expect((await query()).status).toBe(200);
    expect((await query()).headers.get('retry-after')).toBe('1');
    expect((await attio.call('POST', PEOPLE, values({}))).status).toBe(200);
    await harness.control.setLimits(attio.id, { readsPerSecond: 1, readBurst: 2 });
    expect([(await query()).status, (await query()).status, (await query()).status]).toEqual([200, 200, 429]);
    await harness.control.setLimits(attio.id, null);
    expect((await query()).status).toBe(200);
  });
});

describe('faults', () => {
  const arm = async (fault: FaultInput) => {
    const attio = await harness.attio();
    await harness.control.addFault(attio.id, { match: { method: 'POST', path: PEOPLE }, ...fault });
    const write = () => attio.call('POST', PEOPLE, values({ job_title: 'CEO' }));
    const people = async () => (await harness.control.counts(attio.id)).people;
    return { attio, write, people };
  };

  it('refuse before anything happens: 429, 500 and 503', async () => {
    for (const kind of ['429', '500', '503'] as const) {
      const { write, people } = await arm({ kind, times: 2, retryAfterSeconds: 9 });
      expect([(await write()).status, (await write()).status]).toEqual([Number(kind), Number(kind)]);
      expect(await people()).toBe(0);
      expect((await write()).status).toBe(200);
    }
  });

  it('cut the line before the write, which then has no effect', async () => {
    const { write, people } = await arm({ kind: 'reset_before' });
    await expect(write()).rejects.toThrow('fetch failed');
    expect(await people()).toBe(0);
  });

  it('cut the line after the write, which then has taken effect', async () => {
    const { attio, write, people } = await arm({ kind: 'reset_after' });
    await expect(write()).rejects.toThrow('fetch failed');
    expect(await people()).toBe(1);
    const stats = await harness.control.stats(attio.id);
    expect(stats.byRoute).toContainEqual(expect.objectContaining({ outcome: 'reset_after', count: 1 }));
  });

  it('answer 500 after the write, which then has taken effect', async () => {
    const { write, people } = await arm({ kind: 'error_after' });
    const answer = await write();
    expect([answer.status, answer.body.status_code]).toEqual([500, 500]);
    expect(await people()).toBe(1);
  });

  it('let a slow write take effect although its caller has gone', async () => {
    const { attio, people } = await arm({ kind: 'slow', delayMs: 40 });
    const gone = fetch(`${harness.url}/attio${PEOPLE}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${attio.token}` },
      body: JSON.stringify(values({})),
      signal: AbortSignal.timeout(15),
    });
    await expect(gone).rejects.toThrow('timeout');
    expect(await people()).toBe(0);
    await expect.poll(people).toBe(1);
  });

  it('wait their turn, hit only what they match, and are counted', async () => {
    const attio = await harness.attio();
    await harness.control.addFault(attio.id, {
      kind: '503',
      match: { path: '^/v2/objects/[^/]+$', afterRequests: 2 },
      times: 1,
    });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await attio.call('GET', '/v2/objects/people')).status);
    expect(statuses).toEqual([200, 200, 503, 200]);
    expect((await attio.call('GET', '/v2/objects')).status).toBe(200);
    expect(await harness.control.faults(attio.id)).toMatchObject([{ seen: 4, fired: 1 }]);
    await harness.control.clearFaults(attio.id);
    expect(await harness.control.faults(attio.id)).toEqual([]);
  });

  it('hit each so-manieth request, or only those with a certain query', async () => {
    const affinity = await harness.affinity();
    const statusesOf = async (paths: readonly string[]): Promise<number[]> => {
      const statuses: number[] = [];
      for (const path of paths) statuses.push((await affinity.call('GET', path)).status);
      return statuses;
    };
    await harness.control.addFault(affinity.id, { kind: '500', times: 2, match: { every: 3 } });
    const nine = Array.from({ length: 9 }, () => '/v2/persons');
    expect(await statusesOf(nine)).toEqual([200, 200, 500, 200, 200, 500, 200, 200, 200]);
    await harness.control.addFault(affinity.id, { kind: '503', match: { path: '^/persons$', query: 'page_size=2' } });
    expect(await statusesOf(['/persons', '/persons?page_size=2', '/persons?page_size=2'])).toEqual([200, 503, 200]);
    const broken = harness.control.addFault(affinity.id, { kind: '500', match: { query: '[' } });
    await expect(broken).rejects.toThrow(/no regular expression/);
  });

  it('fall the same way for the same seed', async () => {
    const draw = async (seed: number) => {
      const affinity = await harness.affinity();
      await harness.control.addFault(affinity.id, { kind: '500', probability: 0.5, times: 100, seed });
      const statuses: number[] = [];
      for (let i = 0; i < 24; i++) statuses.push((await affinity.call('GET', '/persons')).status);
      return statuses;
    };
    const first = await draw(7);
    expect(await draw(7)).toEqual(first);
    expect(await draw(8)).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 500]));
  });
});

describe('workspaces', () => {
  it('see nothing of each other, whatever ids they name', async () => {
    const [mine, theirs] = [await harness.attio(), await harness.attio()];
    const { body } = await mine.call('POST', PEOPLE, values({ email_addresses: ['noor@quayside.example'] }));
    const path = `${PEOPLE}/${body.data.id.record_id}`;
    for (const method of ['GET', 'DELETE']) expect((await theirs.call(method, path)).status).toBe(404);
    expect((await theirs.call('POST', `${PEOPLE}/query`, {})).body.data).toEqual([]);
    expect((await theirs.call('POST', PEOPLE, values({ email_addresses: ['noor@quayside.example'] }))).status).toBe(
      200,
    );
    const source = await harness.affinity();
    expect((await source.call('GET', '/persons', undefined, { authorization: `Bearer ${mine.token}` })).status).toBe(
      401,
    );
  });

  it('have one token each, and none once they are deleted', async () => {
    const attio = await harness.attio({ token: 'spoken-for' });
    await expect(harness.attio({ token: 'spoken-for' })).rejects.toMatchObject({ status: 409 });
    await harness.control.deleteWorkspace(attio.id);
    expect((await attio.call('GET', '/v2/objects')).status).toBe(401);
    await expect(harness.control.counts(attio.id)).rejects.toMatchObject({ status: 404 });
  });

  it('remember the traces that reached them', async () => {
    const attio = await harness.attio();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await attio.call('GET', '/v2/objects', undefined, { traceparent });
    expect((await harness.control.stats(attio.id)).traceparents).toEqual([traceparent]);
  });
});

describe('seeding', () => {
  it('stores what the vendor would refuse: two persons with one address', async () => {
    const affinity = await harness.affinity();
    const twin = { kind: 'person', primary_email: 'same@quayside.example' } as const;
    expect(
      await harness.control.seed(affinity.id, [
        { ...twin, id: 1 },
        { ...twin, id: 2 },
      ]),
    ).toEqual({ accepted: 2 });
    expect(await harness.control.counts(affinity.id)).toMatchObject({ persons: 2 });
  });

  it('stops at a bad line and names it; what came before stays', async () => {
    const affinity = await harness.affinity();
    const lines = [
      '{"kind":"person","id":1}',
      '',
      '{"kind":"person","id":2}',
      '{"kind":"person"',
      '{"kind":"person","id":3}',
    ];
    const url = `${harness.url}/control/workspaces/${affinity.id}/seed`;
    const broken = await request(url, 'POST', lines.join('\n'), {});
    expect([broken.status, broken.body]).toEqual([400, { error: 'not JSON', line: 4, accepted: 2 }]);
    expect(await harness.control.counts(affinity.id)).toMatchObject({ persons: 2 });
    await expect(
      harness.control.seed(affinity.id, [{ kind: 'person', id: 9, values: { 77: 'x' } }]),
    ).rejects.toMatchObject({ status: 400, line: 1, accepted: 0 });
    const attio = await harness.attio();
    await expect(
      harness.control.seed(attio.id, [{ kind: 'person', values: { email_addresses: ['nonsense'] } }]),
    ).rejects.toThrow(/line 1: validation_type/);
  });
});

describe('doubles', () => {
  it('are found by a shared unique value and by a shared affinity_id, and nowhere else', async () => {
    const attio = await harness.attio({ options: { autoCreateCompanies: false } });
    for (const object of ['people', 'companies']) {
      await attio.call('POST', `/v2/objects/${object}/attributes`, attributeBody('affinity_id', 'text'));
    }
    const one = await attio.call('POST', PEOPLE, values({ affinity_id: '1' }));
    const two = await attio.call('POST', PEOPLE, values({ affinity_id: '1' }));
    await attio.call('POST', PEOPLE, values({ affinity_id: '2', job_title: 'CEO' }));
    await attio.call('POST', PEOPLE, values({ job_title: 'CEO' }));
    const ids = [one, two].map((answer): string => answer.body.data.id.record_id).sort();
    expect(await harness.control.doubles(attio.id)).toEqual({ companies: [], people: [ids] });

    const company = { kind: 'company', values: { domains: ['pier.example'] } } as const;
    await harness.control.seed(attio.id, [company, { ...company, force: true }]);
    const { companies } = await harness.control.doubles(attio.id);
    expect(companies).toHaveLength(1);
    expect(companies[0]).toHaveLength(2);
  });
});
