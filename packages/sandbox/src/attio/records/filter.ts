import { AttioError } from '../errors.ts';
import type { AttioState } from '../model/state.ts';
import { findAttribute, indexOn, lookUp, valuesOf } from '../model/table.ts';
import type { Attribute, Rec, Scalar, Table } from '../model/types.ts';
import { valueTypeOf } from '../values/index.ts';
import { isObject, isRec, type Operator } from '../values/valueType.ts';
import { type FilterField, filterField, satisfies } from './filterField.ts';

/** A compiled filter. */
export interface Condition {
  test(rec: Rec): boolean;
  /** A superset of what passes, from look-ups alone; `undefined` when only a scan can tell. */
  candidates(): readonly Rec[] | undefined;
}

const EVERYTHING: Condition = { test: () => true, candidates: () => undefined };
const fail = (message: string): AttioError => new AttioError(400, 'filter_error', message);

/** @throws AttioError `filter_error`, `invalid_filter_operator`, `invalid_filter_field`, `unknown_filter_attribute_slug`. */
export function compileFilter(state: AttioState, table: Table, filter: unknown): Condition {
  if (filter === undefined || filter === null) return EVERYTHING;
  if (!isObject(filter)) throw fail('A filter must be an object.');
  if ('path' in filter) return compilePath(state, table, filter);
  const parts = Object.entries(filter).map(([key, value]) => compileEntry(state, table, key, value));
  return parts.length === 1 ? (parts[0] as Condition) : all(parts);
}

function compileEntry(state: AttioState, table: Table, key: string, value: unknown): Condition {
  if (key === '$and' || key === '$or') {
    if (!Array.isArray(value)) throw fail(`"${key}" takes an array of filters.`);
    const parts = value.map(part => compileFilter(state, table, part));
    return key === '$and' ? all(parts) : any(parts);
  }
  if (key === '$not') {
    // Refused live, although nothing documents why.
    if (isObject(value) && '$or' in value) throw fail('"$not" around "$or" is not supported.');
    const inner = compileFilter(state, table, value);
    return { test: rec => !inner.test(rec), candidates: () => undefined };
  }
  const attribute = findAttribute(table, key);
  if (attribute === undefined || attribute.isArchived || key.startsWith('$')) {
    throw new AttioError(400, 'unknown_filter_attribute_slug', `Unknown attribute slug in filter: "${key}".`);
  }
  return compileConstraints(state, table, attribute, value);
}

function compileConstraints(state: AttioState, table: Table, attribute: Attribute, raw: unknown): Condition {
  if (!isObject(raw)) return compileOperators(table, attribute, filterField(attribute, undefined, state), { $eq: raw });
  const parts = Object.entries(raw).map(([key, value]) => {
    if (key.startsWith('$')) {
      return compileOperators(table, attribute, filterField(attribute, undefined, state), { [key]: value });
    }
    const field = filterField(attribute, key, state);
    return compileOperators(table, attribute, field, isObject(value) ? value : { $eq: value });
  });
  if (parts.length === 0) throw fail(`The filter on "${attribute.slug}" is empty.`);
  return all(parts);
}

function compileOperators(
  table: Table,
  attribute: Attribute,
  field: FilterField,
  operators: Readonly<Record<string, unknown>>,
): Condition {
  return all(
    Object.entries(operators).map(([operator, raw]) => {
      if (!field.operators.includes(operator as Operator)) {
        throw new AttioError(
          400,
          'invalid_filter_operator',
          `Operator "${operator}" is not supported for attribute "${attribute.slug}" of type "${attribute.type}".`,
        );
      }
      return compileOperator(table, attribute, field, { operator: operator as Operator, raw });
    }),
  );
}

function compileOperator(
  table: Table,
  attribute: Attribute,
  field: FilterField,
  { operator, raw }: { readonly operator: Operator; readonly raw: unknown },
): Condition {
  if (operator === '$in' && !Array.isArray(raw)) throw fail('"$in" takes an array.');
  if (operator === '$not_empty' && raw !== true) throw fail('"$not_empty" takes true.');
  const operands = operator === '$not_empty' ? [''] : toOperands(field, Array.isArray(raw) ? raw : [raw]);
  const wanted = operator === '$in' ? new Set<Scalar>(operands) : undefined;
  const passes = (value: Scalar | undefined): boolean =>
    value !== undefined &&
    (wanted === undefined ? operands.some(operand => satisfies(operator, value, operand)) : wanted.has(value));

  const read = reader(attribute, field);
  return {
    test: rec => read(rec, passes),
    candidates() {
      if (operator !== '$eq' && operator !== '$in') return undefined;
      if (attribute.slug === 'record_id' && field.readRecord !== undefined) {
        return operands.map(id => table.records.get(String(id))).filter(rec => rec !== undefined);
      }
      if (field.indexName === undefined || attribute.slot < 0) return undefined;
      const index = indexOn(table, attribute, field.indexName);
      return operands.flatMap(operand => [...lookUp(index, operand)]);
    },
  };
}

function toOperands(field: FilterField, raw: readonly unknown[]): Scalar[] {
  return raw.flatMap(each => {
    if (each === null || isObject(each) || Array.isArray(each)) throw fail('A filter compares with a plain value.');
    return field.operand(each) ?? [];
  });
}

/** Asks whether any value of the attribute passes. */
function reader(
  attribute: Attribute,
  field: FilterField,
): (rec: Rec, passes: (value: Scalar | undefined) => boolean) => boolean {
  const { readRecord, indexName } = field;
  if (readRecord !== undefined) return (rec, passes) => passes(readRecord(rec));
  const read = indexName === undefined ? undefined : valueTypeOf(attribute.type).fields[indexName]?.read;
  if (read === undefined) return () => false;
  return (rec, passes) => valuesOf(rec, attribute).some(value => passes(read(value)));
}

/** `{path: [["people","company"],["companies","domains"]], constraints: {…}}`: follows references, then compares. */
function compilePath(state: AttioState, table: Table, filter: Readonly<Record<string, unknown>>): Condition {
  const steps = filter.path;
  if (!Array.isArray(steps) || steps.length === 0) throw fail('"path" takes an array of [object, attribute] pairs.');
  let at = table;
  const hops: ((rec: Rec) => readonly Rec[])[] = [];
  for (const [i, step] of steps.entries()) {
    const [where, slug] = Array.isArray(step) ? step : [];
    if (i > 0) at = state.tableBySlugOrId(String(where)) ?? at;
    if (i === steps.length - 1) {
      const attribute = findAttribute(at, String(slug));
      if (attribute === undefined) {
        throw new AttioError(400, 'unknown_filter_attribute_slug', `Unknown attribute slug in filter: "${slug}".`);
      }
      const last = compileConstraints(state, at, attribute, filter.constraints);
      return { test: rec => follow(rec, hops).some(last.test), candidates: () => undefined };
    }
    hops.push(hopAlong(at, String(slug)));
  }
  throw fail('"path" leads nowhere.');
}

function hopAlong(table: Table, slug: string): (rec: Rec) => readonly Rec[] {
  if (table.kind === 'list' && slug === 'parent_record') return rec => (rec.parent === undefined ? [] : [rec.parent]);
  const attribute = findAttribute(table, slug);
  if (attribute?.type !== 'record-reference') throw fail(`"${slug}" is not a reference.`);
  return rec => valuesOf(rec, attribute).filter(isRec);
}

const follow = (rec: Rec, hops: readonly ((rec: Rec) => readonly Rec[])[]): readonly Rec[] =>
  hops.reduce<readonly Rec[]>((recs, hop) => recs.flatMap(hop), [rec]);

function all(parts: readonly Condition[]): Condition {
  return {
    test: rec => parts.every(part => part.test(rec)),
    candidates() {
      let best: readonly Rec[] | undefined;
      for (const part of parts) {
        const found = part.candidates();
        if (found !== undefined && (best === undefined || found.length < best.length)) best = found;
      }
      return best;
    },
  };
}

function any(parts: readonly Condition[]): Condition {
  return {
    test: rec => parts.some(part => part.test(rec)),
    candidates() {
      const found = parts.map(part => part.candidates());
      return found.some(list => list === undefined) ? undefined : found.flatMap(list => list ?? []);
    },
  };
}
