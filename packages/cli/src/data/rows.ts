import { z } from 'zod';

/**
 * The neutral shape of CRM data: the rows of a folder's seven files, `users.jsonl` to `notes.jsonl`. Only what fills the stand-in is
 * looked at; a row may hold more.
 */
const orNull = <T>(value: T | null | undefined): T | null => value ?? null;
const text = z.string().nullish().transform(orNull);
const texts = z.array(z.string()).default([]);
const number = z.number().nullish().transform(orNull);
const flag = z.boolean().nullish().transform(orNull);

export const organizationRow = z.object({
  id: z.string().min(1),
  name: z.string(),
  former_names: texts,
  domains: texts,
  website: text,
  description: text,
  location: text,
  address: text,
  city: text,
  country: text,
  founded_year: number,
  batch: text,
  team_size: number,
  industry: text,
  subindustry: text,
  tags: texts,
  regions: texts,
  stage: text,
  status: text,
  url: text,
  linkedin_url: text,
  twitter_url: text,
  facebook_url: text,
  github_url: text,
  crunchbase_url: text,
  top_company: flag,
  is_hiring: flag,
  nonprofit: flag,
  owner_id: text,
  created_at: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}/, 'must be an ISO 8601 date')
    .nullish()
    .transform(orNull),
});
export type OrganizationRow = z.output<typeof organizationRow>;

export const personRow = z.object({
  id: z.string().min(1),
  first_name: text,
  last_name: text,
  emails: texts,
  titles: texts,
  organization_ids: texts,
  linkedin_url: text,
  twitter_url: text,
});
export type PersonRow = z.output<typeof personRow>;

export const userRow = z.object({ id: z.string().min(1), name: z.string(), email: z.string() });
export type UserRow = z.output<typeof userRow>;

const instant = z
  .string()
  .refine(value => !Number.isNaN(Date.parse(value)), 'must be an ISO 8601 time')
  .nullish()
  .transform(orNull);

export const opportunityRow = z.object({
  id: z.string().min(1),
  name: z.string(),
  organization_ids: texts,
  person_ids: texts,
  owner_id: text,
});
export type OpportunityRow = z.output<typeof opportunityRow>;

const entityType = z.enum(['organization', 'person', 'opportunity']);

export const listRow = z.object({
  id: z.string().min(1),
  name: z.string(),
  entity_type: entityType,
  fields: z
    .array(z.object({ name: z.string(), type: z.enum(['text', 'number', 'currency', 'date', 'dropdown', 'checkbox']) }))
    .default([]),
});
export type ListRow = z.output<typeof listRow>;
export type ListFieldType = ListRow['fields'][number]['type'];

export const listEntryRow = z.object({
  id: z.string().min(1),
  list_id: z.string(),
  entity_type: entityType,
  entity_id: z.string(),
  created_at: instant,
  /** By the name of the list's field. */
  fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
});
export type ListEntryRow = z.output<typeof listEntryRow>;

export const noteRow = z.object({
  id: z.string().min(1),
  title: text,
  content: z.string(),
  organization_ids: texts,
  person_ids: texts,
  opportunity_ids: texts,
  author_id: text,
  created_at: instant,
});
export type NoteRow = z.output<typeof noteRow>;

/** What a whole CRM has once. */
export interface CrmFrame {
  readonly users: readonly UserRow[];
  readonly lists: readonly ListRow[];
}

/** Records that refer to each other and to the frame, and to nothing else. A large CRM is many parts, one after the other. */
export interface CrmPart {
  readonly organizations: readonly OrganizationRow[];
  readonly persons: readonly PersonRow[];
  /** Each is on exactly one list of opportunities. */
  readonly opportunities: readonly OpportunityRow[];
  readonly listEntries: readonly ListEntryRow[];
  readonly notes: readonly NoteRow[];
}

/** A company's CRM. References between the rows lead somewhere. */
export type CrmData = CrmFrame & CrmPart;
