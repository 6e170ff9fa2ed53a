import { invalid } from '../errors.ts';
import type { Location, PersonName } from '../model/types.ts';
import { isObject, NAME_OPERATORS, type QueryField, TEXT_OPERATORS, type ValueType } from './valueType.ts';

/** All three parts, or the text `Last, First`; a text without a comma is a first name. */
export const personalName: ValueType<PersonName> = {
  type: 'personal-name',
  mayBeMulti: false,
  parse(raw, attribute) {
    if (typeof raw === 'string') {
      const comma = raw.indexOf(',');
      const first = (comma < 0 ? raw : raw.slice(comma + 1)).trim();
      const last = comma < 0 ? '' : raw.slice(0, comma).trim();
      return { first, last, full: [first, last].filter(Boolean).join(' ') };
    }
    const parts = isObject(raw) ? raw : {};
    const { first_name: first, last_name: last, full_name: full } = parts;
    if (typeof first !== 'string' || typeof last !== 'string' || typeof full !== 'string') {
      throw invalid(`"${attribute.slug}" takes first_name, last_name and full_name.`, [
        'data',
        'values',
        attribute.slug,
      ]);
    }
    return { first, last, full: full === '' ? [first, last].filter(Boolean).join(' ') : full };
  },
  render: name => ({ first_name: name.first, last_name: name.last, full_name: name.full }),
  key: name => JSON.stringify([name.first, name.last, name.full]),
  fields: {
    full_name: { operators: NAME_OPERATORS, read: name => name.full },
    first_name: { operators: NAME_OPERATORS, read: name => name.first },
    last_name: { operators: NAME_OPERATORS, read: name => name.last },
  },
  defaultField: 'full_name',
};

const PARTS = [
  'line_1',
  'line_2',
  'line_3',
  'line_4',
  'locality',
  'region',
  'postcode',
  'country_code',
  'latitude',
  'longitude',
] as const;
const COUNTRY = PARTS.indexOf('country_code');
const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/**
 * Kept as its ten parts in a fixed order. All ten keys are asked for, `null` for what is not known. A free text is put
 * into the first line as it stands: Attio parses it, we do not guess how.
 */
export const location: ValueType<Location> = {
  type: 'location',
  mayBeMulti: false,
  parse(raw, attribute) {
    if (typeof raw === 'string') return PARTS.map(part => (part === 'line_1' ? raw : null));
    if (!isObject(raw)) throw invalid(`"${attribute.slug}" takes a location.`, ['data', 'values', attribute.slug]);
    return PARTS.map((part, index) => {
      const value = raw[part];
      if (value === null) return null;
      if (typeof value !== 'string') {
        throw invalid(`A location needs "${part}": a string or null.`, ['data', 'values', attribute.slug, part]);
      }
      if (index === COUNTRY && !isCountry(value)) {
        throw invalid(`"${value}" is not a country code.`, ['data', 'values', attribute.slug, part]);
      }
      return value;
    });
  },
  render: value => Object.fromEntries(PARTS.map((part, index) => [part, value[index] ?? null])),
  key: value => JSON.stringify(value),
  fields: Object.fromEntries(
    PARTS.map((part, index): [string, QueryField<Location>] => [
      part,
      { operators: TEXT_OPERATORS, read: value => value[index] ?? undefined },
    ]),
  ),
  defaultField: 'locality',
};

const isCountry = (code: string): boolean =>
  /^[A-Z]{2}$/.test(code) && (code === 'AN' || code === 'AC' || regions.of(code) !== undefined);
