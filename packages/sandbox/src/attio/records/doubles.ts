import type { Doubles } from '../../control/types.ts';
import type { AttioState } from '../model/state.ts';
import { valuesOf } from '../model/table.ts';
import type { Rec, Table } from '../model/types.ts';
import { valueTypeOf } from '../values/index.ts';

/**
 * Groups of records that share a value which should be theirs alone: a unique attribute's, or an `affinity_id`. Reads
 * every record and trusts no index, for it is what proves a migration right.
 */
export function findDoubles(state: AttioState): Doubles {
  const doubles: Record<string, string[][]> = {};
  for (const { table } of state.objects.values()) doubles[table.slug] = doublesIn(table);
  return { ...doubles, companies: doubles.companies ?? [], people: doubles.people ?? [] };
}

function doublesIn(table: Table): string[][] {
  const groups = new Map<string, string[]>();
  for (const attribute of table.attributes) {
    if (attribute.isArchived || (!attribute.isUnique && attribute.slug !== 'affinity_id')) continue;
    const { key } = valueTypeOf(attribute.type);
    const holders = new Map<string, Rec | Rec[]>();
    for (const rec of table.records.values()) {
      for (const id of new Set(valuesOf(rec, attribute).map(key))) {
        const known = holders.get(id);
        if (known === undefined) holders.set(id, rec);
        else if (Array.isArray(known)) known.push(rec);
        else holders.set(id, [known, rec]);
      }
    }
    for (const entry of holders.values()) {
      if (!Array.isArray(entry)) continue;
      const ids = entry.map(rec => rec.id).sort();
      groups.set(ids.join(' '), ids);
    }
  }
  return [...groups.values()];
}
