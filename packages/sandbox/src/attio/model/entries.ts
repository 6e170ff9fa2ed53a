import type { ListInfo } from './state.ts';
import { insert, remove } from './table.ts';
import type { Rec } from './types.ts';

/** The only ways in which list entries come, go and change their parent; they keep the look-up by parent right. */

export function putEntry(list: ListInfo, entry: Rec): void {
  insert(entry);
  if (entry.parent !== undefined) siblingsOf(list, entry.parent).add(entry);
}

export function dropEntry(list: ListInfo, entry: Rec): void {
  remove(entry);
  list.byParent.get(entry.parent?.id ?? '')?.delete(entry);
}

export function moveEntry(list: ListInfo, entry: Rec, to: Rec): void {
  list.byParent.get(entry.parent?.id ?? '')?.delete(entry);
  entry.parent = to;
  siblingsOf(list, to).add(entry);
}

function siblingsOf(list: ListInfo, parent: Rec): Set<Rec> {
  const siblings = list.byParent.get(parent.id) ?? new Set();
  list.byParent.set(parent.id, siblings);
  return siblings;
}
