import { randomUUID } from 'node:crypto';
import { pick } from '../../random.ts';
import type { AttioState, ListInfo } from '../model/state.ts';
import { commit, insert, newRecord, valuesOf } from '../model/table.ts';
import type { Rec } from '../model/types.ts';
import { deleteRecord } from '../records/write.ts';
import { deleteEntry } from '../routes/lists.ts';
import type { Thing } from './things.ts';

/** Takes a thing away, with all that goes with it. */
export function lose(state: AttioState, thing: Thing): void {
  if (thing.of === 'note') {
    state.notes.delete(thing.note.id);
    state.notesByParent.get(thing.note.parent.id)?.delete(thing.note);
  } else if (thing.of === 'task') state.tasks.delete(thing.task.id);
  else if (thing.rec.table.kind === 'list') deleteEntry(listOf(state, thing.rec), thing.rec);
  else deleteRecord(state, thing.rec);
}

/** Makes a second one that is equal in everything but its id, unique values included. */
export function double(state: AttioState, thing: Thing): Thing {
  if (thing.of === 'note') {
    const note = { ...thing.note, id: randomUUID() };
    state.notes.set(note.id, note);
    state.notesByParent.get(note.parent.id)?.add(note);
    return { of: 'note', note };
  }
  if (thing.of === 'task') {
    const task = { ...thing.task, id: randomUUID() };
    state.tasks.set(task.id, task);
    return { of: 'task', task };
  }
  const { rec } = thing;
  const { parent, madeBy } = rec;
  const twin = newRecord(rec.table, rec.createdAtMs, { madeBy, ...(parent === undefined ? {} : { parent }) });
  insert(twin);
  for (const attribute of rec.table.attributes) {
    if (attribute.slot < 0) continue;
    const values = valuesOf(rec, attribute);
    if (values.length === 0) continue;
    commit(twin, attribute, values);
    // What must be unique is found at the first one, as before.
    if (attribute.uniqueKeys !== undefined) commit(rec, attribute, values);
  }
  if (parent !== undefined) listOf(state, rec).byParent.get(parent.id)?.add(twin);
  return { of: 'record', rec: twin };
}

/** Takes an entry from its list and makes one for the same record on another list of that object, with the values that fit there. */
export function moveEntry(state: AttioState, entry: Rec, random: () => number): Rec | undefined {
  const from = listOf(state, entry);
  const { parent } = entry;
  const others = [...state.lists.values()].filter(list => list !== from && list.parent === from.parent);
  const to = pick(others, random);
  if (to === undefined || parent === undefined) return undefined;
  const moved = newRecord(to.table, entry.createdAtMs, { madeBy: entry.madeBy, parent });
  insert(moved);
  for (const attribute of from.table.attributes) {
    const there = to.table.bySlug.get(attribute.slug);
    const isSame = there !== undefined && there.type === attribute.type && there.isMulti === attribute.isMulti;
    // Options belong to one attribute: those of another list mean nothing there.
    if (!isSame || there.slot < 0 || attribute.slot < 0 || ['select', 'status'].includes(attribute.type)) continue;
    const values = valuesOf(entry, attribute);
    if (values.length > 0) commit(moved, there, values);
  }
  const siblings = to.byParent.get(parent.id) ?? new Set();
  siblings.add(moved);
  to.byParent.set(parent.id, siblings);
  deleteEntry(from, entry);
  return moved;
}

/** Gives an entry to another record that its list can hold. */
export function moveToParent(state: AttioState, entry: Rec, to: Rec): void {
  const { byParent } = listOf(state, entry);
  byParent.get(entry.parent?.id ?? '')?.delete(entry);
  entry.parent = to;
  const siblings = byParent.get(to.id) ?? new Set();
  siblings.add(entry);
  byParent.set(to.id, siblings);
}

function listOf(state: AttioState, entry: Rec): ListInfo {
  const list = state.lists.get(entry.table.slug);
  if (list === undefined) throw new Error(`no list ${entry.table.slug}`);
  return list;
}
