import { invalid } from '../errors.ts';
import { parseDay, parseInstant, toNanos } from '../time.ts';
import { EQUAL_ONLY, ORDER_OPERATORS, TEXT_OPERATORS, unwrap, type ValueType } from './valueType.ts';

const TEXT_MAX_BYTES = 10 * 1024 * 1024;

export const text: ValueType<string> = {
  type: 'text',
  mayBeMulti: false,
  parse(raw, attribute) {
    const value = unwrap(raw, 'value');
    if (typeof value !== 'string')
      throw invalid(`"${attribute.slug}" takes a string.`, ['data', 'values', attribute.slug]);
    if (value.length > TEXT_MAX_BYTES)
      throw invalid(`"${attribute.slug}" takes at most 10 MB.`, ['data', 'values', attribute.slug]);
    return value;
  },
  render: value => ({ value }),
  key: value => value,
  fields: { value: { operators: TEXT_OPERATORS, read: value => value } },
  defaultField: 'value',
};

/** Shown, and therefore kept, to four decimals. */
const toFourDecimals = (value: number): number => Math.round(value * 10_000) / 10_000;

function parseNumber(raw: unknown, slug: string): number {
  if (typeof raw !== 'number' || !Number.isFinite(raw))
    throw invalid(`"${slug}" takes a number.`, ['data', 'values', slug]);
  return toFourDecimals(raw);
}

const numberField = {
  operators: ORDER_OPERATORS,
  read: (value: number) => value,
  operand: (raw: unknown) => (typeof raw === 'number' ? raw : undefined),
};

export const number: ValueType<number> = {
  type: 'number',
  mayBeMulti: false,
  parse: (raw, attribute) => parseNumber(unwrap(raw, 'value'), attribute.slug),
  render: value => ({ value }),
  key: String,
  fields: { value: numberField },
  defaultField: 'value',
};

export const currency: ValueType<number> = {
  type: 'currency',
  mayBeMulti: false,
  parse(raw, attribute) {
    // The code belongs to the attribute; a value that brings its own would be stored in the wrong currency.
    const code = unwrap(raw, 'currency_code');
    if (code !== raw && code !== attribute.currency.code) {
      throw invalid(`The currency of "${attribute.slug}" cannot be set per value.`, ['data', 'values', attribute.slug]);
    }
    return parseNumber(unwrap(raw, 'currency_value'), attribute.slug);
  },
  render: (value, attribute) => ({ currency_value: value, currency_code: attribute.currency.code }),
  key: String,
  fields: { currency_value: numberField },
  defaultField: 'currency_value',
};

export const rating: ValueType<number> = {
  type: 'rating',
  mayBeMulti: false,
  parse(raw, attribute) {
    const value = unwrap(raw, 'value');
    if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 5) {
      throw invalid(`"${attribute.slug}" takes an integer from 0 to 5.`, ['data', 'values', attribute.slug]);
    }
    return value as number;
  },
  render: value => ({ value }),
  key: String,
  fields: { value: numberField },
  defaultField: 'value',
};

export const checkbox: ValueType<boolean> = {
  type: 'checkbox',
  mayBeMulti: false,
  parse(raw, attribute) {
    const value = unwrap(raw, 'value');
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw invalid(`"${attribute.slug}" takes true or false.`, ['data', 'values', attribute.slug]);
  },
  render: value => ({ value }),
  key: String,
  fields: { value: { operators: EQUAL_ONLY, read: value => value } },
  defaultField: 'value',
};

export const date: ValueType<string> = {
  type: 'date',
  mayBeMulti: false,
  parse(raw, attribute) {
    const value = unwrap(raw, 'value');
    const day = typeof value === 'string' ? parseDay(value) : undefined;
    if (day === undefined)
      throw invalid(`"${attribute.slug}" takes an ISO 8601 date.`, ['data', 'values', attribute.slug]);
    return day;
  },
  render: value => ({ value }),
  key: value => value,
  fields: {
    value: {
      operators: ORDER_OPERATORS,
      read: value => value,
      operand: raw => (typeof raw === 'string' ? parseDay(raw) : undefined),
    },
  },
  defaultField: 'value',
};

/** Kept as milliseconds since the epoch. */
export const timestamp: ValueType<number> = {
  type: 'timestamp',
  mayBeMulti: false,
  parse(raw, attribute) {
    const value = unwrap(raw, 'value');
    const ms = typeof value === 'string' ? parseInstant(value) : undefined;
    if (ms === undefined)
      throw invalid(`"${attribute.slug}" takes an ISO 8601 time.`, ['data', 'values', attribute.slug]);
    return ms;
  },
  render: value => ({ value: toNanos(value) }),
  key: String,
  fields: {
    value: {
      operators: ORDER_OPERATORS,
      read: value => value,
      operand: raw => (typeof raw === 'string' ? parseInstant(raw) : undefined),
    },
  },
  defaultField: 'value',
};
