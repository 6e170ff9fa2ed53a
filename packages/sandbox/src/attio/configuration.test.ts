import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attributeBody, type Harness, request, startHarness, values } from '../../test/harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());
const ATTRIBUTES = '/v2/objects/people/attributes';

describe('attributes', () => {
  it('cannot be unique, a status, or have a default on people and companies, nor be multi where the type is single', async () => {
    const attio = await harness.attio();
    const bodies = [
      attributeBody('a', 'text', { is_unique: true }),
      attributeBody('b', 'status'),
      attributeBody('c', 'text', { default_value: { type: 'static', template: ['x'] } }),
      attributeBody('d', 'text', { is_multiselect: true }),
      attributeBody('e', 'personal-name'),
      attributeBody('f', 'currency'),
      { data: { title: 'g', api_slug: 'g', type: 'text' } },
    ];
    for (const body of bodies) {
      const answer = await attio.call('POST', ATTRIBUTES, body);
      expect({ body, code: answer.body.code }).toEqual({ body, code: 'validation_type' });
    }
  });

  it('are unique on deals and on objects of the customer’s own', async () => {
    const attio = await harness.attio({
      options: { dealsEnabled: true, members: [{ email: 'Ines@birch.example', firstName: 'Ines', lastName: 'Holm' }] },
    });
    await attio.call('POST', '/v2/objects', {
      data: { api_slug: 'funds', singular_noun: 'Fund', plural_noun: 'Funds' },
    });
    for (const object of ['deals', 'funds']) {
      const made = await attio.call(
        'POST',
        `/v2/objects/${object}/attributes`,
        attributeBody('affinity_id', 'text', { is_unique: true }),
      );
      expect(made.status).toBe(200);
    }
    const path = '/v2/objects/deals/records?matching_attribute=affinity_id';
    const deal = { name: 'Series A', stage: 'Lead', owner: 'ines@birch.example', affinity_id: '7' };
    const first = await attio.call('PUT', path, values(deal));
    const second = await attio.call('PUT', path, values({ ...deal, value: 12.34567 }));
    expect(second.body.data.id).toEqual(first.body.data.id);
    expect(second.body.data.values.value[0]).toMatchObject({ currency_value: 12.3457, currency_code: 'USD' });
    const bare = await attio.call('POST', '/v2/objects/deals/records', values({ name: 'No stage' }));
    expect(bare.body.code).toBe('missing_value');
    const wrong = await attio.call('POST', '/v2/objects/deals/records', values({ ...deal, stage: 'Maybe' }));
    expect(wrong.body.code).toBe('value_not_found');
  });

  it('keep their slug while they are archived, and disappear from records', async () => {
    const attio = await harness.attio();
    const made = await attio.call('POST', ATTRIBUTES, attributeBody('legacy', 'text'));
    expect(made.body.data).toMatchObject({ api_slug: 'legacy', config: { currency: { default_currency_code: null } } });
    await attio.call('PATCH', `${ATTRIBUTES}/legacy`, { data: { is_archived: true } });
    const again = await attio.call('POST', ATTRIBUTES, attributeBody('legacy', 'text'));
    expect([again.status, again.body.code]).toEqual([409, 'slug_conflict']);
    const listed = async (query: string) =>
      (await attio.call('GET', `${ATTRIBUTES}${query}`)).body.data.map((each: { api_slug: string }) => each.api_slug);
    expect(await listed('')).not.toContain('legacy');
    expect(await listed('?show_archived=true')).toContain('legacy');
    const person = await attio.call('POST', '/v2/objects/people/records', values({ job_title: 'CEO' }));
    expect(person.body.data.values).not.toHaveProperty('legacy');
    await attio.call('PATCH', `${ATTRIBUTES}/legacy`, { data: { is_archived: false } });
    const written = await attio.call('POST', '/v2/objects/people/records', values({ legacy: 'x' }));
    expect(written.body.data.values.legacy[0].value).toBe('x');
  });

  it('take select values only from their options, whose titles are unique', async () => {
    const attio = await harness.attio();
    await attio.call('POST', ATTRIBUTES, attributeBody('tags', 'select', { is_multiselect: true }));
    const option = await attio.call('POST', `${ATTRIBUTES}/tags/options`, { data: { title: 'Seed' } });
    const again = await attio.call('POST', `${ATTRIBUTES}/tags/options`, { data: { title: 'Seed' } });
    expect([option.status, again.status, again.body.code]).toEqual([200, 409, 'slug_conflict']);
    const unknown = await attio.call('POST', '/v2/objects/people/records', values({ tags: ['Growth'] }));
    expect(unknown.body.code).toBe('value_not_found');
    const known = await attio.call(
      'POST',
      '/v2/objects/people/records',
      values({ tags: ['Seed', option.body.data.id.option_id] }),
    );
    expect(known.body.data.values.tags.map((tag: { option: { title: string } }) => tag.option.title)).toEqual(['Seed']);
  });
});

describe('a token', () => {
  it('tells who it is without an envelope; a wrong one is not active, none at all is refused', async () => {
    const attio = await harness.attio();
    const { body } = await attio.call('GET', '/v2/self');
    expect(body).toMatchObject({ active: true, workspace_name: 'Birch', token_type: 'Bearer' });
    expect(body.scope.split(' ')).toContain('record_permission:read-write');
    const wrong = await request(`${harness.url}/attio/v2/self`, 'GET', undefined, { authorization: 'Bearer nobody' });
    expect([wrong.status, wrong.body]).toEqual([200, { active: false }]);
    const none = await request(`${harness.url}/attio/v2/self`, 'GET', undefined, {});
    expect([none.status, none.body.code, none.body.type]).toEqual([401, 'unauthorized', 'auth_error']);
    const basic = `Basic ${Buffer.from(`${attio.token}:`).toString('base64')}`;
    expect((await attio.call('GET', '/v2/objects', undefined, { authorization: basic })).status).toBe(200);
  });

  it('does only what its scopes allow', async () => {
    const attio = await harness.attio({
      options: { scopes: ['record_permission:read', 'object_configuration:read-write'] },
    });
    expect((await attio.call('GET', '/v2/objects')).status).toBe(200);
    expect((await attio.call('POST', '/v2/objects/people/records/query', {})).status).toBe(200);
    const write = await attio.call('POST', '/v2/objects/people/records', values({}));
    expect([write.status, write.body.type]).toEqual([403, 'auth_error']);
    expect(write.body.message).toContain('record_permission:read-write');
  });

  it('finds no deals while they are switched off', async () => {
    const attio = await harness.attio();
    const { status, body } = await attio.call('GET', '/v2/objects/deals');
    expect([status, body.code]).toEqual([404, 'not_found']);
  });
});

describe('lists and notes', () => {
  it('let a record stand on a list twice, and refuse to guess which entry an assert means', async () => {
    const attio = await harness.attio();
    await attio.call('POST', '/v2/lists', {
      data: {
        name: 'Pipeline',
        api_slug: 'pipeline',
        parent_object: 'companies',
        workspace_access: 'full-access',
        workspace_member_access: [],
      },
    });
    await attio.call('POST', '/v2/lists/pipeline/attributes', attributeBody('affinity_entry_id', 'text'));
    const company = await attio.call('POST', '/v2/objects/companies/records', values({ name: 'Pier' }));
    const id = company.body.data.id.record_id;
    const entry = (key: string) => ({
      data: { parent_record_id: id, parent_object: 'companies', entry_values: { affinity_entry_id: key } },
    });
    expect((await attio.call('PUT', '/v2/lists/pipeline/entries', entry('1'))).status).toBe(200);
    expect((await attio.call('POST', '/v2/lists/pipeline/entries', entry('2'))).status).toBe(200);
    const third = await attio.call('PUT', '/v2/lists/pipeline/entries', entry('3'));
    expect(third.body.code).toBe('multiple_match_results');
    const found = await attio.call('POST', '/v2/lists/pipeline/entries/query', { filter: { affinity_entry_id: '2' } });
    expect(found.body.data).toHaveLength(1);
    const entries = await attio.call('GET', `/v2/objects/companies/records/${id}/entries`);
    expect(entries.body.data).toHaveLength(2);
    await attio.call('DELETE', `/v2/objects/companies/records/${id}`);
    expect(await harness.control.counts(attio.id)).toMatchObject({ companies: 0, listEntries: 0 });
  });

  it('keep equal notes apart, back to 1970 and never from the future, ten to a page and at most fifty', async () => {
    const attio = await harness.attio();
    const company = await attio.call('POST', '/v2/objects/companies/records', values({ name: 'Pier' }));
    const id = company.body.data.id.record_id;
    const note = (created_at: string) => ({
      data: {
        parent_object: 'companies',
        parent_record_id: id,
        title: 'Visit',
        format: 'markdown',
        content: 'x',
        created_at,
      },
    });
    const made = await Promise.all(
      Array.from({ length: 12 }, () => attio.call('POST', '/v2/notes', note('1999-05-06T07:08:09Z'))),
    );
    expect(new Set(made.map(answer => answer.body.data.id.note_id)).size).toBe(12);
    expect(made[0]?.body.data.created_at).toBe('1999-05-06T07:08:09.000000000Z');
    expect((await attio.call('POST', '/v2/notes', note('2999-01-01T00:00:00Z'))).status).toBe(400);
    expect((await attio.call('GET', '/v2/notes')).body.data).toHaveLength(10);
    expect((await attio.call('GET', `/v2/notes?parent_record_id=${id}&limit=50`)).body.data).toHaveLength(12);
    expect((await attio.call('GET', '/v2/notes?limit=51')).status).toBe(400);
  });
});
