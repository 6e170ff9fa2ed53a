import { AttioError, notFound, valueNotFound } from '../errors.ts';
import type { AttioState } from '../model/state.ts';
import { commit, findAttribute, insert, newRecord, remove, valuesOf } from '../model/table.ts';
import type { Attribute, Rec, Table, Value } from '../model/types.ts';
import { valueTypeOf } from '../values/index.ts';
import { linkCompanyByEmail } from './autoCompany.ts';
import { type Change, type PlanOptions, parseValues, planWrite } from './plan.ts';

type Values = Readonly<Record<string, unknown>>;

/** Makes a record. @throws AttioError, and then nothing is stored. */
export function createRecord(state: AttioState, table: Table, values: Values, nowMs: number): Rec {
  const changes = planWrite(state, table, undefined, values, { mode: 'replace' });
  const rec = store(table, changes, nowMs);
  // Attio links a new person to the company of its e-mail's domain unless the same write says which company it is.
  if (table.slug === 'people' && table.kind === 'object' && !changes.some(isCompanyOfPerson)) {
    linkCompanyByEmail(state, rec, nowMs);
  }
  return rec;
}

/** For seeding: no company is made by itself, and `isForced` lets unique values repeat. */
export function seedRecord(state: AttioState, table: Table, values: Values, nowMs: number, isForced: boolean): Rec {
  return store(table, planWrite(state, table, undefined, values, { mode: 'replace', isForced }), nowMs);
}

/** Changes a record. @throws AttioError, and then nothing is stored. */
export function updateRecord(state: AttioState, rec: Rec, values: Values, nowMs: number, options: PlanOptions): Rec {
  for (const change of planWrite(state, rec.table, rec, values, options)) applyUpdate(rec, change, nowMs);
  return rec;
}

/**
 * Creates or updates by a unique attribute.
 * @throws AttioError `matching_attribute_definition_not_unique`, `value_not_found`, `missing_value`, or
 * `multiple_match_results` when the values belong to two different records.
 */
export function assertRecord(state: AttioState, table: Table, values: Values, nowMs: number, matchingKey: string): Rec {
  const matching = findAttribute(table, matchingKey);
  if (matching === undefined || matching.isArchived) {
    throw valueNotFound(`Cannot find attribute with slug/ID "${matchingKey}".`);
  }
  const { uniqueKeys } = matching;
  if (uniqueKeys === undefined) {
    throw new AttioError(
      400,
      'matching_attribute_definition_not_unique',
      `The matching attribute "${matchingKey}" is not unique.`,
    );
  }
  const sent = parseValues(state, matching, values[matching.slug] ?? values[matching.id]);
  if (sent.length === 0) {
    throw new AttioError(400, 'missing_value', `A value for the matching attribute "${matchingKey}" must be provided.`);
  }
  const { key } = valueTypeOf(matching.type);
  const matches = new Set(sent.map(value => uniqueKeys.get(key(value))).filter(rec => rec !== undefined));
  if (matches.size > 1) {
    throw new AttioError(
      400,
      'multiple_match_results',
      `The values of "${matchingKey}" match ${matches.size} records.`,
    );
  }
  const [match] = matches;
  return match === undefined
    ? createRecord(state, table, values, nowMs)
    : updateRecord(state, match, values, nowMs, { mode: 'assert', matching });
}

/** Deletes a record, with its notes and list entries. */
export function deleteRecord(state: AttioState, rec: Rec): void {
  remove(rec);
  for (const note of state.notesByParent.get(rec.id) ?? []) state.notes.delete(note.id);
  state.notesByParent.delete(rec.id);
  for (const list of state.lists.values()) {
    for (const entry of list.byParent.get(rec.id) ?? []) remove(entry);
    list.byParent.delete(rec.id);
  }
}

/** @throws AttioError `not_found`. */
export function requireRecord(table: Table, id: string): Rec {
  const rec = table.records.get(id);
  if (rec === undefined) throw notFound(table.kind === 'list' ? 'Entry' : 'Record', id);
  return rec;
}

function store(table: Table, changes: readonly Change[], nowMs: number): Rec {
  const rec = newRecord(table, nowMs, { isAutoCreated: false });
  insert(rec);
  for (const { attribute, next } of changes) if (next.length > 0) commit(rec, attribute, next);
  return rec;
}

/** Values that stay keep the time since which they hold; those that go become history. */
function applyUpdate(rec: Rec, { attribute, next }: Change, nowMs: number): void {
  const { key } = valueTypeOf(attribute.type);
  const before = currentSince(rec, attribute, valuesOf(rec, attribute), key);
  if (next.length === 0 && before.size === 0) return;
  const kept = new Set(next.map(key));
  for (const [id, { value, fromMs }] of before) {
    if (!kept.has(id)) pastOf(rec, attribute).push({ value, fromMs, untilMs: nowMs });
  }
  commit(rec, attribute, next);
  rec.since ??= new Map();
  rec.since.set(
    attribute.slot,
    next.map(value => before.get(key(value))?.fromMs ?? nowMs),
  );
}

function currentSince(
  rec: Rec,
  attribute: Attribute,
  values: readonly Value[],
  key: (value: Value) => string,
): Map<string, { value: Value; fromMs: number }> {
  const since = rec.since?.get(attribute.slot);
  return new Map(values.map((value, i) => [key(value), { value, fromMs: since?.[i] ?? rec.createdAtMs }]));
}

function pastOf(rec: Rec, attribute: Attribute): { value: Value; fromMs: number; untilMs: number }[] {
  rec.past ??= new Map();
  let past = rec.past.get(attribute.slot);
  if (past === undefined) {
    past = [];
    rec.past.set(attribute.slot, past);
  }
  return past;
}

const isCompanyOfPerson = ({ attribute }: Change): boolean => attribute.slug === 'company' && attribute.isSystem;
