import type { DamageKind } from '../../control/types.ts';
import { pick } from '../../random.ts';
import { moveNote } from '../model/notes.ts';
import type { AttioState, Note, Task } from '../model/state.ts';
import { inOrder } from '../model/table.ts';
import { toNanos } from '../time.ts';
import { mangled, truncated, withoutLine } from './cells.ts';

const DAY_MS = 24 * 3_600_000;

/** A change that is worked out and not made yet. `read` shows the field as the API does. */
export interface PlannedChange {
  readonly field: string;
  readonly read: () => unknown;
  readonly make: () => void;
}

type Random = () => number;

const textChanges: Partial<Record<DamageKind, (text: string, random: Random) => string | undefined>> = {
  truncate_text: truncated,
  mangle_text: mangled,
  lose_line: withoutLine,
};

/** What a kind can do to a note: its texts, its date, its parent. */
export function* noteChanges(
  state: AttioState,
  note: Note,
  kind: DamageKind,
  random: Random,
): Generator<PlannedChange> {
  const change = textChanges[kind];
  for (const field of ['content', 'title'] as const) {
    const next = change?.(note[field], random);
    if (next !== undefined) yield { field, read: () => note[field], make: () => void (note[field] = next) };
  }
  if (kind === 're_date') {
    const make = () => void (note.createdAtMs -= DAY_MS);
    yield { field: 'created_at', read: () => toNanos(note.createdAtMs), make };
  }
  if (kind === 'relink') {
    const to = pick(inOrder(note.parent.table), random);
    if (to === undefined || to === note.parent || to.isDeleted) return;
    yield { field: 'parent_record_id', read: () => note.parent.id, make: () => moveNote(state, note, to) };
  }
}

/** What a kind can do to a task. */
export function* taskChanges(task: Task, kind: DamageKind, random: Random): Generator<PlannedChange> {
  const next = textChanges[kind]?.(task.content, random);
  if (next !== undefined) {
    yield { field: 'content', read: () => task.content, make: () => void (task.content = next) };
  }
  const { deadlineMs } = task;
  if (kind === 're_date' && deadlineMs !== null) {
    yield {
      field: 'deadline_at',
      read: () => (task.deadlineMs === null ? null : toNanos(task.deadlineMs)),
      make: () => void (task.deadlineMs = deadlineMs - DAY_MS),
    };
  }
  if (kind === 'flip_checkbox') {
    const make = () => void (task.isCompleted = !task.isCompleted);
    yield { field: 'is_completed', read: () => task.isCompleted, make };
  }
  if (kind === 'unlink') {
    const link = pick(task.linked, random);
    const linked = task.linked.filter(rec => rec !== link);
    const read = () => task.linked.map(rec => rec.id);
    if (link !== undefined) yield { field: 'linked_records', read, make: () => void (task.linked = linked) };
    const someone = pick(task.assignees, random);
    const left = task.assignees.filter(member => member !== someone);
    if (someone !== undefined) {
      const readAssignees = () => task.assignees.map(member => member.id);
      yield { field: 'assignees', read: readAssignees, make: () => void (task.assignees = left) };
    }
  }
}
