import type { AttioState, Note } from './state.ts';
import type { Rec } from './types.ts';

/** The only ways in which notes come, go and move; they keep the look-ups right. */

export function putNote(state: AttioState, note: Note): void {
  state.notes.set(note.id, note);
  siblingsOf(state, note.parent).add(note);
  state.noteOrder = undefined;
}

export function dropNote(state: AttioState, note: Note): void {
  state.notes.delete(note.id);
  state.notesByParent.get(note.parent.id)?.delete(note);
  state.noteOrder = undefined;
}

export function moveNote(state: AttioState, note: Note, to: Rec): void {
  state.notesByParent.get(note.parent.id)?.delete(note);
  note.parent = to;
  siblingsOf(state, to).add(note);
}

/** All notes as an array, so that a page far back costs no more than the first one. */
export function notesInOrder(state: AttioState): readonly Note[] {
  state.noteOrder ??= [...state.notes.values()];
  return state.noteOrder;
}

function siblingsOf(state: AttioState, parent: Rec): Set<Note> {
  const siblings = state.notesByParent.get(parent.id) ?? new Set();
  state.notesByParent.set(parent.id, siblings);
  return siblings;
}
