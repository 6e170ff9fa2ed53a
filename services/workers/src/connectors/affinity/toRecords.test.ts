import { describe, expect, it } from 'vitest';
import { associationOf, findAssociation, findFields } from './fields.ts';
import { company, person } from './shapes.ts';
import { orderOrganizations, toOrganization, toPerson } from './toRecords.ts';

const metadata = [
  { id: 'affinity-data-description', name: 'Description', type: 'enriched', valueType: 'text' },
  { id: 'field-1', name: 'description ', type: 'global', valueType: 'text' },
  { id: 'field-2', name: 'LinkedIn URL', type: 'global', valueType: 'text' },
  { id: 'field-3', name: 'Twitter', type: 'global', valueType: 'text' },
  { id: 'field-4', name: 'Former Names', type: 'global', valueType: 'text' },
  { id: 'field-5', name: 'Job Titles', type: 'global', valueType: 'dropdown-multi' },
];
const ids = findFields(metadata);
const field = (id: string, type: string, data: unknown) => ({ id, name: id, value: { type, data } });

describe('a company of Affinity', () => {
  it('becomes an organization with its main domain first and its fields by their names', () => {
    const row = company.parse({
      id: 64101,
      name: ' Quayside\u0000 Robotics ',
      domain: 'quayside.example',
      domains: ['www.quay.test', 'Quayside.example', 'no domain'],
      isGlobal: false,
      fields: [
        field('field-1', 'text', 'Robots\r\n'),
        field('field-4', 'text', 'Quay; Old Quay ;'),
        field('affinity-data-description', 'text', 'Enriched'),
        { id: 'odd' },
      ],
    });
    expect(toOrganization(row, ids)).toEqual({
      id: '64101',
      name: 'Quayside Robotics',
      formerNames: ['Quay', 'Old Quay'],
      domains: ['quayside.example', 'quay.test'],
      invalidDomains: ['no domain'],
      fields: { 'field-1': ['Robots'] },
    });
  });

  it('is never without a name', () => {
    expect(toOrganization(company.parse({ id: 1, name: ' ', domains: ['a.com'] }), ids).name).toBe('a.com');
    expect(toOrganization(company.parse({ id: 1, name: null }), ids).name).toBe('Organization 1');
  });

  it('loses an odd value, not itself', () => {
    const row = company.parse({ id: 1, name: 7, domain: {}, domains: [1, 'a.com', null], fields: 'none' });
    expect(toOrganization(row, ids)).toMatchObject({ name: 'a.com', domains: ['a.com'] });
  });
});

describe('a person of Affinity', () => {
  const read = (extra: object) => toPerson(person.parse({ id: 9, ...extra }), [], ids);

  it('has the primary address first, and its fields by their ids', () => {
    const record = read({
      firstName: 'Noor',
      lastName: null,
      primaryEmailAddress: 'B@x.com',
      emailAddresses: ['a@x.com', 'b@x.com', 'broken'],
      fields: [field('field-5', 'dropdown-multi', [{ dropdownOptionId: 1, text: 'CEO' }, { text: 'Founder' }])],
    });
    expect(record).toMatchObject({
      firstName: 'Noor',
      lastName: '',
      fullName: 'Noor',
      emails: ['b@x.com', 'a@x.com'],
      invalidEmails: ['broken'],
      fields: { 'field-5': ['CEO', 'Founder'] },
    });
  });

  it('is never without a full name', () => {
    expect(read({ emailAddresses: ['Noor.Amari@x.com'] }).fullName).toBe('noor.amari');
    expect(read({}).fullName).toBe('Person 9');
  });
});

describe("a person's organizations", () => {
  const companies = [
    { id: '30', domain: null },
    { id: '200', domain: 'x.com' },
    { id: '100', domain: 'X.com' },
  ];

  it('start with the first whose domain is that of the primary address', () => {
    expect(orderOrganizations(companies, ['4'], 'a@X.com')).toEqual(['200', '4', '30', '100']);
  });

  it('start with the lowest id otherwise', () => {
    expect(orderOrganizations(companies, [], 'a@x.com.example')).toEqual(['30', '100', '200']);
    expect(orderOrganizations(companies, [], null)).toEqual(['30', '100', '200']);
    expect(orderOrganizations([], [], 'a@x.com')).toEqual([]);
  });
});

describe('the field that holds the companies', () => {
  const named = (id: string, name: string) => ({ id, name, valueType: 'company-multi' });

  it('is known by its id, else by its name, and a field of the user is not taken for it', () => {
    expect(findAssociation([named('field-9', 'Boards'), named('companies', 'Orgs')])?.id).toBe('companies');
    expect(findAssociation([named('field-9', 'Boards'), named('field-8', 'Organizations')])?.id).toBe('field-8');
    expect(findAssociation([named('field-9', 'Boards'), named('person-orgs', 'Links')])?.id).toBe('person-orgs');
    expect(findAssociation([named('field-9', 'Boards')])).toBeNull();
  });

  it('may be cut short, missing or empty', () => {
    const many = Array.from({ length: 100 }, (_, i) => ({ id: i + 1, name: 'x', domain: null }));
    expect(associationOf([field('companies', 'company-multi', many)])).toMatchObject({ complete: false });
    expect(associationOf([field('companies', 'company-multi', many.slice(1))]).complete).toBe(true);
    expect(associationOf([field('companies', 'company-multi', null)])).toEqual({ companies: [], complete: true });
    expect(associationOf([])).toEqual({ companies: [], complete: false });
  });
});
