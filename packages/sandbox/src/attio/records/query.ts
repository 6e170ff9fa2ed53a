import { AttioError, invalid } from '../errors.ts';
import type { AttioState } from '../model/state.ts';
import { findAttribute, inOrder, valuesOf } from '../model/table.ts';
import type { Attribute, Rec, Scalar, Table } from '../model/types.ts';
import { valueTypeOf } from '../values/index.ts';
import { isObject } from '../values/valueType.ts';
import { type Condition, compileFilter } from './filter.ts';

/** The largest page that Attio is known to give; what it does above that is not documented, we refuse. */
const LIMIT_MAX = 500;

type Compare = (a: Rec, b: Rec) => number;

/**
 * One page of records. Without sorts, and between equals, the order is that of creation.
 * @throws AttioError for a filter, sort, limit or offset that cannot be understood.
 */
export function queryRecords(state: AttioState, table: Table, body: unknown): readonly Rec[] {
  if (body !== undefined && !isObject(body)) throw invalid('The body must be an object.');
  const { filter, sorts, limit: rawLimit, offset: rawOffset } = body ?? {};
  const limit = wholeNumber(rawLimit ?? LIMIT_MAX, 'limit', 1, LIMIT_MAX);
  const offset = wholeNumber(rawOffset ?? 0, 'offset', 0, Number.MAX_SAFE_INTEGER);
  const condition = compileFilter(state, table, filter);
  const compare = compileSorts(table, sorts);
  const isUnfiltered =
    filter === undefined || filter === null || (isObject(filter) && Object.keys(filter).length === 0);
  if (isUnfiltered && compare === undefined) return inOrder(table).slice(offset, offset + limit);

  const end = offset + limit;
  const matches = findMatches(table, condition, compare === undefined ? end : Number.POSITIVE_INFINITY);
  if (compare !== undefined) matches.sort(compare);
  return matches.slice(offset, end);
}

/** In the order of creation; stops at `enough` where the order lets it. */
function findMatches(table: Table, condition: Condition, enough: number): Rec[] {
  const candidates = condition.candidates();
  if (candidates !== undefined) {
    return [...new Set(candidates)].filter(rec => !rec.isDeleted && condition.test(rec)).sort(byAge);
  }
  const matches: Rec[] = [];
  for (const rec of inOrder(table)) {
    if (!condition.test(rec)) continue;
    matches.push(rec);
    if (matches.length >= enough) break;
  }
  return matches;
}

const byAge: Compare = (a, b) => a.seq - b.seq;

/** `undefined` for the order of creation. */
function compileSorts(table: Table, sorts: unknown): Compare | undefined {
  if (sorts === undefined || sorts === null) return undefined;
  if (!Array.isArray(sorts)) throw invalid('"sorts" takes an array.', ['sorts']);
  const compares = sorts.map((sort: unknown): { compare: Compare; isAge: boolean } => {
    const { direction = 'asc', attribute: slug, field } = isObject(sort) ? sort : {};
    const attribute = findAttribute(table, String(slug));
    if (attribute === undefined) throw invalid(`Cannot sort by "${String(slug)}".`, ['sorts']);
    if (direction !== 'asc' && direction !== 'desc') throw invalid('"direction" is asc or desc.', ['sorts']);
    const isAge = attribute.slug === 'created_at';
    const compare = isAge ? byAge : byField(attribute, typeof field === 'string' ? field : undefined);
    return { compare: direction === 'asc' ? compare : (a, b) => compare(b, a), isAge: isAge && direction === 'asc' };
  });
  // Age has no ties, so whatever follows it says nothing.
  if (compares[0] === undefined || compares[0].isAge) return undefined;
  return (a, b) => {
    for (const { compare } of compares) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return byAge(a, b);
  };
}

function byField(attribute: Attribute, fieldName: string | undefined): Compare {
  const type = valueTypeOf(attribute.type);
  const field = type.fields[fieldName ?? type.defaultField];
  if (field === undefined) throw new AttioError(400, 'invalid_filter_field', `Cannot sort by "${fieldName}".`);
  const read = (rec: Rec): Scalar | undefined => {
    const [first] = valuesOf(rec, attribute);
    return first === undefined ? undefined : field.read(first);
  };
  return (a, b) => compareScalars(read(a), read(b));
}

/** Records without a value come last, as far as anybody knows. */
function compareScalars(a: Scalar | undefined, b: Scalar | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a < b ? -1 : 1;
}

export function wholeNumber(raw: unknown, name: string, min: number, max: number): number {
  if (typeof raw !== 'number' || !Number.isInteger(raw) || raw < min || raw > max) {
    throw invalid(`"${name}" must be a whole number from ${min} to ${max}.`, [name]);
  }
  return raw;
}
