import { AffinityError, notFound } from '../errors.ts';
import {
  type EntityFile,
  type EntityType,
  type FieldValueChange,
  type Interaction,
  type InteractionType,
  OPPORTUNITY,
  ORGANIZATION,
  PERSON,
  type Reminder,
} from '../model.ts';
import { type AffinityCall, type AffinityRoute, get } from '../route.ts';
import { type AffinityState, interactionsOfType } from '../state.ts';
import { readPageRequest, v2Page } from './page.ts';
import { companyReference, opportunityReference, personReference, toUtc } from './references.ts';

const LATER = '2026-07-15';
const STATUSES = ['completed', 'active', 'overdue'] as const;
const TRIGGERS = ['interaction', 'email', 'meeting'] as const;
const ACTIONS = ['add', 'delete', 'update'] as const;
const ENTITY_NAMES = { [PERSON]: 'person', [ORGANIZATION]: 'company', [OPPORTUNITY]: 'opportunity' } as const;

const interactionRoute = (name: string, type: InteractionType): AffinityRoute =>
  get(`/v2/${name}`, call =>
    v2Page(call, readPageRequest(call), interactionsOfType(call.state, type), {
      show: row => showInteraction(call.state, row),
    }),
  );

/** What happens around the records, as v2 reads it; reminders and files came with its later versions. */
export const v2ActivityRoutes: readonly AffinityRoute[] = [
  get('/v2/reminders', call => {
    requireLater(call);
    return v2Page(call, readPageRequest(call), call.state.reminders, { show: row => showReminder(call.state, row) });
  }),
  get('/v2/files', call => {
    requireLater(call);
    return v2Page(call, readPageRequest(call), call.state.files, { show: row => showFile(call, row) });
  }),
  interactionRoute('meetings', 0),
  interactionRoute('calls', 1),
  interactionRoute('chat-messages', 2),
  interactionRoute('emails', 3),
  get('/v2/field-value-changes', call =>
    v2Page(call, readPageRequest(call), call.state.fieldValueChanges, { show: row => showChange(call.state, row) }),
  ),
  get('/v2/lists/{id}/list-entries/{entry}/field-value-changes', call => {
    const entry = call.state.listEntries.get(Number(call.params.entry));
    if (entry === undefined || entry.isInvisible || entry.list_id !== Number(call.params.id)) {
      throw notFound('List entry', call.params.entry ?? '');
    }
    return v2Page(call, readPageRequest(call), call.state.fieldValueChanges, {
      show: row => showChange(call.state, row),
      passes: row => row.list_entry_id === entry.id,
    });
  }),
];

function requireLater({ version }: AffinityCall): void {
  if (version < LATER) throw new AffinityError(404, `This endpoint needs version ${LATER} or later.`);
}

const personOrNull = (state: AffinityState, id: number | null): unknown =>
  id === null ? null : personReference(state, id);

const showReminder = (state: AffinityState, row: Reminder): Record<string, unknown> => ({
  id: row.id,
  type: row.type === 1 ? 'recurring' : 'one-time',
  status: STATUSES[row.status],
  dueDate: toUtc(row.due_date),
  content: row.content,
  owner: personOrNull(state, row.owner_id),
  creator: personOrNull(state, row.creator_id),
  completer: personOrNull(state, row.completer_id),
  person: personOrNull(state, row.person_id),
  company: row.organization_id === null ? null : companyReference(state, row.organization_id),
  opportunity: row.opportunity_id === null ? null : opportunityReference(state, row.opportunity_id),
  recurrence:
    row.type === 1
      ? { periodDays: row.reminder_days, resetTrigger: row.reset_type === null ? null : TRIGGERS[row.reset_type] }
      : null,
});

const showFile = ({ state, baseUrl }: AffinityCall, row: EntityFile): Record<string, unknown> => ({
  id: row.id,
  name: row.name,
  size: row.size,
  type: row.content_type,
  creator: personOrNull(state, row.uploader_id),
  createdAt: toUtc(row.created_at),
  updatedAt: null,
  downloadUrl: `${baseUrl}/entity-files/download/${row.id}`,
});

const showInteraction = (state: AffinityState, row: Interaction): Record<string, unknown> => ({
  id: row.id,
  date: toUtc(row.date),
  subject: row.subject,
  participants: row.person_ids.map(id => personReference(state, id)),
});

function showChange(state: AffinityState, row: FieldValueChange): Record<string, unknown> {
  const field = state.fields.get(row.field_id);
  const entry = row.list_entry_id === null ? undefined : state.listEntries.get(row.list_entry_id);
  const isGone = field !== undefined && isDeleted(state, field.entityType, row.entity_id);
  return {
    id: row.id,
    field: {
      id: `field-${row.field_id}`,
      name: field?.name ?? null,
      type: field?.listId === null ? 'global' : 'list',
      entityType: field === undefined ? null : ENTITY_NAMES[field.entityType],
    },
    entity: isGone
      ? { id: row.entity_id, referenceType: 'deleted-entity', displayValue: String(row.entity_id) }
      : { id: row.entity_id },
    listEntry: row.list_entry_id === null ? null : { id: row.list_entry_id, listId: entry?.list_id ?? null },
    actionType: ACTIONS[row.action_type],
    changedAt: toUtc(row.changed_at),
    changer: personOrNull(state, row.changer_id),
    value: row.value,
  };
}

function isDeleted(state: AffinityState, entityType: EntityType, id: number): boolean {
  if (entityType === PERSON) return state.persons.get(id) === undefined;
  if (entityType === ORGANIZATION) return state.organizations.get(id) === undefined;
  return state.opportunities.get(id) === undefined;
}
