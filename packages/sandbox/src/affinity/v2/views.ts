import { AffinityError, notFound } from '../errors.ts';
import type { ListEntry, SavedView } from '../model.ts';
import { type AffinityCall, type AffinityRoute, get, getGated, idOf } from '../route.ts';
import { createSortedTable } from '../sortedTable.ts';
import { entryColumns, requireList, showEntry } from './lists.ts';
import { readPageRequest, v2Page } from './page.ts';

const ALL = '/v2/lists/{id}/saved-views';

/** Saved views: name and type of all, the entries of sheets. A view brings its own columns and honours its own filters. */
export const v2ViewRoutes: readonly AffinityRoute[] = [
  get(ALL, call => {
    const { id } = requireList(call);
    return v2Page(call, readPageRequest(call), call.state.savedViews, {
      show: showView,
      passes: view => view.list_id === id,
    });
  }),
  get(`${ALL}/{view}`, call => showView(requireView(call))),
  getGated('export-lists', `${ALL}/{view}/list-entries`, call => {
    const list = requireList(call);
    const view = requireView(call);
    if (view.type !== 'sheet') throw new AffinityError(403, 'Only the entries of sheet views can be read.');
    const entries = call.state.entriesOfList.get(list.id) ?? createSortedTable<ListEntry>();
    const columns = entryColumns(call, list).filter(column => view.field_ids.some(id => column.id === `field-${id}`));
    return v2Page(call, readPageRequest(call), view.entry_ids === undefined ? entries : entries.only(view.entry_ids), {
      show: entry => showEntry(call, entry, columns),
    });
  }),
];

function requireView(call: AffinityCall): SavedView {
  const view = call.state.savedViews.get(idOf(call, 'view'));
  if (view?.list_id !== requireList(call).id) throw notFound('Saved view', call.params.view ?? '');
  return view;
}

const showView = ({ id, name, type }: SavedView): Record<string, unknown> => ({ id, name, type });
