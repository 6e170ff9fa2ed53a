import type { Damage, DamagedThing, ParsedDamageInput } from '../../control/types.ts';
import { pick, shuffled } from '../../random.ts';
import { moveEntry } from '../model/entries.ts';
import type { AttioState } from '../model/state.ts';
import { inOrder, valuesOf } from '../model/table.ts';
import type { Attribute, Rec } from '../model/types.ts';
import { valueTypeOf } from '../values/index.ts';
import { cellChanges, isCellChange, putSilently, shownValues } from './cells.ts';
import { noteChanges, type PlannedChange, taskChanges } from './texts.ts';
import { dependentsOf, idOf, isOurs, isOursIn, nameOf, type Thing } from './things.ts';
import { double, listOf, lose, moveToOtherList } from './wholes.ts';

/** A damage that was done, without the number that its workspace gives it. */
export type Done = Omit<Damage, 'id' | 'kind' | 'when' | 'stands'> & { readonly isStanding: () => boolean };

export interface StrikeContext {
  readonly state: AttioState;
  readonly input: ParsedDamageInput;
  readonly random: () => number;
  /** What was damaged before is left alone, so that every damage can still be seen. */
  readonly isStruck: (id: string) => boolean;
}

/** Damages this thing in the way that is asked for. `undefined`: there is nothing here that it could strike. */
export function strike(context: StrikeContext, thing: Thing): Done | undefined {
  const { input, state } = context;
  if (context.isStruck(idOf(thing)) || !(input.everything || isOurs(state, thing))) return undefined;
  switch (input.kind) {
    case 'lose_record':
      return strikeLoss(context, thing);
    case 'double_record': {
      const twin = double(state, thing);
      return whole(thing, [idOf(thing), idOf(twin)], () => isThere(state, twin));
    }
    case 'move_entry':
      return strikeMembership(context, thing);
    case 'swap_values':
      return strikeSwap(context, thing);
    default:
      return strikeField(context, thing);
  }
}

const whole = (thing: Thing, ids: readonly string[], isStanding: () => boolean): Done => ({
  ...nameOf(thing),
  ids,
  field: null,
  before: null,
  after: null,
  alsoChanged: [],
  isStanding,
});

function isThere(state: AttioState, thing: Thing): boolean {
  if (thing.of === 'note') return state.notes.has(thing.note.id);
  return thing.of === 'task' ? state.tasks.has(thing.task.id) : !thing.rec.isDeleted;
}

function strikeLoss({ state, isStruck }: StrikeContext, thing: Thing): Done | undefined {
  const isRecord = thing.of === 'record' && thing.rec.table.kind === 'object';
  const alsoChanged: DamagedThing[] = isRecord ? dependentsOf(state, thing.rec) : [];
  if (alsoChanged.some(each => isStruck(each.id))) return undefined;
  lose(state, thing);
  return { ...whole(thing, [idOf(thing)], () => !isThere(state, thing)), alsoChanged };
}

function strikeMembership({ state, random }: StrikeContext, thing: Thing): Done | undefined {
  if (thing.of !== 'record' || thing.rec.table.kind !== 'list') return undefined;
  const moved = moveToOtherList(state, thing.rec, random);
  if (moved === undefined) return undefined;
  const done = whole(thing, [thing.rec.id, moved.id], () => !moved.isDeleted);
  return { ...done, before: thing.rec.table.slug, after: moved.table.slug };
}

const isAskedFor = ({ field, exceptFields }: ParsedDamageInput, name: string): boolean =>
  (field === undefined || field === name) && !exceptFields.includes(name);

/** The attributes of a record that may be struck, in a random order. */
function* strikable({ state, input, random }: StrikeContext, rec: Rec): Generator<Attribute> {
  const attributes = rec.table.attributes.filter(
    attribute =>
      attribute.slot >= 0 &&
      !attribute.isArchived &&
      isAskedFor(input, attribute.slug) &&
      (input.everything || isOursIn(state, rec, attribute)) &&
      valuesOf(rec, attribute).length > 0,
  );
  yield* shuffled(attributes, random);
}

function strikeField(context: StrikeContext, thing: Thing): Done | undefined {
  for (const { field, read, make } of changesOf(context, thing)) {
    if (!isAskedFor(context.input, field)) continue;
    const before = read();
    make();
    const after = read();
    const isStanding = () => isThere(context.state, thing) && isSame(read(), after);
    return { ...whole(thing, [idOf(thing)], isStanding), field, before, after };
  }
  return undefined;
}

function* changesOf(context: StrikeContext, thing: Thing): Generator<PlannedChange> {
  const { state, input, random } = context;
  const { kind } = input;
  if (thing.of === 'note') return yield* noteChanges(state, thing.note, kind, random);
  if (thing.of === 'task') return yield* taskChanges(thing.task, kind, random);
  if (!isCellChange(kind)) return;
  const { rec } = thing;
  for (const attribute of strikable(context, rec)) {
    const next = cellChanges[kind](valuesOf(rec, attribute), attribute, { state, rec, random });
    if (next === undefined) continue;
    yield {
      field: attribute.slug,
      read: () => shownValues(state, rec, attribute),
      make: () => putSilently(rec, attribute, next),
    };
  }
  if (kind === 'relink' && rec.parent !== undefined) {
    const to = pick(inOrder(rec.parent.table), random);
    if (to === undefined || to === rec.parent) return;
    yield { field: 'parent_record_id', read: () => rec.parent?.id, make: () => moveEntry(listOf(state, rec), rec, to) };
  }
}

/** How many others are tried as the second one of a swap. */
const PARTNERS_TRIED = 200;

function strikeSwap(context: StrikeContext, thing: Thing): Done | undefined {
  const { state, input, isStruck } = context;
  if (thing.of === 'task') return undefined;
  if (thing.of === 'note') return strikeNoteSwap(context, thing);
  const { rec } = thing;
  for (const attribute of strikable(context, rec)) {
    const keysOf = (of: Rec): string => valuesOf(of, attribute).map(valueTypeOf(attribute.type).key).join('\n');
    const own = keysOf(rec);
    for (let tries = 0; tries < PARTNERS_TRIED; tries++) {
      const other = pick(inOrder(rec.table), context.random);
      if (other === undefined || other === rec || isStruck(other.id)) continue;
      if (!(input.everything || isOursIn(state, other, attribute))) continue;
      if (valuesOf(other, attribute).length === 0 || keysOf(other) === own) continue;
      const [first, second] = [[...valuesOf(rec, attribute)], [...valuesOf(other, attribute)]];
      const before = shownValues(state, rec, attribute);
      putSilently(rec, attribute, second);
      putSilently(other, attribute, first);
      const after = shownValues(state, rec, attribute);
      const isStanding = () => !rec.isDeleted && isSame(shownValues(state, rec, attribute), after);
      return { ...whole(thing, [rec.id, other.id], isStanding), field: attribute.slug, before, after };
    }
  }
  return undefined;
}

function strikeNoteSwap(context: StrikeContext, thing: Extract<Thing, { of: 'note' }>): Done | undefined {
  const { state, input, random, isStruck } = context;
  const { note } = thing;
  const fields = (['content', 'title'] as const).filter(field => isAskedFor(input, field));
  let tried = 0;
  for (const other of shuffled([...state.notes.values()], random)) {
    if (++tried > PARTNERS_TRIED) return undefined;
    const isFit =
      other !== note && !isStruck(other.id) && (input.everything || isOurs(state, { of: 'note', note: other }));
    const field = fields.find(each => other[each] !== note[each]);
    if (!isFit || field === undefined) continue;
    const before = note[field];
    const after = other[field];
    note[field] = after;
    other[field] = before;
    const isStanding = () => state.notes.has(note.id) && note[field] === after;
    return { ...whole(thing, [note.id, other.id], isStanding), field, before, after };
  }
  return undefined;
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
