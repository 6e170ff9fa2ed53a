import { z } from 'zod';
import { uuid } from '../ids.ts';
import { mapping, newAttribute } from './mapping.ts';
import { sourceSchema, targetSchema } from './schemas.ts';

/** What the system behind a connection holds. A system is read from or written to: one of the two is there. */
export const connectionSchema = z
  .object({
    connectionId: uuid,
    readAt: z.iso.datetime().describe('When the system was asked.'),
    source: sourceSchema.nullable(),
    target: targetSchema.nullable(),
  })
  .meta({ id: 'ConnectionSchema' });
export type ConnectionSchema = z.infer<typeof connectionSchema>;

export const proposeMappingBody = z
  .strictObject({
    source: z.strictObject({ connectionId: uuid }),
    target: z.strictObject({ connectionId: uuid }),
  })
  .meta({ id: 'ProposeMapping' });

export const validateMappingBody = z
  .strictObject({ ...proposeMappingBody.shape, mapping })
  .meta({ id: 'ValidateMapping' });

const home = z.object({ kind: z.enum(['object', 'list']), slug: z.string() });

/** What has to be added to a target before a mapping can be carried out. */
export const schemaChange = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('list'),
      slug: z.string(),
      name: z.string(),
      objectSlug: z.string(),
      access: z.enum(['everybody', 'owner']),
      ownerId: z.string().nullable().describe('The member who owns the list.'),
    }),
    z.object({ kind: z.literal('attribute'), home, slug: z.string(), attribute: newAttribute }),
    z.object({ kind: z.literal('option'), home, slug: z.string(), title: z.string() }),
  ])
  .meta({ id: 'SchemaChange' });
export type SchemaChange = z.infer<typeof schemaChange>;
/** Where an attribute stands: on an object or on a list of the target. */
export type AttributeHome = z.infer<typeof home>;

export const mappingProblem = z
  .object({
    pointer: z.string().describe('JSON Pointer into the mapping.'),
    code: z.enum([
      'unknown_field',
      'unknown_object',
      'unknown_list',
      'unknown_attribute',
      'unknown_member',
      'object_disabled',
      'attribute_exists',
      'attribute_clash',
      'not_creatable',
      'not_writable',
      'incompatible_types',
      'mapped_twice',
      'required_unmapped',
      'object_missing',
    ]),
    detail: z.string(),
  })
  .meta({ id: 'MappingProblem' });
export type MappingProblem = z.infer<typeof mappingProblem>;

/** A mapping, judged by what both systems hold. */
export const judgedMapping = z
  .object({
    mapping,
    problems: z.array(mappingProblem).describe('Empty: the mapping can be carried out.'),
    changes: z.array(schemaChange).describe('What it adds to the target.'),
    sourceReadAt: z.iso.datetime(),
    targetReadAt: z.iso.datetime(),
  })
  .meta({ id: 'JudgedMapping' });
