import { AttioError, notFound, valueNotFound } from '../errors.ts';
import { dropEntry } from '../model/entries.ts';
import { dropNote } from '../model/notes.ts';
import type { AttioState } from '../model/state.ts';
import { commit, findAttribute, insert, newRecord, remove } from '../model/table.ts';
import { type Actor, type Origin, type Rec, SYSTEM, type Table } from '../model/types.ts';
import { requireRoomForRecord } from '../quotas.ts';
import { valueTypeOf } from '../values/index.ts';
import { applyUpdate } from './apply.ts';
import { linkCompanyByEmail } from './autoCompany.ts';
import { enrichLater } from './enrich.ts';
import { type Change, type PlanOptions, parseValues, planWrite } from './plan.ts';

type Values = Readonly<Record<string, unknown>>;

/** Makes a record. @throws AttioError, and then nothing is stored. */
export function createRecord(
  state: AttioState,
  table: Table,
  values: Values,
  nowMs: number,
  madeBy: Actor = state.token,
): Rec {
  const changes = planWrite(state, table, undefined, values, { mode: 'replace' });
  requireRoomForRecord(state);
  const rec = store(table, changes, nowMs, madeBy);
  enrichLater(state, rec, nowMs);
  // Attio links a new person to the company of its e-mail's domain unless the same write says which company it is.
  if (table.slug === 'people' && table.kind === 'object' && !changes.some(isCompanyOfPerson)) {
    linkCompanyByEmail(state, rec, nowMs);
  }
  return rec;
}

/** For seeding: no company is made by itself, and `isForced` lets unique values repeat. */
export function seedRecord(state: AttioState, table: Table, values: Values, nowMs: number, isForced: boolean): Rec {
  const changes = planWrite(state, table, undefined, values, { mode: 'replace', isForced });
  return store(table, changes, nowMs, seeder(state));
}

/** What was there before is the work of the workspace's own people. */
function seeder(state: AttioState): Actor {
  const [member] = state.members;
  return member === undefined ? SYSTEM : { type: 'workspace-member', id: member.id };
}

/** Changes a record. @throws AttioError, and then nothing is stored. */
export function updateRecord(
  state: AttioState,
  rec: Rec,
  values: Values,
  nowMs: number,
  options: PlanOptions & { readonly actor?: Actor },
): Rec {
  const origin: Origin = { fromMs: nowMs, actor: options.actor ?? state.token };
  for (const change of planWrite(state, rec.table, rec, values, options))
    applyUpdate(rec, change.attribute, change.next, origin);
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

/** Deletes a record, with its notes and list entries; tasks lose their link to it, comments on it go. */
export function deleteRecord(state: AttioState, rec: Rec): void {
  remove(rec);
  for (const note of state.notesByParent.get(rec.id) ?? []) dropNote(state, note);
  state.notesByParent.delete(rec.id);
  for (const list of state.lists.values()) {
    for (const entry of list.byParent.get(rec.id) ?? []) dropEntry(list, entry);
    list.byParent.delete(rec.id);
  }
  for (const task of state.tasks.values()) {
    if (task.linked.includes(rec)) task.linked = task.linked.filter(each => each !== rec);
  }
  for (const comment of state.comments.values()) if (comment.about.isDeleted) state.comments.delete(comment.id);
}

/** @throws AttioError `not_found`. */
export function requireRecord(table: Table, id: string): Rec {
  const rec = table.records.get(id);
  if (rec === undefined) throw notFound(table.kind === 'list' ? 'Entry' : 'Record', id);
  return rec;
}

function store(table: Table, changes: readonly Change[], nowMs: number, madeBy: Actor): Rec {
  const rec = newRecord(table, nowMs, { madeBy });
  insert(rec);
  for (const { attribute, next } of changes) if (next.length > 0) commit(rec, attribute, next);
  return rec;
}

const isCompanyOfPerson = ({ attribute }: Change): boolean => attribute.slug === 'company' && attribute.isSystem;
