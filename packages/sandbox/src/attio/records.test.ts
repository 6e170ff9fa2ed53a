import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, type Harness, startHarness, values } from '../../test/harness.ts';

let harness: Harness;
let attio: Caller;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

const PEOPLE = '/v2/objects/people/records';
const COMPANIES = '/v2/objects/companies/records';
const name = (first: string, last: string) => ({ first_name: first, last_name: last, full_name: `${first} ${last}` });
const emails = (record: { values: { email_addresses: { email_address: string }[] } }) =>
  record.values.email_addresses.map(value => value.email_address);

async function person(...addresses: string[]) {
  const { body } = await attio.call('POST', PEOPLE, values({ email_addresses: addresses }));
  return body.data;
}

describe('a record', () => {
  beforeAll(async () => {
    attio = await harness.attio({ options: { autoCreateCompanies: false } });
  });

  it('shows every attribute, empty ones as an empty array, and each value with its time and author', async () => {
    const { status, body } = await attio.call(
      'POST',
      PEOPLE,
      values({ name: name('Noor', 'Amari'), email_addresses: ['Noor@Quayside.example'] }),
    );
    expect(status).toBe(200);
    expect(body.data.values.job_title).toEqual([]);
    expect(body.data.values.last_interaction).toEqual([]);
    expect(body.data.values.email_addresses).toEqual([
      {
        active_from: '2026-01-15T12:00:00.000000000Z',
        active_until: null,
        created_by_actor: { type: 'api-token', id: expect.any(String) },
        attribute_type: 'email-address',
        original_email_address: 'Noor@Quayside.example',
        email_address: 'noor@quayside.example',
        email_domain: 'quayside.example',
        email_root_domain: 'quayside.example',
        email_local_specifier: 'noor',
      },
    ]);
    expect(body.data.values.name[0]).toMatchObject(name('Noor', 'Amari'));
    const read = await attio.call('GET', `${PEOPLE}/${body.data.id.record_id}`);
    expect(read.body).toEqual(body);
  });

  it('is refused whole when one of its values is wrong, and then nothing of it is stored', async () => {
    const before = await harness.control.counts(attio.id);
    const cases: [Record<string, unknown>, string][] = [
      [{ email_addresses: ['not an address'] }, 'validation_type'],
      [{ phone_numbers: ['020 7123 4567'] }, 'validation_type'],
      [{ primary_location: { locality: 'Leeds' } }, 'validation_type'],
      [{ name: { first_name: 'Noor' } }, 'validation_type'],
      [{ job_title: ['CEO', 'CTO'] }, 'validation_type'],
      [{ shoe_size: 44 }, 'value_not_found'],
      [{ company: 'nobody.example' }, 'value_not_found'],
      [{ created_at: '2020-01-01' }, 'immutable_value'],
    ];
    for (const [fields, code] of cases) {
      const { status, body } = await attio.call('POST', PEOPLE, values({ description: 'x', ...fields }));
      expect({ fields, status, code: body.code }).toEqual({ fields, status: 400, code });
      expect(Object.keys(body)).toEqual(expect.arrayContaining(['status_code', 'type', 'code', 'message']));
    }
    expect(await harness.control.counts(attio.id)).toEqual(before);
  });

  it('gives its unique values to nobody else, whatever their case, not even when twenty ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        attio.call(
          'POST',
          PEOPLE,
          values({ email_addresses: [i % 2 === 0 ? 'one@race.example' : 'ONE@race.example'] }),
        ),
      ),
    );
    expect(answers.filter(answer => answer.status === 200)).toHaveLength(1);
    const refused = answers.find(answer => answer.status !== 200);
    expect(refused?.body).toMatchObject({ status_code: 400, code: 'uniqueness_conflict' });
    const companies = await Promise.all(
      ['https://www.Pier.example/about', 'www.pier.example'].map(domain =>
        attio.call('POST', COMPANIES, values({ domains: [domain] })),
      ),
    );
    expect(companies.map(answer => answer.status).sort((a, b) => a - b)).toEqual([200, 400]);
  });

  it('frees its unique values when it is deleted', async () => {
    const { id } = await person('gone@race.example');
    expect((await attio.call('DELETE', `${PEOPLE}/${id.record_id}`)).body).toEqual({});
    expect((await attio.call('GET', `${PEOPLE}/${id.record_id}`)).status).toBe(404);
    expect((await person('gone@race.example')).id.record_id).not.toBe(id.record_id);
  });

  it('takes new values in front by PATCH, and repeats, moves and removes none', async () => {
    const record = await person('a@patch.example', 'b@patch.example');
    const { body } = await attio.call(
      'PATCH',
      `${PEOPLE}/${record.id.record_id}`,
      values({ email_addresses: ['B@patch.example', 'c@patch.example'] }),
    );
    expect(emails(body.data)).toEqual(['c@patch.example', 'a@patch.example', 'b@patch.example']);
  });

  it('holds exactly what PUT sends, in that order, and keeps what PUT does not name', async () => {
    const record = await person('a@put.example', 'b@put.example');
    await attio.call('PATCH', `${PEOPLE}/${record.id.record_id}`, values({ job_title: 'CEO' }));
    const { body } = await attio.call(
      'PUT',
      `${PEOPLE}/${record.id.record_id}`,
      values({ email_addresses: ['c@put.example', 'a@put.example'] }),
    );
    expect(emails(body.data)).toEqual(['c@put.example', 'a@put.example']);
    expect(body.data.values.job_title[0].value).toBe('CEO');
    expect((await person('b@put.example')).id.record_id).toBeDefined();
  });

  it('keeps what it said before, with the time when it ended', async () => {
    const record = await person('history@put.example');
    const path = `${PEOPLE}/${record.id.record_id}`;
    await attio.call('PATCH', path, values({ job_title: 'CTO' }));
    harness.clock.nowMs += 60_000;
    await attio.call('PATCH', path, values({ job_title: 'CEO' }));
    const { body } = await attio.call('GET', `${path}/attributes/job_title/values?show_historic=true`);
    expect(
      body.data.map((value: { value: string; active_until: string | null }) => [value.value, value.active_until]),
    ).toEqual([
      ['CEO', null],
      ['CTO', '2026-01-15T12:01:00.000000000Z'],
    ]);
  });
});

describe('assert', () => {
  const ASSERT = `${PEOPLE}?matching_attribute=email_addresses`;
  beforeAll(async () => {
    attio = await harness.attio({ options: { autoCreateCompanies: false } });
  });

  it('creates once and updates from then on: adds to the matching attribute, replaces every other', async () => {
    const first = await attio.call(
      'PUT',
      ASSERT,
      values({ email_addresses: ['a@x.example'], phone_numbers: ['+442071234567'] }),
    );
    const second = await attio.call(
      'PUT',
      ASSERT,
      values({ email_addresses: ['new@x.example', 'A@x.example'], phone_numbers: ['+493012345678'] }),
    );
    expect(second.body.data.id).toEqual(first.body.data.id);
    expect(emails(second.body.data)).toEqual(['new@x.example', 'a@x.example']);
    const phones = second.body.data.values.phone_numbers;
    expect(phones.map((phone: { phone_number: string }) => phone.phone_number)).toEqual(['+493012345678']);
    expect(phones[0].country_code).toBe('DE');
  });

  it('refuses values of two records, an attribute that is not unique, and a body without the matching value', async () => {
    await person('p@two.example');
    await person('q@two.example');
    const answers = await Promise.all([
      attio.call('PUT', ASSERT, values({ email_addresses: ['p@two.example', 'q@two.example'] })),
      attio.call('PUT', `${PEOPLE}?matching_attribute=job_title`, values({ job_title: 'CEO' })),
      attio.call('PUT', `${PEOPLE}?matching_attribute=nothing`, values({ job_title: 'CEO' })),
      attio.call('PUT', ASSERT, values({ job_title: 'CEO' })),
    ]);
    expect(answers.map(answer => answer.body.code)).toEqual([
      'multiple_match_results',
      'matching_attribute_definition_not_unique',
      'value_not_found',
      'missing_value',
    ]);
  });

  it('makes one record of twenty asserts at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => attio.call('PUT', ASSERT, values({ email_addresses: ['same@x.example'] }))),
    );
    expect(new Set(answers.map(answer => answer.body.data.id.record_id)).size).toBe(1);
  });
});

describe('a new person', () => {
  const companyOf = (record: { values: { company: { target_record_id: string }[] } }) =>
    record.values.company[0]?.target_record_id;
  beforeAll(async () => {
    attio = await harness.attio();
  });

  it('makes a company of its business address, and finds that company the next time', async () => {
    const first = await person('noor@quayside.example');
    const second = await person('ines@quayside.example');
    expect(companyOf(first)).toBeDefined();
    expect(companyOf(second)).toBe(companyOf(first));
    expect(await harness.control.counts(attio.id)).toMatchObject({ companies: 1, people: 2, autoCreatedCompanies: 1 });
    const company = await attio.call('GET', `${COMPANIES}/${companyOf(first)}`);
    expect(company.body.data.values.domains[0].domain).toBe('quayside.example');
    expect(company.body.data.values.domains[0].created_by_actor.type).toBe('system');
    expect(company.body.data.values.team).toHaveLength(2);
  });

  it('joins the company that is there already', async () => {
    const { body } = await attio.call('POST', COMPANIES, values({ name: 'Pier', domains: ['pier.example'] }));
    expect(companyOf(await person('ada@mail.pier.example'))).toBe(body.data.id.record_id);
  });

  it('makes none when the same write names the company, when its address is free mail, or when told not to', async () => {
    const before = (await harness.control.counts(attio.id)).companies;
    await attio.call('POST', PEOPLE, values({ email_addresses: ['a@other.example'], company: 'pier.example' }));
    await attio.call('POST', PEOPLE, values({ email_addresses: ['b@other.example'], company: [] }));
    await person('somebody@gmail.com');
    expect((await harness.control.counts(attio.id)).companies).toBe(before);
    const quiet = await harness.attio({ options: { autoCreateCompanies: false } });
    await quiet.call('POST', PEOPLE, values({ email_addresses: ['a@business.example'] }));
    expect((await harness.control.counts(quiet.id)).companies).toBe(0);
  });

  it('loses its company when that is deleted', async () => {
    const record = await person('lee@short.example');
    await attio.call('DELETE', `${COMPANIES}/${companyOf(record)}`);
    const { body } = await attio.call('GET', `${PEOPLE}/${record.id.record_id}`);
    expect(body.data.values.company).toEqual([]);
  });
});
