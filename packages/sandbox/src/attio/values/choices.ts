import { valueNotFound } from '../errors.ts';
import type { Attribute, Option } from '../model/types.ts';
import { EQUAL_ONLY, type QueryField, unwrap, type ValueType } from './valueType.ts';

/** An option by its id, or by its title letter for letter. */
function findOption(attribute: Attribute, titleOrId: unknown): Option | undefined {
  if (typeof titleOrId !== 'string') return undefined;
  return attribute.options.find(option => option.title === titleOrId || option.id === titleOrId);
}

const byOption: QueryField<Option> = {
  operators: EQUAL_ONLY,
  read: option => option.id,
  operand: (raw, attribute) => findOption(attribute, raw)?.id,
};

function parseOption(raw: unknown, attribute: Attribute, key: 'option' | 'status'): Option {
  const option = findOption(attribute, unwrap(raw, key));
  // Writing a value never makes an option.
  if (option === undefined || option.isArchived) {
    throw valueNotFound(
      `Cannot find ${key} "${String(unwrap(raw, key))}" for attribute with slug "${attribute.slug}".`,
    );
  }
  return option;
}

export const select: ValueType<Option> = {
  type: 'select',
  mayBeMulti: true,
  parse: (raw, attribute) => parseOption(raw, attribute, 'option'),
  render: (option, attribute, table, { workspaceId }) => ({
    option: {
      id: { workspace_id: workspaceId, object_id: table.id, attribute_id: attribute.id, option_id: option.id },
      title: option.title,
      is_archived: option.isArchived,
    },
  }),
  key: option => option.id,
  fields: { option: byOption },
  defaultField: 'option',
};

export const status: ValueType<Option> = {
  type: 'status',
  mayBeMulti: false,
  parse: (raw, attribute) => parseOption(raw, attribute, 'status'),
  render: (option, attribute, table, { workspaceId }) => ({
    status: {
      id: { workspace_id: workspaceId, object_id: table.id, attribute_id: attribute.id, status_id: option.id },
      title: option.title,
      is_archived: option.isArchived,
      target_time_in_status: option.targetTimeInStatus,
      celebration_enabled: option.celebrationEnabled,
    },
  }),
  key: option => option.id,
  fields: { status: byOption },
  defaultField: 'status',
};
