import type { LocationValue } from '@freight/contracts';
import { describe, expect, it } from 'vitest';
import { type Conversion, convert } from './convert.ts';

const conversion = (
  from: Conversion['from']['type'],
  to: Conversion['to']['type'],
  over: Partial<Conversion> & { isMultiple?: boolean; currency?: string } = {},
): Conversion => {
  const { isMultiple = false, currency, ...others } = over;
  return {
    from: { id: 'field-1', type: from },
    to: { type: to, isMultiple, ...(currency === undefined ? {} : { currency }) },
    defaultCountry: null,
    memberOf: id => (id === '90' ? 'm-1' : null),
    recordOf: one => (one.id === '5' ? { objectSlug: 'companies', recordId: 'r-5' } : null),
    nameOf: id => (id === '90' ? 'Ines Holm' : undefined),
    ...others,
  };
};
const berlin: LocationValue = {
  line1: null,
  locality: 'Berlin',
  region: null,
  postcode: null,
  country: 'DE',
  countryText: 'Germany',
};

describe('values become what the attribute takes', () => {
  it.each([
    ['text', 'text', ['a'], ['a']],
    ['number', 'text', [1.5, 2], ['1.5; 2']],
    ['location', 'text', [berlin, { ...berlin, locality: 'Hamburg' }], ['Berlin, Germany\nHamburg, Germany']],
    ['option', 'option', [' SaaS '], ['SaaS']],
    ['user', 'user', ['90'], ['m-1']],
    ['user', 'text', ['90', '91'], ['Ines Holm; 91']],
    ['record', 'record', [{ object: 'organizations', id: '5' }], [{ objectSlug: 'companies', recordId: 'r-5' }]],
    ['date', 'timestamp', ['2024-04-01'], ['2024-04-01T00:00:00.000Z']],
    ['timestamp', 'date', ['2024-04-01T23:30:00.000Z'], ['2024-04-01']],
    ['currency', 'number', [{ amount: 10, code: 'EUR' }], [10]],
  ] as const)('%s to %s', (from, to, held, values) => {
    expect(convert(held, conversion(from, to))).toEqual({ values, problems: [] });
  });

  it('by the titles that the mapping gives, leaving out what it leaves out', () => {
    const titles = { Won: 'Closed', Lost: null };
    expect(
      convert(['Won', 'Lost', 'New', 'Closed'], conversion('status', 'option', { titles, isMultiple: true })),
    ).toEqual({ values: ['Closed', 'New'], problems: [] });
  });

  it('a number as an amount in the currency of the attribute', () => {
    expect(convert([5], conversion('number', 'currency', { currency: 'EUR' })).values).toEqual([
      { amount: 5, code: 'EUR' },
    ]);
  });

  it('a phone number in E.164, by the country where it names none', () => {
    const phone = (text: string, defaultCountry: string | null) =>
      convert([text], conversion('phone', 'phone', { defaultCountry })).values;
    expect(phone('+44 20 7946 0958', null)).toEqual(['+442079460958']);
    expect(phone('(415) 555-2671', 'US')).toEqual(['+14155552671']);
  });
});

describe('what cannot be kept is said, and costs nothing else', () => {
  it.each([
    ['phone', 'phone', '415-555', 'invalid_phone'],
    ['user', 'user', '91', 'unmapped_user'],
    ['record', 'record', { object: 'organizations', id: '6' }, 'out_of_scope_reference'],
    ['text', 'date', 'soon', 'invalid_date'],
    ['date', 'timestamp', 'soon', 'invalid_date'],
  ] as const)('%s to %s', (from, to, held, code) => {
    expect(convert([held], conversion(from, to))).toMatchObject({ values: [], problems: [{ code, field: 'field-1' }] });
  });

  it('an amount in another currency than the attribute holds', () => {
    expect(convert([{ amount: 5, code: 'USD' }], conversion('currency', 'currency', { currency: 'EUR' }))).toEqual({
      values: [],
      problems: [{ code: 'currency_mismatch', field: 'field-1', value: '5 USD' }],
    });
  });

  it('the values behind the first, where there is room for one', () => {
    expect(convert([3, 3, 4], conversion('number', 'number'))).toEqual({
      values: [3],
      problems: [{ code: 'values_dropped', field: 'field-1', value: '4' }],
    });
  });
});
