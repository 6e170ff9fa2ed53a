import type { DamagedThing } from '../../control/types.ts';
import type { AttioState, ListInfo, Note, Task } from '../model/state.ts';
import { valuesOf } from '../model/table.ts';
import type { Attribute, Rec } from '../model/types.ts';

/** What can be struck. An entry is a record of its list's table. */
export type Thing =
  | { readonly of: 'record'; readonly rec: Rec }
  | { readonly of: 'note'; readonly note: Note }
  | { readonly of: 'task'; readonly task: Task };

export const idOf = (thing: Thing): string =>
  thing.of === 'record' ? thing.rec.id : thing.of === 'note' ? thing.note.id : thing.task.id;

export function nameOf(thing: Thing): Pick<DamagedThing, 'object' | 'list'> {
  if (thing.of === 'note') return { object: 'notes', list: null };
  if (thing.of === 'task') return { object: 'tasks', list: null };
  const { table } = thing.rec;
  return table.kind === 'list' ? { object: 'entries', list: table.slug } : { object: table.slug, list: null };
}

/** Everything of the kinds that are asked for, in the order in which it was made. */
export function* allThings(
  state: AttioState,
  wanted: { readonly object?: string | undefined; readonly list?: string | undefined },
): Generator<Thing> {
  const { object, list } = wanted;
  const isWanted = (name: string): boolean => object === undefined || object === name;
  for (const { table } of state.objects.values()) {
    if (isWanted(table.slug)) for (const rec of table.records.values()) yield { of: 'record', rec };
  }
  for (const { table } of state.lists.values()) {
    if (!isWanted('entries') || (list !== undefined && list !== table.slug)) continue;
    for (const rec of table.records.values()) yield { of: 'record', rec };
  }
  if (isWanted('notes')) for (const note of state.notes.values()) yield { of: 'note', note };
  if (isWanted('tasks')) for (const task of state.tasks.values()) yield { of: 'task', task };
}

/** The thing that the answer to a write is about, as far as it is one. */
export function thingIn(state: AttioState, answer: unknown): Thing | undefined {
  const ids = (answer as { data?: { id?: Record<string, string> } } | undefined)?.data?.id;
  if (ids === undefined) return undefined;
  const { note_id, task_id, record_id, entry_id, object_id, list_id } = ids;
  const note = note_id === undefined ? undefined : state.notes.get(note_id);
  if (note !== undefined) return { of: 'note', note };
  const task = task_id === undefined ? undefined : state.tasks.get(task_id);
  if (task !== undefined) return { of: 'task', task };
  const table = record_id === undefined ? listById(state, list_id)?.table : state.tableById(object_id ?? '');
  const rec = table?.records.get(record_id ?? entry_id ?? '');
  return rec === undefined ? undefined : { of: 'record', rec };
}

function listById(state: AttioState, id: string | undefined): ListInfo | undefined {
  for (const list of state.lists.values()) if (list.table.id === id) return list;
  return undefined;
}

/** Whether anything of it came through the API. */
export function isOurs(state: AttioState, thing: Thing): boolean {
  if (thing.of === 'note') return thing.note.madeBy === state.token;
  if (thing.of === 'task') return thing.task.madeBy === state.token;
  const { madeBy, origins } = thing.rec;
  if (madeBy === state.token) return true;
  for (const each of origins?.values() ?? []) if (each.some(origin => origin.actor === state.token)) return true;
  return false;
}

/** Whether the values of this attribute came through the API. */
export function isOursIn(state: AttioState, rec: Rec, attribute: Attribute): boolean {
  const origins = rec.origins?.get(attribute.slot);
  return origins === undefined ? rec.madeBy === state.token : origins.some(origin => origin.actor === state.token);
}

/** What goes, or loses a reference, when a record is lost. */
export function dependentsOf(state: AttioState, rec: Rec): DamagedThing[] {
  const things: DamagedThing[] = [];
  for (const list of state.lists.values()) {
    for (const entry of list.byParent.get(rec.id) ?? []) {
      things.push({ object: 'entries', list: list.table.slug, id: entry.id, field: null });
    }
  }
  for (const note of state.notesByParent.get(rec.id) ?? []) {
    things.push({ object: 'notes', list: null, id: note.id, field: null });
  }
  for (const task of state.tasks.values()) {
    if (task.linked.includes(rec)) things.push({ object: 'tasks', list: null, id: task.id, field: 'linked_records' });
  }
  for (const { table } of [...state.objects.values(), ...state.lists.values()]) {
    for (const attribute of table.attributes) {
      if (attribute.type !== 'record-reference' || attribute.slot < 0) continue;
      for (const other of table.records.values()) {
        if (other === rec || !valuesOf(other, attribute).includes(rec)) continue;
        things.push({ ...nameOf({ of: 'record', rec: other }), id: other.id, field: attribute.slug });
      }
    }
  }
  return things;
}
