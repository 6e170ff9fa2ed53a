import type { AffinityCell } from '@freight/sandbox';
import { pacificMidnight, valueTypes } from './affinityFields.ts';
import type { ListFieldType, ListRow } from './rows.ts';

/** The fields of one list at the stand-in, and its entries' cells. */
export interface ListColumns {
  readonly columns: readonly { readonly id: number; readonly name: string; readonly valueType: number }[];
  /** Only lists of opportunities have the field Owners, as in Affinity. */
  readonly ownersId: number | undefined;
  valuesOf(fields: Readonly<Record<string, string | number | boolean | null>>): Record<string, AffinityCell>;
}

/** How a neutral kind of field is kept at Affinity, which has neither currencies nor checkboxes. */
const plainType: Readonly<Record<ListFieldType, number>> = {
  text: valueTypes.text,
  number: valueTypes.number,
  currency: valueTypes.number,
  date: valueTypes.date,
  dropdown: valueTypes.dropdown,
  checkbox: valueTypes.dropdown,
};

/** The stage of an opportunity has an order; the options are ranked as they first appear. */
const valueTypeOf = (list: ListRow, name: string, type: ListFieldType): number =>
  list.entity_type === 'opportunity' && name === 'Stage' ? valueTypes.rankedDropdown : plainType[type];

/** @param firstId of the list's fields; its fields are numbered from there. */
export const createListColumns = (list: ListRow, firstId: number): ListColumns => {
  const own = list.fields.map((field, index) => ({
    id: firstId + index,
    name: field.name,
    valueType: valueTypeOf(list, field.name, field.type),
  }));
  const ownersId = list.entity_type === 'opportunity' ? firstId + own.length : undefined;
  const byName = new Map(own.map((column, index) => [column.name, { column, type: list.fields[index]?.type }]));
  return {
    columns: ownersId === undefined ? own : [...own, { id: ownersId, name: 'Owners', valueType: valueTypes.person }],
    ownersId,
    valuesOf: fields =>
      Object.fromEntries(
        Object.entries(fields).flatMap(([name, value]): [string, AffinityCell][] => {
          const known = byName.get(name);
          if (known === undefined || value === null) return [];
          return [[String(known.column.id), cellOf(known.type ?? 'text', value)]];
        }),
      ),
  };
};

const cellOf = (type: ListFieldType, value: string | number | boolean): AffinityCell => {
  if (type === 'checkbox') return value === true ? 'Yes' : 'No';
  if (type === 'date') return pacificMidnight(String(value));
  return typeof value === 'boolean' ? String(value) : value;
};
