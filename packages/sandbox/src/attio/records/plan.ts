import { AttioError, invalid, valueNotFound } from '../errors.ts';
import type { AttioState } from '../model/state.ts';
import { findAttribute, valuesOf } from '../model/table.ts';
import type { Attribute, Rec, Table, Value } from '../model/types.ts';
import { valueTypeOf } from '../values/index.ts';
import { isObject } from '../values/valueType.ts';
import { isEnriched } from './enrich.ts';

/**
 * What a write would change, worked out and checked in full before anything is touched: a refused write stores nothing.
 *
 * How the values of a multi-value attribute meet those already there:
 * *add*: new ones in front, none moved, repeated or removed (PATCH) · *replace*: exactly what was sent (PUT by id)
 * · *assert*: added for the matching attribute, replaced for all others (PUT with `matching_attribute`).
 */
export type WriteMode = 'add' | 'replace' | 'assert';

export interface Change {
  readonly attribute: Attribute;
  readonly next: readonly Value[];
}

export interface PlanOptions {
  readonly mode: WriteMode;
  readonly matching?: Attribute;
  /** Only for seeding: lets a unique value stand on two records, as no vendor would. */
  readonly isForced?: boolean;
}

/** @throws AttioError when the values name what is not there, do not fit, or belong to another record. */
export function planWrite(
  state: AttioState,
  table: Table,
  rec: Rec | undefined,
  values: Readonly<Record<string, unknown>>,
  options: PlanOptions,
): Change[] {
  const changes: Change[] = [];
  for (const key of Object.keys(values)) {
    const attribute = writableAttribute(table, key);
    if (rec !== undefined && isEnriched(rec, attribute)) {
      throw new AttioError(400, 'immutable_value', `The enriched value of "${attribute.slug}" cannot be overridden.`);
    }
    const sent = parseValues(state, attribute, values[key]);
    const next = rec === undefined ? sent : merge(rec, attribute, sent, options);
    if (next.length === 0 && attribute.isRequired) throw missingValue(attribute);
    if (options.isForced !== true) refuseConflict(attribute, next, rec);
    changes.push({ attribute, next });
  }
  if (rec === undefined) addDefaults(state, table, changes);
  return changes;
}

/** The values under a key of a body, as the stored form of the attribute's type, each once. */
export function parseValues(state: AttioState, attribute: Attribute, raw: unknown): Value[] {
  const list = raw === null || raw === undefined ? [] : Array.isArray(raw) ? raw : [raw];
  if (list.length > 1 && !attribute.isMulti) {
    throw invalid(`"${attribute.slug}" takes a single value.`, ['data', 'values', attribute.slug]);
  }
  const type = valueTypeOf(attribute.type);
  const parsed = list.map(element => type.parse(element, attribute, state));
  return parsed.length < 2 ? parsed : distinct(parsed, type.key);
}

/** The record of the values of a body. @throws AttioError when the envelope is not `{data: {values: {…}}}`. */
export function readValues(body: unknown, key: 'values' | 'entry_values' = 'values'): Record<string, unknown> {
  const data = isObject(body) ? body.data : undefined;
  const values = isObject(data) ? data[key] : undefined;
  if (!isObject(values)) throw invalid(`The body must be {"data":{"${key}":{…}}}.`, ['data', key]);
  return values;
}

function writableAttribute(table: Table, key: string): Attribute {
  const attribute = findAttribute(table, key);
  if (attribute === undefined || attribute.isArchived) {
    throw valueNotFound(`Cannot find attribute with slug/ID "${key}".`);
  }
  if (attribute.slot < 0 || !attribute.isWritable) {
    throw new AttioError(400, 'immutable_value', `The attribute with slug "${attribute.slug}" cannot be written.`);
  }
  return attribute;
}

function merge(rec: Rec, attribute: Attribute, sent: readonly Value[], options: PlanOptions): readonly Value[] {
  const isAdded = options.mode === 'add' || (options.mode === 'assert' && options.matching === attribute);
  if (!attribute.isMulti || !isAdded) return sent;
  const { key } = valueTypeOf(attribute.type);
  const current = valuesOf(rec, attribute);
  const known = new Set(current.map(key));
  return [...sent.filter(value => !known.has(key(value))), ...current];
}

function refuseConflict(attribute: Attribute, next: readonly Value[], rec: Rec | undefined): void {
  if (attribute.uniqueKeys === undefined) return;
  const { key } = valueTypeOf(attribute.type);
  for (const value of next) {
    const holder = attribute.uniqueKeys.get(key(value));
    if (holder !== undefined && holder !== rec) {
      throw new AttioError(
        400,
        'uniqueness_conflict',
        `A value provided for attribute with slug "${attribute.slug}" conflicts with one already in the system.`,
      );
    }
  }
}

/** Static defaults of attributes that the body leaves out; then nothing that is required may be missing. */
function addDefaults(state: AttioState, table: Table, changes: Change[]): void {
  for (const attribute of table.attributes) {
    if (!attribute.isRequired && attribute.defaultValue === null) continue;
    if (attribute.isArchived || changes.some(change => change.attribute === attribute)) continue;
    const template = isObject(attribute.defaultValue) ? attribute.defaultValue.template : undefined;
    if (Array.isArray(template)) changes.push({ attribute, next: parseValues(state, attribute, template) });
    else if (attribute.isRequired) throw missingValue(attribute);
  }
}

const missingValue = (attribute: Attribute): AttioError =>
  new AttioError(400, 'missing_value', `Required value for attribute with ID "${attribute.id}" was not provided.`);

function distinct(values: readonly Value[], key: (value: Value) => string): Value[] {
  const byKey = new Map<string, Value>();
  for (const value of values) if (!byKey.has(key(value))) byKey.set(key(value), value);
  return [...byKey.values()];
}
