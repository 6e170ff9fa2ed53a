import { SeedError } from '../workspace.ts';
import { AttioError } from './errors.ts';
import { addAttribute, newOption } from './model/attribute.ts';
import type { AttioState } from './model/state.ts';
import { seedRecord } from './records/write.ts';
import { parseNewAttribute } from './routes/attributeBody.ts';
import { isObject } from './values/valueType.ts';

const OBJECT_OF: Readonly<Record<string, string>> = { company: 'companies', person: 'people', deal: 'deals' };

/**
 * One seeded row: `{kind: 'company' | 'person' | 'deal', values}` or `{kind: 'record', object, values}`, with the values of an
 * API write; `force: true` lets a unique value repeat. `{kind: 'attribute', object, attribute, options?}` adds a column.
 * @throws SeedError in Attio's own words.
 */
export function seedRow(state: AttioState, row: unknown, nowMs: number): void {
  if (!isObject(row)) throw new SeedError('a row must be an object');
  try {
    if (row.kind === 'attribute') return seedAttribute(state, row, nowMs);
    const object = row.kind === 'record' ? row.object : OBJECT_OF[String(row.kind)];
    const table = typeof object === 'string' ? state.objects.get(object)?.table : undefined;
    if (table === undefined) throw new SeedError(`unknown kind "${String(row.kind)}"`);
    if (!isObject(row.values)) throw new SeedError('"values" must be an object');
    seedRecord(state, table, row.values, nowMs, row.force === true);
  } catch (error) {
    if (error instanceof AttioError) throw new SeedError(`${error.code}: ${error.message}`);
    throw error;
  }
}

function seedAttribute(state: AttioState, row: Readonly<Record<string, unknown>>, nowMs: number): void {
  const table = state.objects.get(String(row.object))?.table;
  if (table === undefined) throw new SeedError(`there is no object "${String(row.object)}"`);
  if (!isObject(row.attribute)) throw new SeedError('"attribute" must be an object');
  const attribute = addAttribute(table, parseNewAttribute(state, table, row.attribute), nowMs);
  for (const title of Array.isArray(row.options) ? row.options : []) attribute.options.push(newOption(String(title)));
}
