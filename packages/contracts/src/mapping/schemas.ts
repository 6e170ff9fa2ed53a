import { z } from 'zod';
import { systemName } from '../jobs/config.ts';
import { fieldType, valueType } from './values.ts';

/** The kinds of records that a migration knows, in the order in which they are loaded. */
export const crmObjects = [
  'users',
  'organizations',
  'persons',
  'opportunities',
  'lists',
  'listEntries',
  'notes',
  'tasks',
] as const;
export const crmObject = z.enum(crmObjects);
export type CrmObject = z.infer<typeof crmObject>;

/** Objects that lists hold, and whose fields people define. */
export const listedObject = z.enum(['organizations', 'persons', 'opportunities']);
export type ListedObject = z.infer<typeof listedObject>;

const id = z.string().min(1).max(200);

/** A field of the source. */
export const sourceField = z
  .object({
    /** Unique within its object or list, and the same in every read. */
    id,
    name: z.string(),
    type: fieldType,
    isMultiple: z.boolean(),
    /** What the field means to Freight, whatever people call it, such as `linkedin`; its id where that says so already. */
    role: z.string().optional(),
    /** Filled by the vendor and not by the customer. */
    isEnriched: z.boolean(),
    /** For `option` and `status`: the titles, in the order of their rank. */
    options: z.array(z.string()).optional(),
    /** For `record`: the objects that it may lead to. */
    objects: z.array(crmObject).optional(),
  })
  .meta({ id: 'SourceField' });
export type SourceField = z.infer<typeof sourceField>;

const count = z.number().int().nonnegative().nullable().describe('null where the vendor does not say.');

export const sourceList = z
  .object({
    id,
    name: z.string(),
    object: listedObject,
    isPublic: z.boolean(),
    ownerId: id.nullable(),
    size: count,
    fields: z.array(sourceField),
  })
  .meta({ id: 'SourceList' });
export type SourceList = z.infer<typeof sourceList>;

export const sourceUser = z
  .object({ id, name: z.string(), emails: z.array(z.string()), isActive: z.boolean() })
  .meta({ id: 'SourceUser' });
export type SourceUser = z.infer<typeof sourceUser>;

/** What a source holds, as far as it can be told without reading its records. */
export const sourceSchema = z
  .object({
    system: systemName,
    objects: z.array(z.object({ object: listedObject, count, fields: z.array(sourceField) })),
    lists: z.array(sourceList),
    users: z.array(sourceUser),
  })
  .meta({ id: 'SourceSchema' });
export type SourceSchema = z.infer<typeof sourceSchema>;

/** An attribute of a target's object or list. */
export const targetAttribute = z
  .object({
    slug: id,
    title: z.string(),
    type: fieldType,
    isMultiple: z.boolean(),
    isUnique: z.boolean(),
    isRequired: z.boolean(),
    isWritable: z.boolean(),
    isArchived: z.boolean(),
    options: z.array(z.object({ title: z.string(), isArchived: z.boolean() })).optional(),
    /** For `record`: slugs of the objects that it may lead to; empty: any. */
    objects: z.array(z.string()).optional(),
    /** For `currency`: the code of all its amounts. */
    currency: z.string().optional(),
    /** The role of the source's field that this attribute is made for, such as `domains`. */
    holds: z.string().optional(),
  })
  .meta({ id: 'TargetAttribute' });
export type TargetAttribute = z.infer<typeof targetAttribute>;

export const targetObject = z
  .object({
    slug: id,
    name: z.string(),
    /** The object of ours that it is the home of. */
    object: crmObject.nullable(),
    /** False where the target has it, and an administrator has to switch it on first. */
    isEnabled: z.boolean(),
    attributes: z.array(targetAttribute),
    /** Types of attributes that can be added. */
    creatable: z.array(valueType),
  })
  .meta({ id: 'TargetObject' });
export type TargetObject = z.infer<typeof targetObject>;

export const targetList = z
  .object({ slug: id, name: z.string(), objectSlug: id, attributes: z.array(targetAttribute) })
  .meta({ id: 'TargetList' });
export type TargetList = z.infer<typeof targetList>;

export const targetMember = z
  .object({ id, name: z.string(), email: z.string(), isActive: z.boolean() })
  .meta({ id: 'TargetMember' });
export type TargetMember = z.infer<typeof targetMember>;

/** What a target holds, and what can be added to it. */
export const targetSchema = z
  .object({
    system: systemName,
    objects: z.array(targetObject),
    lists: z.array(targetList),
    members: z.array(targetMember),
    /** Types of attributes that can be added to lists. */
    creatableOnLists: z.array(valueType),
    /** Types of which an attribute may hold several values. */
    multiple: z.array(valueType),
    /** Slugs that no new attribute may take. */
    reservedSlugs: z.array(z.string()),
  })
  .meta({ id: 'TargetSchema' });
export type TargetSchema = z.infer<typeof targetSchema>;
