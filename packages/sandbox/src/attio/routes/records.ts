import { invalid, notFound } from '../errors.ts';
import { findAttribute } from '../model/table.ts';
import type { Attribute, Rec, Table } from '../model/types.ts';
import { readValues, type WriteMode } from '../records/plan.ts';
import { queryRecords } from '../records/query.ts';
import { renderAttributeHistory, renderRecord } from '../records/renderRecord.ts';
import { assertRecord, createRecord, deleteRecord, requireRecord, updateRecord } from '../records/write.ts';
import { toNanos } from '../time.ts';
import { type AttioCall, type AttioRoute, data, pageOf, reads, requireObject, writes } from './route.ts';

const ALL = '/v2/objects/{object}/records';
const ONE = '/v2/objects/{object}/records/{record}';
const READ = ['record_permission:read', 'object_configuration:read'];
const WRITE = ['record_permission:read-write', 'object_configuration:read'];

const tableOf = ({ state, params }: AttioCall): Table => requireObject(state, params.object ?? '').table;
const recordOf = (call: AttioCall): Rec => requireRecord(tableOf(call), call.params.record ?? '');
const rendered = (call: AttioCall, rec: Rec) => data(renderRecord(call.state, rec));

const update = (mode: WriteMode) => (call: AttioCall) =>
  rendered(call, updateRecord(call.state, recordOf(call), readValues(call.body), call.nowMs, { mode }));

export const recordRoutes: readonly AttioRoute[] = [
  reads('POST', `${ALL}/query`, READ, call =>
    data(queryRecords(call.state, tableOf(call), call.body).map(rec => renderRecord(call.state, rec))),
  ),
  writes('POST', ALL, WRITE, call =>
    rendered(call, createRecord(call.state, tableOf(call), readValues(call.body), call.nowMs)),
  ),
  writes('PUT', ALL, WRITE, call => {
    const table = tableOf(call);
    const matching = call.query.get('matching_attribute');
    if (matching === null) throw invalid('The query parameter "matching_attribute" is required.');
    return rendered(call, assertRecord(call.state, table, readValues(call.body), call.nowMs, matching));
  }),
  reads('GET', ONE, READ, call => rendered(call, recordOf(call))),
  writes('PATCH', ONE, WRITE, update('add')),
  writes('PUT', ONE, WRITE, update('replace')),
  writes('DELETE', ONE, WRITE, call => {
    deleteRecord(call.state, recordOf(call));
    return {};
  }),
  reads('GET', `${ONE}/attributes/{attribute}/values`, READ, call => {
    const rec = recordOf(call);
    const attribute = requireAttribute(rec.table, call.params.attribute ?? '');
    return data(renderAttributeHistory(call.state, rec, attribute, call.query.get('show_historic') === 'true'));
  }),
  reads('GET', `${ONE}/entries`, [...READ, 'list_entry:read'], call => {
    const rec = recordOf(call);
    const { limit, offset } = pageOf(call.query, { fallback: 100, max: 1000 });
    const entries = [...call.state.lists.values()].flatMap(list => [...(list.byParent.get(rec.id) ?? [])]);
    return data(
      entries.slice(offset, offset + limit).map(entry => ({
        list_id: entry.table.id,
        list_api_slug: entry.table.slug,
        entry_id: entry.id,
        created_at: toNanos(entry.createdAtMs),
      })),
    );
  }),
];

export function requireAttribute(table: Table, slugOrId: string): Attribute {
  const attribute = findAttribute(table, slugOrId);
  if (attribute === undefined) throw notFound('Attribute', slugOrId);
  return attribute;
}
