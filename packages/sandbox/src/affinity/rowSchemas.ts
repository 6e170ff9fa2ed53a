import { z } from 'zod';
import { OPPORTUNITY, ORGANIZATION, PERSON } from './model.ts';

const id = z.number().int().positive();
const ids = z.array(id).default([]);
const values = z.record(z.string(), z.unknown()).optional();
const entityType = z.union([z.literal(PERSON), z.literal(ORGANIZATION), z.literal(OPPORTUNITY)]);
const instant = z.string().refine(text => !Number.isNaN(Date.parse(text)), 'is not a time');
const interactionType = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);
const holder = { person_id: id.nullish(), organization_id: id.nullish(), opportunity_id: id.nullish() };
/** The moment that everything is said to be from which says no moment of its own. */
const LONG_AGO = '2024-01-02T09:00:00.000-08:00';

export const rowSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('person'),
    id,
    first_name: z.string().nullish(),
    last_name: z.string().nullish(),
    primary_email: z.string().nullish(),
    emails: z.array(z.string()).default([]),
    organization_ids: ids,
    current_organization_ids: z.array(id).optional(),
    type: z.union([z.literal(0), z.literal(1)]).default(0),
    is_collaborator: z.boolean().default(false),
    values,
  }),
  z.strictObject({
    kind: z.literal('organization'),
    id,
    name: z.string(),
    domain: z.string().nullish(),
    domains: z.array(z.string()).default([]),
    global: z.boolean().default(false),
    values,
  }),
  z.strictObject({
    kind: z.literal('user'),
    id,
    first_name: z.string(),
    last_name: z.string(),
    email: z.string(),
    emails: z.array(z.string()).optional(),
    status: z.enum(['active', 'deactivated', 'invited']).default('active'),
  }),
  z.strictObject({
    kind: z.literal('field'),
    id,
    name: z.string(),
    entity_type: entityType,
    list_id: id.nullish(),
    value_type: z.number().int(),
    allows_multiple: z.boolean().default(false),
    track_changes: z.boolean().default(false),
    enrichment_source: z.string().default('none'),
    v2_type: z.enum(['formula-number', 'interaction', 'list-multi', 'note', 'reminder']).optional(),
    is_status: z.boolean().default(false),
    dropdown_options: z
      .array(
        z.strictObject({
          id,
          text: z.string(),
          rank: z.number().int().default(0),
          color: z.number().int().default(0),
          category: z.enum(['open', 'won', 'lost', 'on-hold']).optional(),
          win_rate: z.number().optional(),
        }),
      )
      .default([]),
  }),
  z.strictObject({
    kind: z.literal('list'),
    id,
    name: z.string(),
    type: entityType,
    public: z.boolean().default(true),
    owner_id: id.optional(),
    creator_id: id.optional(),
  }),
  z.strictObject({
    kind: z.literal('opportunity'),
    id,
    name: z.string(),
    list_id: id,
    person_ids: ids,
    organization_ids: ids,
    access: z.enum(['full', 'restricted', 'redacted']).default('full'),
  }),
  z.strictObject({
    kind: z.literal('list_entry'),
    id,
    list_id: id,
    entity_id: id,
    creator_id: id.nullish(),
    created_at: instant.default(LONG_AGO),
    invisible: z.boolean().default(false),
    values,
  }),
  z.strictObject({
    kind: z.literal('note'),
    id,
    type: z.union([z.literal(0), z.literal(2), z.literal(3)]).default(2),
    content: z.string().optional(),
    html: z.string().nullable().optional(),
    creator_id: id.optional(),
    person_ids: ids,
    interaction_person_ids: ids,
    mentioned_person_ids: ids,
    organization_ids: ids,
    opportunity_ids: ids,
    parent_id: id.nullish(),
    interaction: z.strictObject({ id, type: interactionType }).optional(),
    sharing: z.enum(['public', 'private', 'custom']).default('public'),
    shared_with: ids,
    created_at: instant.default(LONG_AGO),
    updated_at: instant.nullish(),
  }),
  z.strictObject({
    kind: z.literal('reminder'),
    id,
    type: z.union([z.literal(0), z.literal(1)]).default(0),
    content: z.string(),
    due_date: instant,
    reset_type: z.union([z.literal(0), z.literal(1), z.literal(2)]).nullish(),
    reminder_days: z.number().int().positive().nullish(),
    status: z.union([z.literal(0), z.literal(1), z.literal(2)]).default(1),
    creator_id: id.nullish(),
    owner_id: id.nullish(),
    completer_id: id.nullish(),
    ...holder,
    created_at: instant.default(LONG_AGO),
    completed_at: instant.nullish(),
  }),
  z.strictObject({
    kind: z.literal('file'),
    id,
    name: z.string(),
    size: z.number().int().nonnegative(),
    content_type: z.string().default('application/octet-stream'),
    uploader_id: id.nullish(),
    ...holder,
    created_at: instant.default(LONG_AGO),
  }),
  z.strictObject({
    kind: z.literal('interaction'),
    id,
    type: interactionType,
    date: instant,
    subject: z.string().nullish(),
    person_ids: ids,
    organization_ids: ids,
    opportunity_ids: ids,
  }),
  z.strictObject({
    kind: z.literal('field_value_change'),
    id,
    field_id: id,
    entity_id: id,
    list_entry_id: id.nullish(),
    action_type: z.union([z.literal(0), z.literal(1), z.literal(2)]),
    changer_id: id.nullish(),
    changed_at: instant,
    value: z.unknown(),
  }),
  z.strictObject({
    kind: z.literal('saved_view'),
    id,
    list_id: id,
    name: z.string(),
    type: z.enum(['sheet', 'board', 'dashboard']).default('sheet'),
    field_ids: ids,
    entry_ids: z.array(id).optional(),
  }),
  z.strictObject({
    kind: z.literal('merge'),
    entity: z.enum(['person', 'organization']),
    loser: id,
    winner: id,
  }),
]);

export type SeedRow = z.infer<typeof rowSchema>;
export type RowOf<Kind extends SeedRow['kind']> = Extract<SeedRow, { kind: Kind }>;
