import { z } from 'zod';

/**
 * The neutral shape between a source and a target: what extraction stages (sealed) and loading maps. Unknown keys are dropped when read
 * back, so that a record staged by a former version stays readable.
 */
const common = {
  /** The source's own id, as text. */
  id: z.string().min(1).max(200),
  /**
   * The values of the fields that people defined, by the field's id. What a value of each type is, `packages/contracts/src/mapping/values.ts` says. A
   * field without a value is left out.
   */
  fields: z.record(z.string(), z.array(z.unknown())).default(() => ({})),
};

export const organizationRecord = z.object({
  ...common,
  /** Never empty: falls back to the first domain, then to `Organization <id>`. */
  name: z.string(),
  /** Names it had before, in the source's words. */
  formerNames: z.array(z.string()),
  /** Bare hosts, lower case, main one first, without doubles; what is no host is in `invalidDomains`. */
  domains: z.array(z.string()),
  invalidDomains: z.array(z.string()),
});
export type OrganizationRecord = z.infer<typeof organizationRecord>;

export const personRecord = z.object({
  ...common,
  firstName: z.string(),
  lastName: z.string(),
  /** Never empty: falls back to the address before the @, then to `Person <id>`. */
  fullName: z.string(),
  /** Lower case, primary first, without doubles; what is no address is in `invalidEmails`. */
  emails: z.array(z.string()),
  invalidEmails: z.array(z.string()),
  /** Source ids of all organizations, the primary one first. */
  organizationIds: z.array(z.string()),
});
export type PersonRecord = z.infer<typeof personRecord>;

export const opportunityRecord = z.object({
  ...common,
  /** Never empty: falls back to `Opportunity <id>`. */
  name: z.string(),
  /** The one list that it is on. */
  listId: z.string(),
  /** Source ids of its organizations, in the source's order. */
  organizationIds: z.array(z.string()),
  /** Source ids of its persons, without colleagues. */
  personIds: z.array(z.string()),
  /** Source ids of the users who own it, in the source's order. */
  ownerIds: z.array(z.string()),
  /** Whether the key's user may not look into it: its name or its fields are hidden. */
  isRedacted: z.boolean(),
});
export type OpportunityRecord = z.infer<typeof opportunityRecord>;

export interface RecordOf {
  readonly organizations: OrganizationRecord;
  readonly persons: PersonRecord;
  readonly opportunities: OpportunityRecord;
}

/** The schema of each object's record. */
export const recordSchemas = {
  organizations: organizationRecord,
  persons: personRecord,
  opportunities: opportunityRecord,
} as const;
