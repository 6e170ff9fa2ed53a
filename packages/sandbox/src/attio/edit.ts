import { attioEditSchema } from '../control/types.ts';
import { SeedError } from '../workspace.ts';
import { AttioError } from './errors.ts';
import { dropEntry } from './model/entries.ts';
import { dropNote } from './model/notes.ts';
import type { AttioState, Note, Task } from './model/state.ts';
import { findAttribute } from './model/table.ts';
import { type Actor, type Rec, SYSTEM, type Table } from './model/types.ts';
import { mergeRecords } from './records/merge.ts';
import { createRecord, deleteRecord, requireRecord, updateRecord } from './records/write.ts';
import { requireList, requireObject } from './routes/route.ts';

/**
 * Does what a person could do in Attio's own windows: the values are then theirs, not the token's, and no rate limit and no scope
 * applies. Values take the form of an API write; what was there is replaced.
 * @returns the id of what was made or changed. @throws SeedError in Attio's own words, ZodError for an edit of another shape.
 */
export function editAsMember(state: AttioState, raw: unknown, nowMs: number): { readonly id: string } {
  const edit = attioEditSchema.parse(raw);
  try {
    switch (edit.kind) {
      case 'create_record': {
        const { table } = requireObject(state, edit.object);
        return { id: createRecord(state, table, edit.values, nowMs, actorOf(state, edit.member)).id };
      }
      case 'update_record':
        return change(requireObject(state, edit.object).table, edit.recordId, edit);
      case 'update_entry':
        return change(requireList(state, edit.list).table, edit.entryId, edit);
      case 'update_note': {
        const note = required<Note>(state.notes, edit.noteId, 'note');
        return Object.assign(note, { title: edit.title ?? note.title, content: edit.content ?? note.content });
      }
      case 'update_task': {
        const task = required<Task>(state.tasks, edit.taskId, 'task');
        return Object.assign(task, {
          isCompleted: edit.isCompleted,
          completedAtMs: edit.isCompleted ? nowMs : null,
        });
      }
      case 'merge_records': {
        const { table } = requireObject(state, edit.object);
        const [primary, secondary] = [requireRecord(table, edit.primaryId), requireRecord(table, edit.secondaryId)];
        return mergeRecords(state, primary, secondary, { fromMs: nowMs, actor: actorOf(state, edit.member) });
      }
      case 'delete_record':
        return gone(edit.recordId, () =>
          deleteRecord(state, requireRecord(requireObject(state, edit.object).table, edit.recordId)),
        );
      case 'delete_entry': {
        const list = requireList(state, edit.list);
        return gone(edit.entryId, () => dropEntry(list, requireRecord(list.table, edit.entryId)));
      }
      case 'delete_note': {
        const note = required<Note>(state.notes, edit.noteId, 'note');
        return gone(note.id, () => dropNote(state, note));
      }
      case 'delete_task':
        return gone(required<Task>(state.tasks, edit.taskId, 'task').id, () => state.tasks.delete(edit.taskId));
      case 'archive_attribute': {
        const table = state.objects.get(edit.target)?.table ?? requireList(state, edit.target).table;
        const attribute = findAttribute(table, edit.attribute);
        if (attribute === undefined) throw new SeedError(`${edit.target} has no attribute "${edit.attribute}"`);
        attribute.isArchived = true;
        return attribute;
      }
    }
  } catch (error) {
    if (error instanceof AttioError) throw new SeedError(`${error.code}: ${error.message}`);
    throw error;
  }

  function change(
    table: Table,
    id: string,
    { values, member }: { readonly values: Readonly<Record<string, unknown>>; readonly member?: string | undefined },
  ): Rec {
    const actor = actorOf(state, member);
    return updateRecord(state, requireRecord(table, id), values, nowMs, { mode: 'replace', actor });
  }
}

function actorOf(state: AttioState, email: string | undefined): Actor {
  const member = email === undefined ? state.members[0] : state.memberBy(email);
  if (member !== undefined) return { type: 'workspace-member', id: member.id };
  if (email !== undefined) throw new SeedError(`there is no member "${email}"`);
  return SYSTEM;
}

function required<Item>(items: ReadonlyMap<string, Item>, id: string, what: string): Item {
  const item = items.get(id);
  if (item === undefined) throw new SeedError(`there is no ${what} "${id}"`);
  return item;
}

function gone(id: string, remove: () => unknown): { readonly id: string } {
  remove();
  return { id };
}
