import { randomUUID } from 'node:crypto';
import { valueTypeOf } from '../values/index.ts';
import type { Actor, Attribute, Cell, Rec, Scalar, Table, Value } from './types.ts';

/**
 * Records with their look-ups. Unique values are found by one map access, filtered ones too once a filter has asked for
 * them; both are kept exact by `commit` and `remove`, the only functions that change a cell.
 */
export function createTable(kind: Table['kind'], slug: string, nowMs: number): Table {
  return {
    kind,
    id: randomUUID(),
    slug,
    createdAtMs: nowMs,
    attributes: [],
    bySlug: new Map(),
    records: new Map(),
    ordered: [],
    holes: 0,
    lastSeq: 0,
    slots: 0,
  };
}

/** The attribute with this slug or id. */
export function findAttribute(table: Table, slugOrId: string): Attribute | undefined {
  return table.bySlug.get(slugOrId) ?? table.attributes.find(attribute => attribute.id === slugOrId);
}

/** The current values of a stored attribute; references to deleted records are gone with them. */
export function valuesOf(rec: Rec, attribute: Attribute): readonly Value[] {
  if (attribute.slot < 0) return attribute.inverseOf === undefined ? NO_VALUES : referrersOf(rec, attribute.inverseOf);
  const cell = rec.cells[attribute.slot];
  if (cell === undefined) return NO_VALUES;
  const values = attribute.isMulti ? (cell as readonly Value[]) : [cell as Value];
  return attribute.type === 'record-reference' ? values.filter(value => !(value as Rec).isDeleted) : values;
}

const NO_VALUES: readonly Value[] = [];

function referrersOf(rec: Rec, side: NonNullable<Attribute['inverseOf']>): readonly Rec[] {
  return [...lookUp(indexOn(side.table, side.attribute, 'target_record_id'), rec.id)];
}

export function insert(rec: Rec): void {
  rec.table.records.set(rec.id, rec);
  rec.table.ordered.push(rec);
}

/** A new record of this table, in no look-up yet. */
export function newRecord(
  table: Table,
  nowMs: number,
  origin: { readonly madeBy: Actor; readonly isAutoCreated?: boolean; readonly parent?: Rec },
): Rec {
  table.lastSeq += 1;
  return {
    id: randomUUID(),
    table,
    seq: table.lastSeq,
    createdAtMs: nowMs,
    isAutoCreated: origin.isAutoCreated ?? false,
    madeBy: origin.madeBy,
    parent: origin.parent,
    // Sized at once: growing it value by value would leave half of it unused.
    cells: new Array<Cell>(table.slots),
    origins: undefined,
    past: undefined,
    isDeleted: false,
  };
}

/** Puts a cell into a record and all look-ups. Uniqueness was checked by the caller in the same synchronous step. */
export function commit(rec: Rec, attribute: Attribute, next: readonly Value[]): void {
  forget(rec, attribute);
  rec.cells[attribute.slot] = next.length === 0 ? undefined : attribute.isMulti ? next : next[0];
  if (attribute.uniqueKeys !== undefined) {
    const { key } = valueTypeOf(attribute.type);
    for (const value of next) attribute.uniqueKeys.set(key(value), rec);
  }
  for (const [field, index] of attribute.indexes) addToIndex(index, attribute, field, rec, next);
}

export function remove(rec: Rec): void {
  for (const attribute of rec.table.attributes) {
    if (attribute.slot >= 0 && rec.cells[attribute.slot] !== undefined) forget(rec, attribute);
  }
  rec.isDeleted = true;
  rec.table.records.delete(rec.id);
  rec.table.holes += 1;
}

function forget(rec: Rec, attribute: Attribute): void {
  if (attribute.uniqueKeys === undefined && attribute.indexes.size === 0) return;
  const cell = rec.cells[attribute.slot];
  if (cell === undefined) return;
  const values = attribute.isMulti ? (cell as readonly Value[]) : [cell as Value];
  const type = valueTypeOf(attribute.type);
  for (const value of values) {
    const key = type.key(value);
    if (attribute.uniqueKeys?.get(key) === rec) attribute.uniqueKeys.delete(key);
  }
  for (const [field, index] of attribute.indexes) {
    for (const value of values) {
      const scalar = type.fields[field]?.read(value);
      if (scalar !== undefined) dropFromIndex(index, scalar, rec);
    }
  }
}

/** All live records in the order of their creation. */
export function inOrder(table: Table): readonly Rec[] {
  if (table.holes > 0) {
    table.ordered = table.ordered.filter(rec => !rec.isDeleted);
    table.holes = 0;
  }
  return table.ordered;
}

/** The index on one field of an attribute; made by one scan the first time it is asked for. */
export function indexOn(table: Table, attribute: Attribute, field: string): Map<Scalar, Rec | Set<Rec>> {
  let index = attribute.indexes.get(field);
  if (index === undefined) {
    index = new Map();
    for (const rec of inOrder(table)) addToIndex(index, attribute, field, rec, valuesOf(rec, attribute));
    attribute.indexes.set(field, index);
  }
  return index;
}

const NOBODY: readonly Rec[] = [];

export function lookUp(index: ReadonlyMap<Scalar, Rec | Set<Rec>>, scalar: Scalar): Iterable<Rec> {
  const entry = index.get(scalar);
  if (entry === undefined) return NOBODY;
  return entry instanceof Set ? entry : [entry];
}

function addToIndex(
  index: Map<Scalar, Rec | Set<Rec>>,
  attribute: Attribute,
  field: string,
  rec: Rec,
  values: readonly Value[],
): void {
  const read = valueTypeOf(attribute.type).fields[field]?.read;
  if (read === undefined) return;
  for (const value of values) {
    const scalar = read(value);
    if (scalar === undefined) continue;
    const entry = index.get(scalar);
    // Most values belong to one record: a set for each would cost more than the record.
    if (entry === undefined) index.set(scalar, rec);
    else if (entry instanceof Set) entry.add(rec);
    else if (entry !== rec) index.set(scalar, new Set([entry, rec]));
  }
}

function dropFromIndex(index: Map<Scalar, Rec | Set<Rec>>, scalar: Scalar, rec: Rec): void {
  const entry = index.get(scalar);
  if (entry === rec) index.delete(scalar);
  else if (entry instanceof Set) {
    entry.delete(rec);
    if (entry.size === 0) index.delete(scalar);
  }
}
