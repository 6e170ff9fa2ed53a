import { z } from 'zod';
import { existingPolicy, samePolicy } from '../jobs/config.ts';
import { listedObject } from './schemas.ts';
import { valueType } from './values.ts';

const id = z.string().min(1).max(200);

/** The longest slug that we give. */
export const slugMax = 50;
/** An attribute that the migration adds to the target. */
export const newAttribute = z
  .strictObject({
    title: z.string().trim().min(1).max(200),
    type: valueType,
    isMultiple: z.boolean().default(false),
    objects: z.array(id).optional().describe('For `record`: slugs of the objects that it may lead to.'),
    currency: z.string().length(3).optional().describe('For `currency`: the ISO 4217 code of all its amounts.'),
  })
  .meta({ id: 'NewAttribute' });
export type NewAttribute = z.infer<typeof newAttribute>;

/** Why a field stays behind. */
export const skipReason = z.enum(['by_choice', 'enriched', 'unsupported_type', 'not_writable']);
export type SkipReason = z.infer<typeof skipReason>;

const movedField = z.strictObject({
  from: id.describe('The id of the source field.'),
  to: id.describe("The attribute's slug."),
  create: newAttribute.optional().describe('The attribute, where the target lacks it.'),
  values: z
    .record(z.string(), z.string().nullable())
    .optional()
    .describe('For options: the title at the target for a title at the source; null leaves the value out.'),
});
const skippedField = z.strictObject({ from: id, skip: skipReason });

/** What happens to a field of the source: it moves to an attribute, or stays behind for a reason. */
export const fieldMapping = z.union([movedField, skippedField]).meta({ id: 'FieldMapping' });
export type FieldMapping = z.infer<typeof fieldMapping>;
export type MovedField = z.infer<typeof movedField>;

export const objectMapping = z
  .strictObject({
    to: id.describe("The target object's slug."),
    same: samePolicy.default('key_and_name'),
    existing: existingPolicy.default('match_and_fill_empty'),
    fields: z.array(fieldMapping),
  })
  .meta({ id: 'ObjectMapping' });
export type ObjectMapping = z.infer<typeof objectMapping>;

/** A list of the source becomes a list of the target. */
const movedList = z.strictObject({
  to: id.describe("The target list's slug."),
  create: z
    .strictObject({
      name: z.string().trim().min(1).max(200),
      access: z.enum(['everybody', 'owner']).describe('Who may see the new list.'),
    })
    .optional()
    .describe('The list, where the target lacks it.'),
  fields: z.array(fieldMapping),
});
const skippedList = z.strictObject({ skip: z.literal('by_choice') });
/**
 * What happens to a list. The fields of a list of opportunities belong to the opportunity itself and stand in its object's mapping: such a list may
 * be left out, and its opportunities move all the same.
 */
export const listMapping = z.union([movedList, skippedList]).meta({ id: 'ListMapping' });
export type ListMapping = z.infer<typeof listMapping>;

export const notesMapping = z
  .strictObject({
    parents: z
      .array(listedObject)
      .min(1)
      .default(['opportunities', 'organizations', 'persons'])
      .describe('A note has one parent at the target: the first of these that it is attached to.'),
    private: z.enum(['skip', 'move']).default('skip').describe('Notes that only some colleagues could see.'),
    ownDomains: z
      .array(z.string())
      .default([])
      .describe('Domains of the own firm: a note is never attached to its organization.'),
  })
  .meta({ id: 'NotesMapping' });
export type NotesMapping = z.infer<typeof notesMapping>;

/** The agreement how the source's records become the target's. */
export const mapping = z
  .strictObject({
    users: z.strictObject({
      members: z.record(z.string(), z.string()).describe('The member at the target for a user of the source, by id.'),
      fallback: z.string().nullable().describe('The member who takes what a user without a member owned.'),
    }),
    objects: z.partialRecord(listedObject, objectMapping),
    lists: z.record(z.string(), listMapping).describe('By the id of the source list.'),
    notes: notesMapping.optional().describe('Left out: no note moves.'),
    tasks: z.strictObject({}).optional().describe('Left out: no reminder moves.'),
    defaultCountry: z
      .string()
      .length(2)
      .nullable()
      .default(null)
      .describe('ISO 3166-1 alpha-2: the country of phone numbers that name none.'),
  })
  .meta({ id: 'Mapping' });
export type Mapping = z.infer<typeof mapping>;
