import { describe, expect, it } from 'vitest';
import { countryName, pacificMidnight } from './affinityFields.ts';
import { type CrmData, listRow, noteRow, organizationRow, personRow } from './rows.ts';
import { partsToAffinity, toAffinity } from './toAffinity.ts';

const data: CrmData = {
  lists: [
    listRow.parse({
      id: 'list-a',
      name: 'Watched',
      entity_type: 'organization',
      fields: [
        { name: 'Stage', type: 'dropdown' },
        { name: 'Hiring', type: 'checkbox' },
        { name: 'Since', type: 'date' },
      ],
    }),
    listRow.parse({
      id: 'list-b',
      name: 'Flow',
      entity_type: 'opportunity',
      fields: [
        { name: 'Stage', type: 'dropdown' },
        { name: 'Amount', type: 'currency' },
      ],
    }),
  ],
  opportunities: [
    { id: 'opp-1', name: 'Beta A', organization_ids: ['org-b', 'org-a'], person_ids: ['per-1'], owner_id: 'usr-9' },
  ],
  listEntries: [
    {
      id: 'ent-1',
      list_id: 'list-a',
      entity_type: 'organization',
      entity_id: 'org-b',
      created_at: '2020-02-03T04:05:06Z',
      fields: { Stage: 'Early', Hiring: false, Since: '2024-07-01' },
    },
    {
      id: 'ent-2',
      list_id: 'list-b',
      entity_type: 'opportunity',
      entity_id: 'opp-1',
      created_at: null,
      fields: { Stage: 'Won', Amount: null },
    },
  ],
  notes: [
    noteRow.parse({
      id: 'note-1',
      title: 'Call',
      content: 'Went well',
      organization_ids: ['org-b'],
      person_ids: ['per-1'],
      opportunity_ids: ['opp-1'],
      created_at: '2021-06-18T21:19:05Z',
    }),
  ],
  users: [{ id: 'usr-9', name: 'Ines de Holm', email: 'ines@example.com' }],
  organizations: [
    organizationRow.parse({ id: 'org-a', name: 'Alpha' }),
    organizationRow.parse({
      id: 'org-b',
      name: 'Beta',
      former_names: ['Old Beta', 'Older Beta'],
      domains: ['beta.example', 'beta.test'],
      city: 'Monterrey',
      country: 'MX',
      founded_year: 2018,
      tags: ['SaaS', 'B2B'],
      regions: [],
      top_company: false,
      is_hiring: true,
      nonprofit: null,
      owner_id: 'usr-9',
      created_at: '2021-06-18T21:19:05Z',
      unknown_field: 'is passed over',
    }),
  ],
  persons: [
    personRow.parse({
      id: 'per-1',
      first_name: 'Noor',
      last_name: 'Amari',
      emails: ['noor@beta.example', 'n@alpha.example'],
      titles: ['Founder', 'CEO'],
      organization_ids: ['org-b', 'org-a'],
      twitter_url: 'https://x.com/noor',
    }),
  ],
};

const lines = [...toAffinity(data)] as unknown as Record<string, unknown>[];
const fieldId = (entity: number, name: string): string =>
  String(
    lines.find(line => line['kind'] === 'field' && line['entity_type'] === entity && line['name'] === name)?.['id'],
  );
const rowOf = (kind: string, id: number) => lines.find(line => line['kind'] === kind && line['id'] === id);
const cell = (kind: string, id: number, name: string): unknown => {
  const values = rowOf(kind, id)?.['values'] as Record<string, unknown> | undefined;
  return values?.[fieldId(kind === 'person' ? 0 : 1, name)];
};

describe('rows as Affinity', () => {
  it('have their place in the file as id, and their own id as a text', () => {
    expect(rowOf('organization', 1)?.['name']).toBe('Alpha');
    expect(cell('organization', 2, 'Source ID')).toBe('org-b');
    expect(cell('person', 1, 'Source ID')).toBe('per-1');
  });

  it('keep domains and addresses in order, the first one as the main one', () => {
    expect(rowOf('organization', 2)).toMatchObject({ domain: 'beta.example', domains: ['beta.example', 'beta.test'] });
    expect(rowOf('organization', 1)).toMatchObject({ domain: null, domains: [] });
    expect(rowOf('person', 1)).toMatchObject({
      primary_email: 'noor@beta.example',
      emails: ['noor@beta.example', 'n@alpha.example'],
      organization_ids: [2, 1],
    });
  });

  it('fill global fields of the right kind', () => {
    expect(cell('organization', 2, 'Former Names')).toBe('Old Beta; Older Beta');
    expect(cell('organization', 2, 'Headquarters')).toEqual({ city: 'Monterrey', country: 'Mexico' });
    expect(cell('organization', 2, 'Founded Year')).toBe(2018);
    expect(cell('organization', 2, 'Tags')).toEqual(['SaaS', 'B2B']);
    expect(cell('organization', 2, 'Top Company')).toBe('No');
    expect(cell('organization', 2, 'Is Hiring')).toBe('Yes');
    expect(cell('organization', 2, 'Created')).toBe('2021-06-18T07:00:00Z');
    expect(cell('person', 1, 'Job Titles')).toEqual(['Founder', 'CEO']);
    expect(cell('person', 1, 'Twitter')).toBe('https://x.com/noor');
  });

  it('leave a cell out where there is no value', () => {
    expect(Object.keys(rowOf('organization', 1)?.['values'] as object)).toEqual([fieldId(1, 'Source ID')]);
    expect(cell('organization', 2, 'Nonprofit')).toBeUndefined();
    expect(cell('organization', 2, 'Regions')).toBeUndefined();
  });

  it('make users internal persons whose ids no person has', () => {
    const user = lines.find(line => line['kind'] === 'user');
    expect(user).toMatchObject({ first_name: 'Ines', last_name: 'de Holm', email: 'ines@example.com' });
    expect(cell('organization', 2, 'Owner')).toBe(user?.['id']);
    expect(Number(user?.['id'])).toBeGreaterThan(data.persons.length);
  });

  it('put lists before their entries, with fields of the kinds that Affinity knows', () => {
    const fields = lines.filter(line => line['kind'] === 'field' && line['list_id'] !== undefined);
    expect(
      fields.map(field => [field['list_id'], field['name'], field['value_type'], field['allows_multiple']]),
    ).toEqual([
      [1, 'Stage', 2, false],
      [1, 'Hiring', 2, false],
      [1, 'Since', 4, false],
      [2, 'Stage', 7, false],
      [2, 'Amount', 3, false],
      [2, 'Owners', 0, true],
    ]);
    const kinds = lines.map(line => line['kind']);
    expect(kinds.lastIndexOf('list')).toBeLessThan(kinds.indexOf('list_entry'));
  });

  it('fill the entries of lists: a checkbox by a word, a date by its midnight, the owner of an opportunity', () => {
    const named = (id: number): Record<string, unknown> => {
      const entry = rowOf('list_entry', id) as { readonly values: Record<string, unknown> };
      const nameOf = (field: string): string =>
        String(lines.find(line => line['kind'] === 'field' && String(line['id']) === field)?.['name']);
      return Object.fromEntries(Object.entries(entry.values).map(([field, value]) => [nameOf(field), value]));
    };
    expect(rowOf('list_entry', 1)).toMatchObject({ list_id: 1, entity_id: 2, created_at: '2020-02-03T04:05:06Z' });
    expect(named(1)).toEqual({ Stage: 'Early', Hiring: 'No', Since: '2024-07-01T07:00:00Z' });
    expect(named(2)).toEqual({ Stage: 'Won', Owners: lines.find(line => line['kind'] === 'user')?.['id'] });
  });

  it('keep an opportunity’s links in order, on its one list', () => {
    expect(rowOf('opportunity', 1)).toMatchObject({ list_id: 2, organization_ids: [2, 1], person_ids: [1] });
  });

  it('give a note its title as first line, all its associations, and the first user where nobody is known', () => {
    expect(rowOf('note', 1)).toEqual({
      kind: 'note',
      id: 1,
      content: 'Call\nWent well',
      creator_id: lines.find(line => line['kind'] === 'user')?.['id'],
      person_ids: [1],
      organization_ids: [2],
      opportunity_ids: [1],
      created_at: '2021-06-18T21:19:05Z',
    });
  });

  it('count their ids through all parts, and keep references within each', () => {
    const parts = [...partsToAffinity(data, [data, data])] as unknown as Record<string, unknown>[];
    const second = (kind: string) => parts.findLast(line => line['kind'] === kind);
    expect(second('organization')).toMatchObject({ id: 4, name: 'Beta' });
    expect(second('person')).toMatchObject({ id: 2, organization_ids: [4, 3] });
    expect(second('list_entry')).toMatchObject({ id: 4, list_id: 2, entity_id: 2 });
    expect(second('note')).toMatchObject({ id: 2, organization_ids: [4], opportunity_ids: [2] });
    expect(parts.filter(line => line['kind'] === 'list')).toHaveLength(2);
  });

  it('have dates at Pacific midnight, in summer and winter and on the days between', () => {
    expect(pacificMidnight('2024-04-01')).toBe('2024-04-01T07:00:00Z');
    expect(pacificMidnight('2011-11-23T11:10:44Z')).toBe('2011-11-23T08:00:00Z');
    expect(pacificMidnight('2024-03-10')).toBe('2024-03-10T08:00:00Z');
    expect(pacificMidnight('2024-11-03')).toBe('2024-11-03T07:00:00Z');
  });

  it('name countries in English and let names be', () => {
    expect(countryName('US')).toBe('United States');
    expect(countryName('Scotland')).toBe('Scotland');
  });
});
