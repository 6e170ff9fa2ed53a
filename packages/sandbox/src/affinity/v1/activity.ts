import { AffinityError, notFound } from '../errors.ts';
import type { FieldValueChange, Holder, Interaction, InteractionType } from '../model.ts';
import { type AffinityCall, type AffinityRoute, get, idOf, Redirect } from '../route.ts';
import { interactionsOfType } from '../state.ts';
import { v1Page } from './page.ts';
import * as show from './shapes.ts';

const INTERACTIONS_PAGE_MAX = 100;
const YEAR_MS = 366 * 24 * 3_600_000;
/** The key of a page of interactions, by type. */
const INTERACTION_KEYS = ['events', 'phone_calls', 'chat_messages', 'emails'] as const;

/** What happens around the records: reminders, files, interactions and the history of fields. */
export const v1ActivityRoutes: readonly AffinityRoute[] = [
  get('/reminders', listReminders),
  get('/reminders/{id}', call => {
    const row = call.state.reminders.get(idOf(call));
    if (row === undefined) throw notFound('Reminder', call.params.id ?? '');
    return show.reminder(call.state, row);
  }),
  get('/entity-files', call => {
    const passes = holderFilter(call.query);
    return v1Page(call, call.state.files, { name: 'entity_files', show: show.file, passes });
  }),
  get('/entity-files/download/{id}', call => {
    const row = call.state.files.get(idOf(call));
    if (row === undefined) throw notFound('File', call.params.id ?? '');
    // Reserved for examples: the address is true to form, and nothing answers there.
    return new Redirect(`https://files.affinity.example/${row.id}?expires=${Math.floor(call.nowMs / 1000) + 60}`);
  }),
  get('/interactions', listInteractions),
  get('/field-value-changes', listChanges),
];

/** The numbers of a query, by name. */
const numberIn = (query: URLSearchParams, name: string): number | undefined =>
  query.has(name) ? Number(query.get(name)) : undefined;

function holderFilter(query: URLSearchParams): (row: Holder) => boolean {
  const names = ['person_id', 'organization_id', 'opportunity_id'] as const;
  const wanted = names.flatMap(name => (query.has(name) ? [[name, Number(query.get(name))] as const] : []));
  return row => wanted.every(([name, id]) => row[name] === id);
}

function listReminders(call: AffinityCall): unknown {
  const { query, state } = call;
  const isHeld = holderFilter(query);
  const names = ['creator_id', 'owner_id', 'completer_id', 'type', 'reset_type', 'status'] as const;
  const wanted = names.flatMap(name => (query.has(name) ? [[name, Number(query.get(name))] as const] : []));
  const [before, after] = [query.get('due_before'), query.get('due_after')].map(text =>
    text === null ? undefined : Date.parse(text),
  );
  return v1Page(call, state.reminders, {
    name: 'reminders',
    show: row => show.reminder(state, row),
    passes: row =>
      isHeld(row) &&
      wanted.every(([name, value]) => row[name] === value) &&
      (before === undefined || Date.parse(row.due_date) < before) &&
      (after === undefined || Date.parse(row.due_date) > after),
  });
}

/** One type at a time, about one entity, at most a year. */
function listInteractions(call: AffinityCall): unknown {
  const { query, state } = call;
  const type = numberIn(query, 'type');
  if (type === undefined || INTERACTION_KEYS[type] === undefined) throw new AffinityError(422, 'type must be 0 to 3.');
  const abouts = (['person_id', 'organization_id', 'opportunity_id'] as const).filter(name => query.has(name));
  const [about] = abouts;
  if (about === undefined || abouts.length > 1) {
    throw new AffinityError(422, 'Exactly one of person_id, organization_id and opportunity_id is needed.');
  }
  const [start, end] = ['start_time', 'end_time'].map(name => Date.parse(query.get(name) ?? ''));
  if (!(start !== undefined && end !== undefined && start <= end && end - start <= YEAR_MS)) {
    throw new AffinityError(422, 'start_time and end_time are needed, at most one year apart.');
  }
  const id = Number(query.get(about));
  if (about === 'person_id' && state.persons.get(id)?.type === 1) {
    throw new AffinityError(422, 'person_id must be an external person.');
  }
  const idsOf = (row: Interaction): readonly number[] =>
    about === 'person_id' ? row.person_ids : about === 'organization_id' ? row.organization_ids : row.opportunity_ids;
  return v1Page(call, interactionsOfType(state, type as InteractionType), {
    name: INTERACTION_KEYS[type],
    show: row => show.interaction(state, row),
    passes: row => idsOf(row).includes(id) && Date.parse(row.date) >= start && Date.parse(row.date) <= end,
    max: INTERACTIONS_PAGE_MAX,
  });
}

/** A bare array; `limit` and `after_id` page through it. */
function listChanges(call: AffinityCall): unknown {
  const { query, state } = call;
  const fieldId = numberIn(query, 'field_id');
  if (fieldId === undefined) throw new AffinityError(422, 'field_id is needed.');
  const names = ['person_id', 'organization_id', 'opportunity_id', 'list_entry_id'].filter(name => query.has(name));
  const [name] = names;
  if (names.length > 1) throw new AffinityError(422, 'At most one entity may be named.');
  const id = name === undefined ? undefined : Number(query.get(name));
  const action = numberIn(query, 'action_type');
  const since = query.has('changed_after') ? Date.parse(query.get('changed_after') ?? '') : Number.NEGATIVE_INFINITY;
  const isWanted = (row: FieldValueChange): boolean =>
    row.field_id === fieldId &&
    (id === undefined || (name === 'list_entry_id' ? row.list_entry_id : row.entity_id) === id) &&
    (action === undefined || row.action_type === action) &&
    Date.parse(row.changed_at) > since;
  const limit = numberIn(query, 'limit') ?? Number.POSITIVE_INFINITY;
  const { rows } = state.fieldValueChanges.after(numberIn(query, 'after_id') ?? 0, limit, isWanted);
  return rows.map(row => show.fieldValueChange(state, row));
}
