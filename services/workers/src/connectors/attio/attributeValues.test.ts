import { describe, expect, it } from 'vitest';
import { heldKeys, valueKey, writeValue } from './attributeValues.ts';

const place = { line1: null, locality: 'Berlin', region: null, postcode: null, country: 'DE', countryText: 'Germany' };

/** A value, what is sent of it, and how Attio then shows it. */
const samples = [
  ['text', 'a\nb', 'a\nb', { value: 'a\nb' }],
  ['number', 1.234_56, 1.2346, { value: 1.2346 }],
  ['checkbox', true, true, { value: true }],
  ['currency', { amount: 10.5, code: 'EUR' }, 10.5, { currency_value: 10.5, currency_code: 'EUR' }],
  ['date', '2024-04-01', '2024-04-01', { value: '2024-04-01' }],
  ['timestamp', '2024-04-01T10:00:00.000Z', '2024-04-01T10:00:00.000Z', { value: '2024-04-01T10:00:00.000000000Z' }],
  ['option', 'SaaS', 'SaaS', { option: { title: 'SaaS' } }],
  ['status', 'Won', 'Won', { status: { title: 'Won' } }],
  ['email', 'Ada@x.com', 'Ada@x.com', { email_address: 'ada@x.com' }],
  ['phone', '+442079460958', '+442079460958', { phone_number: '+442079460958' }],
  [
    'user',
    'm-1',
    { referenced_actor_type: 'workspace-member', referenced_actor_id: 'm-1' },
    { referenced_actor_id: 'm-1' },
  ],
  [
    'record',
    { objectSlug: 'companies', recordId: 'r-1' },
    { target_object: 'companies', target_record_id: 'r-1' },
    { target_object: 'companies', target_record_id: 'r-1' },
  ],
] as const;

describe('values at Attio', () => {
  it.each(samples)('%s: what was written is known again when it is read', (type, value, sent, held) => {
    expect(writeValue(type, value)).toEqual(sent);
    expect(heldKeys(type, [held])).toEqual([valueKey(type, value)]);
  });

  it('location: all ten parts are sent, and those that mean something are compared', () => {
    const sent = writeValue('location', place);
    expect(Object.keys(sent as object)).toHaveLength(10);
    expect(heldKeys('location', [sent])).toEqual([valueKey('location', place)]);
    const unknown = { ...place, locality: null, country: null, countryText: 'Atlantis' };
    expect(writeValue('location', unknown)).toMatchObject({ line_1: 'Atlantis', country_code: null });
  });

  it('what cannot be read is no value', () => {
    for (const type of ['text', 'number', 'option', 'user', 'record', 'timestamp'] as const) {
      expect(heldKeys(type, [{}, null, 'odd'])).toEqual([]);
    }
  });
});
