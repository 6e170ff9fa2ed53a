import type { LocationValue, PersonNameValue, ValueType } from '@freight/contracts';
import type { TargetReference, TargetValue, TargetValueOf } from '@freight/mapping';
import { normaliseText } from '../../records/normalise.ts';
import { entryOf, textOf } from '../vendor.ts';

/** How values of one type are written to Attio, and told apart from those that it holds. */
interface Codec<T> {
  /** What is sent. */
  write(value: T): unknown;
  /** What two equal values share, from ours. */
  key(value: T): string;
  /** The same from a value as Attio shows it; undefined for what cannot be read. */
  heldKey(item: unknown): string | undefined;
}

/** Attio keeps four decimals. */
const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;
const numberKey = (value: unknown): string | undefined => {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? String(rounded(number)) : undefined;
};
const textKey = (value: unknown): string | undefined => {
  const text = textOf(value);
  return text === undefined ? undefined : normaliseText(text);
};
const momentKey = (value: unknown): string | undefined => {
  const moment = new Date(textOf(value) ?? '');
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
};
const titleOf = (item: unknown, part: 'option' | 'status'): string | undefined =>
  textOf(entryOf(entryOf(item, part), 'title'));

const plainText: Codec<string> = {
  write: value => value,
  key: value => normaliseText(value),
  heldKey: item => textKey(entryOf(item, 'value')),
};
const lowerCase = (property: string): Codec<string> => ({
  write: value => value,
  key: value => value.toLowerCase(),
  heldKey: item => textOf(entryOf(item, property))?.toLowerCase(),
});
const choice = (part: 'option' | 'status'): Codec<string> => ({
  write: value => value,
  key: value => value,
  heldKey: item => titleOf(item, part),
});

const placeKey = (parts: readonly (string | null | undefined)[]): string => JSON.stringify(parts.map(one => one ?? ''));

const location: Codec<LocationValue> = {
  // All ten parts have to be sent.
  write: place => ({
    // Of a country without a code only its name is left: it stands where an address may say it.
    line_1: place.line1 ?? (place.country === null ? place.countryText : null),
    line_2: null,
    line_3: null,
    line_4: null,
    locality: place.locality,
    region: place.region,
    postcode: place.postcode,
    country_code: place.country,
    latitude: null,
    longitude: null,
  }),
  key: place =>
    placeKey([
      place.line1 ?? (place.country === null ? place.countryText : null),
      place.locality,
      place.region,
      place.postcode,
      place.country,
    ]),
  heldKey: item =>
    placeKey(
      ['line_1', 'locality', 'region', 'postcode', 'country_code'].map(part => textOf(entryOf(item, part)) ?? null),
    ),
};

const personName: Codec<PersonNameValue> = {
  // All three parts have to be sent.
  write: name => ({ first_name: name.firstName, last_name: name.lastName, full_name: name.fullName }),
  key: name => JSON.stringify([name.firstName, name.lastName, name.fullName]),
  heldKey: item =>
    JSON.stringify(['first_name', 'last_name', 'full_name'].map(part => textOf(entryOf(item, part)) ?? '')),
};

const codecs: { readonly [T in ValueType]: Codec<TargetValueOf[T]> } = {
  text: plainText,
  number: { write: rounded, key: value => String(rounded(value)), heldKey: item => numberKey(entryOf(item, 'value')) },
  checkbox: { write: value => value, key: String, heldKey: item => String(entryOf(item, 'value') === true) },
  currency: {
    write: value => rounded(value.amount),
    key: value => String(rounded(value.amount)),
    heldKey: item => numberKey(entryOf(item, 'currency_value')),
  },
  date: { ...plainText, heldKey: item => textOf(entryOf(item, 'value'))?.slice(0, 10) },
  timestamp: { ...plainText, heldKey: item => momentKey(entryOf(item, 'value')) },
  option: choice('option'),
  status: choice('status'),
  email: lowerCase('email_address'),
  domain: lowerCase('domain'),
  phone: { ...plainText, heldKey: item => textOf(entryOf(item, 'phone_number')) },
  location,
  personName,
  user: {
    write: id => ({ referenced_actor_type: 'workspace-member', referenced_actor_id: id }),
    key: id => id,
    heldKey: item => textOf(entryOf(item, 'referenced_actor_id')),
  },
  record: {
    write: (one: TargetReference) => ({ target_object: one.objectSlug, target_record_id: one.recordId }),
    key: one => one.recordId,
    heldKey: item => textOf(entryOf(item, 'target_record_id')),
  },
};

/** One of our types at a time: the table above keeps each codec with its own values. */
const codecFor = (type: ValueType): Codec<TargetValue> => codecs[type];

/** A value as Attio takes it. */
export const writeValue = (type: ValueType, value: TargetValue): unknown => codecFor(type).write(value);

/** What tells a value of ours from another one of its type. */
export const valueKey = (type: ValueType, value: TargetValue): string => codecFor(type).key(value);

/** The same of what a record holds: values that cannot be read are left out. */
export const heldKeys = (type: ValueType, items: readonly unknown[]): readonly string[] =>
  items.flatMap(item => codecFor(type).heldKey(item) ?? []);
