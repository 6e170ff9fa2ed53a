import { randomUUID } from 'node:crypto';
import { toNanos } from '../time.ts';
import type { Attribute, AttributeType, Rec, Table } from './types.ts';

export interface AttributeDefinition {
  readonly slug: string;
  readonly title: string;
  readonly type: AttributeType;
  readonly description?: string | null;
  readonly isMulti?: boolean;
  readonly isRequired?: boolean;
  readonly isUnique?: boolean;
  readonly isSystem?: boolean;
  readonly isWritable?: boolean;
  /** Attio fills it by itself, so it holds values although nobody may write it. */
  readonly isEnriched?: boolean;
  readonly currency?: Attribute['currency'];
  readonly allowedObjectIds?: readonly string[] | null;
  readonly inverseOf?: Attribute['inverseOf'];
  readonly defaultValue?: unknown;
  readonly options?: readonly string[];
}

/** Adds a column to a table. The slug must be free; nothing is checked here. */
export function addAttribute(table: Table, definition: AttributeDefinition, nowMs: number): Attribute {
  const isWritable = definition.isWritable ?? true;
  const isStored = (isWritable || definition.isEnriched === true) && definition.inverseOf === undefined;
  const attribute: Attribute = {
    id: randomUUID(),
    slug: definition.slug,
    title: definition.title,
    description: definition.description ?? null,
    type: definition.type,
    isMulti: definition.isMulti ?? false,
    isRequired: definition.isRequired ?? false,
    isUnique: definition.isUnique ?? false,
    isSystem: definition.isSystem ?? false,
    isWritable,
    isArchived: false,
    defaultValue: definition.defaultValue ?? null,
    currency: definition.currency ?? { code: null, display: null },
    allowedObjectIds: definition.allowedObjectIds ?? null,
    createdAtMs: nowMs,
    slot: isStored ? table.slots++ : -1,
    inverseOf: definition.inverseOf,
    options: (definition.options ?? []).map(title => newOption(title)),
    uniqueKeys: definition.isUnique === true ? new Map<string, Rec>() : undefined,
    indexes: new Map(),
  };
  table.attributes.push(attribute);
  table.bySlug.set(attribute.slug, attribute);
  return attribute;
}

export const newOption = (title: string): Attribute['options'][number] => ({
  id: randomUUID(),
  title,
  isArchived: false,
  celebrationEnabled: false,
  targetTimeInStatus: null,
});

/** An attribute as the configuration endpoints show it. */
export function renderAttribute(attribute: Attribute, table: Table, workspaceId: string): Record<string, unknown> {
  return {
    id: { workspace_id: workspaceId, object_id: table.id, attribute_id: attribute.id },
    title: attribute.title,
    description: attribute.description,
    api_slug: attribute.slug,
    type: attribute.type,
    is_system_attribute: attribute.isSystem,
    is_writable: attribute.isWritable,
    is_required: attribute.isRequired,
    is_unique: attribute.isUnique,
    is_multiselect: attribute.isMulti,
    is_default_value_enabled: attribute.defaultValue !== null,
    is_archived: attribute.isArchived,
    default_value: attribute.defaultValue,
    relationship:
      attribute.inverseOf === undefined
        ? null
        : {
            id: {
              workspace_id: workspaceId,
              object_id: attribute.inverseOf.table.id,
              attribute_id: attribute.inverseOf.attribute.id,
            },
          },
    created_at: toNanos(attribute.createdAtMs),
    config: {
      currency: { default_currency_code: attribute.currency.code, display_type: attribute.currency.display },
      record_reference: { allowed_object_ids: attribute.allowedObjectIds },
    },
  };
}
