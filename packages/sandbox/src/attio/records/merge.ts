import { AttioError } from '../errors.ts';
import { moveEntry } from '../model/entries.ts';
import { moveNote } from '../model/notes.ts';
import type { AttioState } from '../model/state.ts';
import { commit, insert, newRecord, remove, valuesOf } from '../model/table.ts';
import type { Attribute, Origin, Rec, Value } from '../model/types.ts';
import { valueTypeOf } from '../values/index.ts';

/**
 * Merges two records as Attio's own windows do: the outcome is a third one, with an id that neither had. Of a single value the
 * primary's wins, of several all stay, the primary's first; whatever hung on either hangs on the new one.
 * @throws AttioError `self_merge`.
 */
export function mergeRecords(state: AttioState, primary: Rec, secondary: Rec, origin: Origin): Rec {
  if (primary === secondary) throw new AttioError(400, 'self_merge', 'A record cannot be merged with itself.');
  const { table } = primary;
  const stored = table.attributes.filter(attribute => attribute.slot >= 0);
  const united = new Map(stored.map(attribute => [attribute, unite(attribute, primary, secondary)]));
  const referring = referencesTo(state, [primary, secondary]);

  const merged = newRecord(table, origin.fromMs, { madeBy: origin.actor });
  remove(primary);
  remove(secondary);
  insert(merged);
  for (const [attribute, values] of united) if (values.length > 0) commit(merged, attribute, values);
  for (const { rec, attribute, values } of referring) {
    if (rec.isDeleted) continue;
    const next = values.map(value => (value === primary || value === secondary ? merged : value));
    commit(rec, attribute, [...new Set(next)]);
  }
  for (const old of [primary, secondary]) {
    for (const list of state.lists.values()) {
      for (const entry of list.byParent.get(old.id) ?? []) moveEntry(list, entry, merged);
    }
    for (const note of state.notesByParent.get(old.id) ?? []) moveNote(state, note, merged);
    for (const task of state.tasks.values()) {
      if (task.linked.includes(old)) task.linked = [...new Set(task.linked.map(rec => (rec === old ? merged : rec)))];
    }
    for (const comment of state.comments.values()) if (comment.about === old) comment.about = merged;
  }
  return merged;
}

function unite(attribute: Attribute, primary: Rec, secondary: Rec): readonly Value[] {
  const [first, second] = [valuesOf(primary, attribute), valuesOf(secondary, attribute)];
  if (!attribute.isMulti) return first.length > 0 ? first : second;
  const { key } = valueTypeOf(attribute.type);
  const known = new Set(first.map(key));
  return [...first, ...second.filter(value => !known.has(key(value)))];
}

function referencesTo(
  state: AttioState,
  targets: readonly Rec[],
): { readonly rec: Rec; readonly attribute: Attribute; readonly values: readonly Value[] }[] {
  const found = [];
  for (const { table } of [...state.objects.values(), ...state.lists.values()]) {
    for (const attribute of table.attributes) {
      if (attribute.type !== 'record-reference' || attribute.slot < 0) continue;
      for (const rec of table.records.values()) {
        const values = valuesOf(rec, attribute);
        if (targets.some(target => values.includes(target))) found.push({ rec, attribute, values });
      }
    }
  }
  return found;
}
