import { randomUUID } from 'node:crypto';
import { pick } from '../../random.ts';
import { dropEntry, putEntry } from '../model/entries.ts';
import { dropNote, putNote } from '../model/notes.ts';
import type { AttioState, ListInfo } from '../model/state.ts';
import { commit, insert, newRecord, valuesOf } from '../model/table.ts';
import type { Rec } from '../model/types.ts';
import { deleteRecord } from '../records/write.ts';
import type { Thing } from './things.ts';

/** Takes a thing away, with all that goes with it. */
export function lose(state: AttioState, thing: Thing): void {
  if (thing.of === 'note') {
    dropNote(state, thing.note);
  } else if (thing.of === 'task') state.tasks.delete(thing.task.id);
  else if (thing.rec.table.kind === 'list') dropEntry(listOf(state, thing.rec), thing.rec);
  else deleteRecord(state, thing.rec);
}

/** Makes a second one that is equal in everything but its id, unique values included. */
export function double(state: AttioState, thing: Thing): Thing {
  if (thing.of === 'note') {
    const note = { ...thing.note, id: randomUUID() };
    putNote(state, note);
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
  if (parent === undefined) insert(twin);
  else putEntry(listOf(state, rec), twin);
  for (const attribute of rec.table.attributes) {
    if (attribute.slot < 0) continue;
    const values = valuesOf(rec, attribute);
    if (values.length === 0) continue;
    commit(twin, attribute, values);
    // What must be unique is found at the first one, as before.
    if (attribute.uniqueKeys !== undefined) commit(rec, attribute, values);
  }
  return { of: 'record', rec: twin };
}

/** Takes an entry from its list and makes one for the same record on another list of that object, with the values that fit there. */
export function moveToOtherList(state: AttioState, entry: Rec, random: () => number): Rec | undefined {
  const from = listOf(state, entry);
  const { parent } = entry;
  const others = [...state.lists.values()].filter(list => list !== from && list.parent === from.parent);
  const to = pick(others, random);
  if (to === undefined || parent === undefined) return undefined;
  const moved = newRecord(to.table, entry.createdAtMs, { madeBy: entry.madeBy, parent });
  putEntry(to, moved);
  for (const attribute of from.table.attributes) {
    const there = to.table.bySlug.get(attribute.slug);
    const isSame = there !== undefined && there.type === attribute.type && there.isMulti === attribute.isMulti;
    // Options belong to one attribute: those of another list mean nothing there.
    if (!isSame || there.slot < 0 || attribute.slot < 0 || ['select', 'status'].includes(attribute.type)) continue;
    const values = valuesOf(entry, attribute);
    if (values.length > 0) commit(moved, there, values);
  }
  dropEntry(from, entry);
  return moved;
}

export function listOf(state: AttioState, entry: Rec): ListInfo {
  const list = state.lists.get(entry.table.slug);
  if (list === undefined) throw new Error(`no list ${entry.table.slug}`);
  return list;
}
