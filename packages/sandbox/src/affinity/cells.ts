import { SeedError } from '../workspace.ts';
import {
  type Cells,
  type CellValue,
  type DropdownOption,
  type EntityType,
  type Field,
  type Place,
  VALUE,
} from './model.ts';
import type { AffinityState } from './state.ts';

/**
 * The cells of a seeded row. Values are given as `/field-values` would show them, dropdowns by their text; a text that is
 * no option yet becomes one, as typing a new tag does in Affinity.
 * @throws SeedError for a field that this kind of row does not have, or a value that the field cannot hold.
 */
export function readCells(
  state: AffinityState,
  entityType: EntityType,
  listId: number | null,
  values: Readonly<Record<string, unknown>> | undefined,
): Cells {
  const cells: Cells = [];
  for (const [key, raw] of Object.entries(values ?? {})) {
    const field = state.fields.get(Number(key));
    const isOurs =
      field !== undefined &&
      (listId === null ? field.entityType === entityType && field.listId === null : field.listId === listId);
    if (!isOurs) throw new SeedError(`there is no field ${key} for this row`);
    const list = raw === null || raw === undefined ? [] : Array.isArray(raw) ? raw : [raw];
    if (list.length > 1 && !field.allowsMultiple) throw new SeedError(`field ${key} takes a single value`);
    if (list.length > 0) cells[field.ordinal] = list.map(value => readValue(field, value));
  }
  return cells;
}

function readValue(field: Field, raw: unknown): CellValue {
  // What only v2 knows is opaque here: shown as it was given.
  if (field.v2Type !== undefined && typeof raw === 'object' && raw !== null) return raw as Record<string, unknown>;
  switch (field.valueType) {
    case VALUE.person:
    case VALUE.organization:
    case VALUE.number:
      if (typeof raw === 'number') return raw;
      break;
    case VALUE.dropdown:
    case VALUE.rankedDropdown:
      return readOption(field, raw);
    case VALUE.location:
      if (typeof raw === 'object' && raw !== null) return readPlace(raw);
      break;
    default:
      if (typeof raw === 'string') return raw;
  }
  throw new SeedError(`field ${field.id} of value type ${field.valueType} cannot hold ${JSON.stringify(raw)}`);
}

function readOption(field: Field, raw: unknown): DropdownOption {
  const text = typeof raw === 'object' && raw !== null && 'text' in raw ? raw.text : raw;
  if (typeof text === 'number') {
    const known = field.options.find(option => option.id === text);
    if (known !== undefined) return known;
  }
  if (typeof text !== 'string') throw new SeedError(`field ${field.id} has no option ${JSON.stringify(raw)}`);
  const known = field.optionByText.get(text);
  if (known !== undefined) return known;
  const rank = field.options.length;
  const option: DropdownOption = { id: field.id * 10_000 + rank, text, rank, color: rank % 7 };
  field.options.push(option);
  field.optionByText.set(text, option);
  return option;
}

const readPlace = (raw: Partial<Place>): Place => ({
  street_address: raw.street_address ?? null,
  city: raw.city ?? null,
  state: raw.state ?? null,
  country: raw.country ?? null,
  continent: raw.continent ?? null,
});
