import type { LocationValue } from '@freight/contracts';
import { calendarDay, countryCode } from '@freight/mapping';
import { textOrNull } from '../../records/normalise.ts';
import { entryOf, textOf } from '../vendor.ts';
import type { Field } from './shapes.ts';

/** Where Affinity's days begin: a date is stored as its midnight there. */
const zone = 'America/Los_Angeles';

/**
 * The day that a date field means. Dates of today's Affinity are midnights on the Pacific coast; older rows may be midnights in UTC, which would be the day
 * before there.
 */
export const dayOf = (text: string): string | null => {
  if (/^\d{4}-\d{2}-\d{2}$/u.test(text)) return text;
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) return null;
  const isUtcMidnight = moment.getTime() % 86_400_000 === 0;
  return calendarDay(moment, isUtcMidnight ? 'UTC' : zone);
};

const placeOf = (item: unknown): LocationValue | null => {
  const part = (name: string) => textOrNull(textOf(entryOf(item, name)));
  const country = part('country');
  const place: LocationValue = {
    line1: part('streetAddress'),
    locality: part('city'),
    region: part('state'),
    postcode: null,
    country: country === null ? null : countryCode(country),
    countryText: country,
  };
  return Object.values(place).every(one => one === null) ? null : place;
};

const idOf = (item: unknown): string | null => {
  const id = entryOf(item, 'id');
  return typeof id === 'number' || typeof id === 'string' ? String(id) : null;
};

const referenceTo = (item: unknown, object: string) => {
  const id = idOf(item);
  return id === null ? null : { object, id };
};

type Reader = (item: unknown) => unknown;

const text: Reader = item => (typeof item === 'string' ? textOrNull(item) : null);
const number: Reader = item => (typeof item === 'number' && Number.isFinite(item) ? item : null);
const option: Reader = item => textOrNull(textOf(entryOf(item, 'text')));
const person: Reader = item => referenceTo(item, entryOf(item, 'type') === 'internal' ? 'users' : 'persons');
const company: Reader = item => referenceTo(item, 'organizations');

/** How one value of each kind reads; null for none, and for what is not as documented: an odd value costs itself and nothing else. */
const readers: Readonly<Record<string, Reader>> = {
  text,
  'filterable-text': text,
  'filterable-text-multi': text,
  number,
  'number-multi': number,
  'formula-number': item => number(entryOf(item, 'calculatedValue')),
  datetime: item => (typeof item === 'string' ? dayOf(item) : null),
  location: placeOf,
  'location-multi': placeOf,
  dropdown: option,
  'dropdown-multi': option,
  'ranked-dropdown': option,
  'status-dropdown': option,
  person,
  'person-multi': person,
  company,
  'company-multi': company,
};

/** The values of a field as Freight holds them; none for an empty one and for kinds that do not move. */
export const valuesOf = (field: Field): readonly unknown[] => {
  const data = field.value?.data;
  const read = readers[field.value?.type ?? ''];
  if (read === undefined || data === null || data === undefined) return [];
  return (Array.isArray(data) ? (data as unknown[]) : [data]).map(read).filter(value => value !== null);
};

/** The values of all fields of people's own that have any, by the field's id, but for those in `without`. */
export const fieldsOf = (fields: readonly Field[], without: readonly string[]): Record<string, unknown[]> =>
  Object.fromEntries(
    fields.flatMap(field => {
      const isOwn = field.id.startsWith('field-') && !without.includes(field.id);
      const values = isOwn ? [...valuesOf(field)] : [];
      return values.length === 0 ? [] : [[field.id, values]];
    }),
  );
