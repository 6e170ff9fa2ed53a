import { invalidParam } from '../errors.ts';
import {
  type Cells,
  type CellValue,
  type DropdownOption,
  type EntityType,
  type Field,
  PERSON,
  type Person,
  type Place,
  VALUE,
} from '../model.ts';
import type { AffinityCall } from '../route.ts';
import { type AffinityState, fieldsOf } from '../state.ts';
import { companyReference, personReference } from './references.ts';

/** Nested arrays are cut here; v1 and the endpoints for single values show the rest. */
const NESTED_MAX = 100;
/** In v1 a number, here a word. */
const COLORS = ['blue', 'gray', 'green', 'orange', 'purple', 'red', 'white'];

type FieldType = 'enriched' | 'global' | 'list' | 'relationship-intelligence';
/** From this version on, v2 tells statuses from other ranked dropdowns, and hides the fields of restricted opportunities. */
export const STATUS_VERSION = '2026-07-15';

/** A column as v2 shows it, and how to fill it for a row. */
export interface Column<Row> {
  readonly id: string;
  readonly name: string;
  readonly type: FieldType;
  readonly enrichmentSource: string | null;
  readonly valueType: string;
  readonly dataOf: (row: Row) => unknown;
}

/** What showing a row depends on: everything else, and the version of v2. */
export type Shower = Pick<AffinityCall, 'state' | 'version'>;

interface WithCells {
  readonly cells: Cells;
}

/**
 * The columns of a kind of row: those that were seeded and, for persons, the one that holds their companies. Under which
 * id and type that one appears is not documented; here it is `companies`, of type `relationship-intelligence`, and also
 * given to whoever asks for the global ones.
 */
export function columnsOf(
  { state, version }: Shower,
  entityType: EntityType,
  listId: number | null,
): Column<WithCells>[] {
  return fieldsOf(state, entityType, listId).map(field => toColumn(state, field, version));
}

export function personColumns(shower: Shower): Column<Person>[] {
  return [...columnsOf(shower, PERSON, null), companiesColumn(shower.state)];
}

export function companiesColumn(state: AffinityState): Column<Person> {
  return {
    id: 'companies',
    name: 'Organizations',
    type: 'relationship-intelligence',
    enrichmentSource: null,
    valueType: 'company-multi',
    dataOf: person => multi(person.organization_ids.map(id => companyReference(state, id))),
  };
}

/**
 * The columns that a request asks for by `fieldTypes` and `fieldIds`; `undefined` when it asks for none, and then rows
 * have no `fields` at all.
 * @throws AffinityError 400 for a type or id that there is not.
 */
export function selectColumns<Row>(
  query: URLSearchParams,
  columns: readonly Column<Row>[],
  allowed: readonly FieldType[],
): readonly Column<Row>[] | undefined {
  const types = query.getAll('fieldTypes');
  const ids = query.getAll('fieldIds');
  if (types.length === 0 && ids.length === 0) return undefined;
  const unknownType = types.find(type => !(allowed as readonly string[]).includes(type));
  if (unknownType !== undefined) throw invalidParam('fieldTypes', `Param 'fieldTypes' cannot be '${unknownType}'.`);
  const unknownId = ids.find(id => !columns.some(column => column.id === id));
  if (unknownId !== undefined) throw invalidParam('fieldIds', `Param 'fieldIds' names no field: '${unknownId}'.`);
  return columns.filter(
    column =>
      ids.includes(column.id) || types.includes(column.type) || (column.id === 'companies' && types.includes('global')),
  );
}

export const renderFields = <Row>(row: Row, columns: readonly Column<Row>[]): Record<string, unknown>[] =>
  columns.map(column => ({
    id: column.id,
    name: column.name,
    type: column.type,
    enrichmentSource: column.enrichmentSource,
    value: { type: column.valueType, data: column.dataOf(row) },
  }));

export const renderMetadata = <Row>(column: Column<Row>, version: string): Record<string, unknown> => ({
  id: column.id,
  name: column.name,
  type: column.type,
  enrichmentSource: column.enrichmentSource,
  valueType: column.valueType,
  ...(version >= '2026-09-17' ? { description: null, isRequired: false } : {}),
});

function toColumn(state: AffinityState, field: Field, version: string): Column<WithCells> {
  const isEnriched = field.enrichmentSource !== 'none';
  const isSmart = field.v2Type === 'interaction';
  const slug = field.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return {
    id: isEnriched ? `${field.enrichmentSource}-${slug}` : isSmart ? slug : `field-${field.id}`,
    name: field.name,
    type: isEnriched ? 'enriched' : isSmart ? 'relationship-intelligence' : field.listId === null ? 'global' : 'list',
    enrichmentSource: isEnriched ? field.enrichmentSource : null,
    valueType: valueTypeOf(field, version),
    dataOf(row) {
      const values = row.cells[field.ordinal];
      if (values === undefined) return null;
      const shown = values.map(value => showValue(state, field, value, version));
      return hasMultiForm(field) ? multi(shown) : (shown[0] ?? null);
    },
  };
}

/** Long texts, dates and ranked dropdowns hold one value, whatever the field says. */
const hasMultiForm = ({ allowsMultiple, valueType, v2Type }: Field): boolean =>
  allowsMultiple &&
  v2Type === undefined &&
  valueType !== VALUE.text &&
  valueType !== VALUE.date &&
  valueType !== VALUE.rankedDropdown;

/** Empty is null here, never `[]`. */
const multi = (values: readonly unknown[]): readonly unknown[] | null =>
  values.length === 0 ? null : values.slice(0, NESTED_MAX);

const NAMES: Readonly<Record<number, string>> = {
  [VALUE.person]: 'person',
  [VALUE.organization]: 'company',
  [VALUE.dropdown]: 'dropdown',
  [VALUE.number]: 'number',
  [VALUE.date]: 'datetime',
  [VALUE.location]: 'location',
  [VALUE.text]: 'text',
  [VALUE.rankedDropdown]: 'ranked-dropdown',
  [VALUE.filterableText]: 'filterable-text',
};

function valueTypeOf(field: Field, version: string): string {
  if (field.v2Type !== undefined) return field.v2Type;
  if (field.isStatus && version >= STATUS_VERSION) return 'status-dropdown';
  const name = NAMES[field.valueType] ?? 'text';
  return hasMultiForm(field) ? `${name}-multi` : name;
}

function showValue(state: AffinityState, field: Field, value: CellValue, version: string): unknown {
  if (field.v2Type !== undefined) return value;
  switch (field.valueType) {
    case VALUE.person:
      return personReference(state, value as number);
    case VALUE.organization:
      return companyReference(state, value as number);
    case VALUE.dropdown: {
      const { id, text } = value as DropdownOption;
      return { dropdownOptionId: id, text };
    }
    case VALUE.rankedDropdown:
      return rankedOption(value as DropdownOption, field, version);
    case VALUE.location: {
      const { street_address: streetAddress, city, state: region, country, continent } = value as Place;
      return { streetAddress, city, state: region, country, continent };
    }
    default:
      return value;
  }
}

export const rankedOption = (
  { id, text, rank, color, category, win_rate }: DropdownOption,
  field: Field,
  version: string,
): Record<string, unknown> => ({
  dropdownOptionId: id,
  text,
  rank,
  color: COLORS[color] ?? null,
  ...(field.isStatus && version >= STATUS_VERSION
    ? { statusCategory: category ?? 'open', winRate: win_rate ?? null }
    : {}),
});
