import type { Counts } from '../control/types.ts';
import type { AttioState } from './model/state.ts';

/** How many there are of everything: every object and list by its slug, companies made by themselves apart. */
export function countState(state: AttioState): Counts {
  const counts: Record<string, number> = {};
  for (const { table } of state.objects.values()) counts[table.slug] = table.records.size;
  let autoCreatedCompanies = 0;
  for (const rec of state.objects.get('companies')?.table.records.values() ?? []) {
    if (rec.isAutoCreated) autoCreatedCompanies += 1;
  }
  let listEntries = 0;
  for (const { table } of state.lists.values()) listEntries += table.records.size;
  return {
    ...counts,
    autoCreatedCompanies,
    lists: state.lists.size,
    listEntries,
    notes: state.notes.size,
    tasks: state.tasks.size,
    comments: state.comments.size,
  };
}
