import { describe, expect, it } from 'vitest';
import { dayOf, fieldsOf, valuesOf } from './cells.ts';

const field = (type: string, data: unknown, id = 'field-1') => ({ id, name: 'Any', value: { type, data } });

describe('a cell of Affinity', () => {
  it.each([
    ['text', ' long\r\ntext ', ['long\ntext']],
    ['filterable-text-multi', ['a', '', 7, 'b'], ['a', 'b']],
    ['number', 4.5, [4.5]],
    ['number-multi', [1, 'two', 3], [1, 3]],
    ['formula-number', { calculatedValue: null }, []],
    ['dropdown-multi', [{ dropdownOptionId: 1, text: 'SaaS' }, { dropdownOptionId: 2 }], ['SaaS']],
    ['ranked-dropdown', { dropdownOptionId: 886, text: 'New', rank: 0 }, ['New']],
    [
      'person-multi',
      [{ id: 7, type: 'external' }, { id: 90, type: 'internal' }, 'odd'],
      [
        { object: 'persons', id: '7' },
        { object: 'users', id: '90' },
      ],
    ],
    ['company', { id: 5, name: 'Quayside', domain: null }, [{ object: 'organizations', id: '5' }]],
    ['interaction', { type: 'email' }, []],
    ['dropdown-multi', null, []],
  ])('%s', (type, data, values) => {
    expect(valuesOf(field(type, data))).toEqual(values);
  });

  it('holds a place with the code of its country, or the name where it has none', () => {
    const place = { streetAddress: null, city: 'Berlin', state: null, country: 'Germany', continent: 'Europe' };
    expect(valuesOf(field('location', place))).toEqual([
      { line1: null, locality: 'Berlin', region: null, postcode: null, country: 'DE', countryText: 'Germany' },
    ]);
    expect(valuesOf(field('location', { country: 'Atlantis' }))).toMatchObject([
      { country: null, countryText: 'Atlantis' },
    ]);
    expect(valuesOf(field('location', { continent: 'Europe' }))).toEqual([]);
  });

  it('of people’s own only: enriched ones and those that are parts of the record are not among a record’s fields', () => {
    const fields = [field('text', 'a'), field('text', 'b', 'affinity-data-description'), field('text', 'c', 'field-2')];
    expect(fieldsOf(fields, ['field-2'])).toEqual({ 'field-1': ['a'] });
  });
});

describe('a date of Affinity', () => {
  it.each([
    ['2024-04-01T07:00:00Z', '2024-04-01'],
    ['2024-01-15T08:00:00.000Z', '2024-01-15'],
    ['2024-04-01T00:00:00Z', '2024-04-01'],
    ['2024-04-01', '2024-04-01'],
    ['2024-04-01T02:00:00Z', '2024-03-31'],
    ['soon', null],
  ])('%s is the day %s', (text, day) => {
    expect(dayOf(text)).toBe(day);
  });
});
