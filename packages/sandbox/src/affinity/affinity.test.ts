import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, type Harness, request, startHarness } from '../../test/harness.ts';
import type { AffinityRow } from '../rows.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

const person = (id: number, extra: Partial<Extract<AffinityRow, { kind: 'person' }>> = {}): AffinityRow => ({
  kind: 'person',
  id,
  first_name: 'Noor',
  last_name: `Amari ${id}`,
  primary_email: `noor${id}@quayside.example`,
  ...extra,
});
const persons = (from: number, to: number): AffinityRow[] =>
  Array.from({ length: to - from + 1 }, (_, i) => person(from + i));

/** All ids, page by page; `between` runs after each page. */
async function pageThroughV2(caller: Caller, first: string, between: () => Promise<unknown> = async () => {}) {
  const ids: number[] = [];
  for (let url: string | null = first; url !== null; ) {
    const { status, body } = await caller.call('GET', url);
    expect(status).toBe(200);
    ids.push(...body.data.map((row: { id: number }) => row.id));
    url = body.pagination.nextUrl;
    await between();
  }
  return ids;
}

async function pageThroughV1(caller: Caller, path: string, between: () => Promise<unknown> = async () => {}) {
  const ids: number[] = [];
  for (let token: string | null = ''; token !== null; ) {
    const { body } = await caller.call('GET', token === '' ? path : `${path}&page_token=${token}`);
    ids.push(...body.persons.map((row: { id: number }) => row.id));
    token = body.next_page_token;
    await between();
  }
  return ids;
}

describe('paging', () => {
  it('gives every record exactly once, in both versions', async () => {
    const affinity = await harness.affinity();
    await harness.control.seed(affinity.id, persons(1, 1203));
    const all = Array.from({ length: 1203 }, (_, i) => i + 1);
    expect(await pageThroughV2(affinity, '/v2/persons')).toEqual(all);
    expect(await pageThroughV1(affinity, '/persons?page_size=500')).toEqual(all);
    const exact = await harness.affinity();
    await harness.control.seed(exact.id, persons(1, 200));
    expect(await pageThroughV2(exact, '/v2/persons?limit=100')).toHaveLength(200);
  });

  it('loses and repeats nothing that stays while records vanish and appear between pages', async () => {
    for (const pageThrough of [
      (caller: Caller, between: () => Promise<unknown>) => pageThroughV2(caller, '/v2/persons?limit=10', between),
      (caller: Caller, between: () => Promise<unknown>) => pageThroughV1(caller, '/persons?page_size=10', between),
    ]) {
      const affinity = await harness.affinity();
      await harness.control.seed(
        affinity.id,
        persons(1, 100).filter((_, i) => i % 2 === 0),
      );
      let turn = 0;
      const ids = await pageThrough(affinity, async () => {
        turn += 1;
        // Ids seen already, ids to come, and one that sorts before everything.
        await harness.control.deleteAffinity(affinity.id, { persons: [turn * 20 - 1, turn * 20 + 5] });
        await harness.control.addAffinity(affinity.id, [person(turn * 20 - 10), person(1000 + turn)]);
      });
      expect(new Set(ids).size).toBe(ids.length);
      const deleted = new Set(Array.from({ length: turn }, (_, i) => [(i + 1) * 20 - 1, (i + 1) * 20 + 5]).flat());
      const stayed = Array.from({ length: 50 }, (_, i) => 2 * i + 1).filter(id => !deleted.has(id));
      expect(ids).toEqual(expect.arrayContaining(stayed));
    }
  });

  it('gives also what appears ahead of the page, whatever the order in which it was stored', async () => {
    const affinity = await harness.affinity();
    await harness.control.seed(
      affinity.id,
      [9, 1, 5, 3, 7].map(id => person(id)),
    );
    let isAdded = false;
    const ids = await pageThroughV2(affinity, '/v2/persons?limit=2', async () => {
      if (!isAdded) await harness.control.addAffinity(affinity.id, [person(2), person(6)]);
      isAdded = true;
    });
    expect(ids).toEqual([1, 3, 5, 6, 7, 9]);
  });

  it('links to where the caller came from, and asks for nothing but the link', async () => {
    const affinity = await harness.affinity();
    await harness.control.seed(affinity.id, [
      { kind: 'field', id: 11, name: 'Job Titles', entity_type: 0, value_type: 2, allows_multiple: true },
      ...persons(1, 3),
    ]);
    const { body } = await affinity.call('GET', '/v2/persons?limit=2&fieldTypes=global');
    expect(body.pagination.nextUrl).toMatch(new RegExp(`^${harness.url}/affinity/v2/persons\\?cursor=`));
    const next = await affinity.call('GET', body.pagination.nextUrl);
    expect(next.body.data[0].fields[0]).toMatchObject({
      id: 'field-11',
      value: { type: 'dropdown-multi', data: null },
    });
    const other = await affinity.call('GET', `${body.pagination.nextUrl}&limit=3`);
    expect([other.status, other.body.errors[0].param]).toEqual([400, 'cursor']);
    const elsewhere = await affinity.call('GET', body.pagination.nextUrl.replace('/persons', '/companies'));
    expect(elsewhere.status).toBe(400);
  });

  it('refuses pages that are too large and tokens that belong to other parameters', async () => {
    const affinity = await harness.affinity();
    await harness.control.seed(affinity.id, persons(1, 3));
    const large = await affinity.call('GET', '/v2/persons?limit=101');
    expect([large.status, large.body.errors[0]]).toEqual([
      400,
      { code: 'validation', message: "Param 'limit' must be less than or equal to 100.", param: 'limit' },
    ]);
    expect((await affinity.call('GET', '/persons?page_size=501')).status).toBe(422);
    const { body } = await affinity.call('GET', '/persons?page_size=2');
    const token = body.next_page_token;
    expect((await affinity.call('GET', `/persons?page_size=2&page_token=${token}`)).body.persons).toHaveLength(1);
    expect((await affinity.call('GET', `/persons?page_size=1&page_token=${token}`)).status).toBe(422);
    expect((await affinity.call('GET', `/persons?page_size=2&page_token=nonsense`)).status).toBe(422);
  });
});

describe('records', () => {
  it('come as each version shows them, with fields only when they are asked for', async () => {
    const affinity = await harness.affinity();
    await harness.control.seed(affinity.id, [
      { kind: 'field', id: 11, name: 'Job Titles', entity_type: 0, value_type: 2, allows_multiple: true },
      { kind: 'field', id: 12, name: 'Location', entity_type: 0, value_type: 5 },
      { kind: 'organization', id: 5, name: 'Quayside', domain: 'quayside.example', global: true },
      person(1, { organization_ids: [5, 6], values: { 11: ['CEO', 'Chair'], 12: { city: 'Leeds' } } }),
    ]);
    const bare = await affinity.call('GET', '/v2/persons');
    expect(bare.body.data[0]).toEqual({
      id: 1,
      firstName: 'Noor',
      lastName: 'Amari 1',
      primaryEmailAddress: 'noor1@quayside.example',
      emailAddresses: ['noor1@quayside.example'],
      type: 'external',
    });
    const full = await affinity.call('GET', '/v2/persons/1?fieldTypes=global');
    const byId = new Map(full.body.fields.map((field: { id: string; value: unknown }) => [field.id, field.value]));
    expect(byId.get('field-11')).toEqual({
      type: 'dropdown-multi',
      data: [
        { dropdownOptionId: 110_000, text: 'CEO' },
        { dropdownOptionId: 110_001, text: 'Chair' },
      ],
    });
    expect(byId.get('field-12')).toMatchObject({ type: 'location', data: { city: 'Leeds', country: null } });
    expect(byId.get('companies')).toMatchObject({
      type: 'company-multi',
      data: [{ id: 5, name: 'Quayside', domain: 'quayside.example' }, { id: 6 }],
    });
    expect((await affinity.call('GET', '/v2/persons?fieldTypes=list')).status).toBe(400);
    expect((await affinity.call('GET', '/v2/persons?fieldIds=field-99')).status).toBe(400);

    const old = await affinity.call('GET', '/persons/1');
    expect(old.body).toMatchObject({ first_name: 'Noor', organization_ids: [5, 6], list_entries: [] });
    expect((await affinity.call('GET', '/persons')).body.persons[0]).not.toHaveProperty('organization_ids');
    expect((await affinity.call('GET', '/organizations/5')).body.person_ids).toEqual([1]);
    const cells = await affinity.call('GET', '/field-values?person_id=1');
    expect(cells.body.map((cell: { value: unknown }) => cell.value)).toEqual([
      'CEO',
      'Chair',
      { street_address: null, city: 'Leeds', state: null, country: null, continent: null },
    ]);
    expect(new Set(cells.body.map((cell: { id: number }) => cell.id)).size).toBe(3);
  });

  it('that were merged away name their winner, and deleted ones are not there', async () => {
    const affinity = await harness.affinity();
    await harness.control.seed(affinity.id, [
      ...persons(1, 3),
      { kind: 'merge', entity: 'person', loser: 1, winner: 2 },
    ]);
    const merged = await affinity.call('GET', '/persons/1');
    expect([merged.status, JSON.stringify(merged.body)]).toEqual([
      422,
      '["1 no longer exists as it has been merged into 2"]',
    ]);
    await harness.control.deleteAffinity(affinity.id, { persons: [3] });
    expect((await affinity.call('GET', '/persons/3')).status).toBe(404);
    expect((await affinity.call('GET', '/v2/persons/1')).body.errors[0].code).toBe('not-found');
  });

  it('of a list are its entries, cells included, and an entity may be there twice', async () => {
    const affinity = await harness.affinity();
    await harness.control.seed(affinity.id, [
      { kind: 'user', id: 90, first_name: 'Ines', last_name: 'Holm', email: 'ines@birch.example' },
      { kind: 'list', id: 28, name: 'Pipeline', type: 8 },
      { kind: 'field', id: 31, name: 'Status', entity_type: 8, list_id: 28, value_type: 7 },
      { kind: 'opportunity', id: 7, name: 'Series A', list_id: 28, person_ids: [90] },
      { kind: 'list_entry', id: 500, list_id: 28, entity_id: 7, values: { 31: 'New' } },
      { kind: 'note', id: 900, content: 'Met <them>', opportunity_ids: [7], creator_id: 90 },
      { kind: 'note', id: 901, content: 'And again', parent_id: 900 },
    ]);
    const { body } = await affinity.call('GET', '/v2/lists/28/list-entries?fieldTypes=list');
    expect(body.data[0]).toMatchObject({
      id: 500,
      type: 'opportunity',
      entity: {
        id: 7,
        listId: 28,
        fields: [{ id: 'field-31', type: 'list', value: { type: 'ranked-dropdown', data: { text: 'New', rank: 0 } } }],
      },
    });
    expect((await affinity.call('GET', '/lists/28/list-entries')).body).toHaveLength(1);
    expect((await affinity.call('GET', '/opportunities')).body.opportunities[0].person_ids).toEqual([90]);
    expect((await affinity.call('GET', '/v2/users')).body.data[0]).toMatchObject({ id: 90, status: 'active' });
    const notes = await affinity.call('GET', '/v2/notes?includes=opportunitiesPreview&includes=repliesCount');
    expect(notes.body.data).toHaveLength(1);
    expect(notes.body.data[0]).toMatchObject({
      content: { html: '<p>Met &lt;them&gt;</p>' },
      opportunitiesPreview: { totalCount: 1 },
      repliesCount: 1,
    });
  });
});

describe('access', () => {
  it('takes Basic with an empty user and Bearer in v1, Bearer only in v2', async () => {
    const affinity = await harness.affinity();
    const basic = (user: string) => `Basic ${Buffer.from(`${user}:${affinity.token}`).toString('base64')}`;
    const status = async (path: string, authorization: string) =>
      (await request(`${harness.url}/affinity${path}`, 'GET', undefined, { authorization })).status;
    expect(await status('/auth/whoami', basic(''))).toBe(200);
    expect(await status('/auth/whoami', basic('somebody'))).toBe(401);
    expect(await status('/auth/whoami', `Bearer ${affinity.token}`)).toBe(200);
    expect(await status('/v2/auth/whoami', `Bearer ${affinity.token}`)).toBe(200);
    expect(await status('/v2/auth/whoami', basic(''))).toBe(401);
    expect(await status('/v2/auth/whoami', 'Bearer nobody')).toBe(401);
  });

  it('echoes the version in force, and refuses one that it does not know', async () => {
    const affinity = await harness.affinity();
    const ask = (version?: string) =>
      affinity.call(
        'GET',
        '/v2/persons',
        undefined,
        version === undefined ? {} : { 'X-Affinity-Api-Version': version },
      );
    expect((await ask()).headers.get('x-affinity-api-version')).toBe('2024-01-01');
    expect((await ask('current')).headers.get('x-affinity-api-version')).toBe('2026-09-17');
    const unknown = await ask('2020-01-01');
    expect([unknown.status, unknown.body.errors[0].param]).toEqual([400, 'X-Affinity-Api-Version']);
  });

  it('counts both limits down, resets them, and does not count the free questions against the month', async () => {
    const affinity = await harness.affinity({ limits: { perMinute: 3, perMonth: 4 } });
    const ask = (path = '/v2/persons') => affinity.call('GET', path);
    const first = await ask();
    expect(first.headers.get('x-ratelimit-limit-user-remaining')).toBe('2');
    expect(first.headers.get('x-ratelimit-limit-user-reset')).toBe('60');
    expect(first.headers.get('x-ratelimit-limit-org-remaining')).toBe('3');
    expect((await ask('/auth/whoami')).headers.get('x-ratelimit-limit-org-remaining')).toBe('3');
    await ask();
    const spent = await ask();
    expect([spent.status, spent.body.errors[0].code]).toEqual([429, 'rate-limit']);
    expect(spent.headers.get('x-ratelimit-limit-user-remaining')).toBe('0');
    harness.clock.nowMs += 60_000;
    expect((await ask('/rate-limit')).body.rate.org_monthly).toMatchObject({ limit: 4, remaining: 2, used: 2 });
    await ask();
    expect((await ask()).headers.get('x-ratelimit-limit-org-remaining')).toBe('0');
    harness.clock.nowMs += 60_000;
    expect((await ask()).status).toBe(429);
    expect((await harness.control.stats(affinity.id)).limited).toBe(2);
  });
});
