import { z } from 'zod';

/**
 * The neutral shape of CRM data that the demo moves: rows of `organizations.jsonl`, `persons.jsonl` and `users.jsonl`. Only what the
 * demo uses is looked at; a row may hold more.
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

/** A company's CRM as far as the demo moves it. References between the rows lead somewhere. */
export interface CrmData {
  readonly organizations: readonly OrganizationRow[];
  readonly persons: readonly PersonRow[];
  readonly users: readonly UserRow[];
}
