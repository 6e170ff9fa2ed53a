import { AttioError, invalid, slugConflict, valueNotFound } from '../errors.ts';
import { addAttribute } from '../model/attribute.ts';
import { dropEntry, putEntry } from '../model/entries.ts';
import type { AttioState, ListInfo } from '../model/state.ts';
import { commit, createTable, newRecord } from '../model/table.ts';
import type { Rec } from '../model/types.ts';
import { planWrite, readValues, type WriteMode } from '../records/plan.ts';
import { queryRecords } from '../records/query.ts';
import { renderAttributeHistory, renderEntry } from '../records/renderRecord.ts';
import { requireRecord, updateRecord } from '../records/write.ts';
import { toNanos } from '../time.ts';
import { isObject } from '../values/valueType.ts';
import { bodyData, requireSlug, requireString } from './body.ts';
import { requireAttribute } from './records.ts';
import { type AttioCall, type AttioRoute, data, reads, requireList, requireObject, writes } from './route.ts';

const LISTS_READ = ['list_configuration:read'];
const LISTS_WRITE = ['list_configuration:read-write'];
const READ = ['list_entry:read', 'list_configuration:read'];
const WRITE = ['list_entry:read-write', 'list_configuration:read'];
const ALL = '/v2/lists/{list}/entries';
const ONE = '/v2/lists/{list}/entries/{entry}';
const ACCESS = ['full-access', 'read-and-write', 'read-only'];

const listOf = ({ state, params }: AttioCall): ListInfo => requireList(state, params.list ?? '');
const entryOf = (call: AttioCall): Rec => requireRecord(listOf(call).table, call.params.entry ?? '');
const rendered = (call: AttioCall, entry: Rec) => data(renderEntry(call.state, entry));

const update = (mode: WriteMode) => (call: AttioCall) => {
  const entry = entryOf(call);
  const input = bodyData(call.body);
  if ('parent_record_id' in input || 'parent_object' in input) {
    throw new AttioError(400, 'immutable_value', 'The parent of an entry cannot be changed.');
  }
  return rendered(call, updateRecord(call.state, entry, readValues(call.body, 'entry_values'), call.nowMs, { mode }));
};

export const listRoutes: readonly AttioRoute[] = [
  reads('GET', '/v2/lists', LISTS_READ, ({ state }) =>
    data([...state.lists.values()].map(list => renderList(state, list))),
  ),
  reads('GET', '/v2/lists/{list}', LISTS_READ, call => data(renderList(call.state, listOf(call)))),
  writes('POST', '/v2/lists', LISTS_WRITE, call => data(renderList(call.state, createList(call)))),
  writes('PATCH', '/v2/lists/{list}', LISTS_WRITE, call => {
    const list = listOf(call);
    const input = bodyData(call.body);
    const slug = input.api_slug === undefined ? list.table.slug : requireSlug(input.api_slug);
    if (slug !== list.table.slug && call.state.lists.has(slug)) throw slugConflict(`The slug "${slug}" is taken.`);
    const current = { workspace_access: list.workspaceAccess, workspace_member_access: list.memberAccess };
    const { access, memberAccess } = parseAccess(call.state, { ...current, ...input });
    if (input.name !== undefined) list.name = requireString(input.name, 'name');
    list.workspaceAccess = access;
    list.memberAccess = memberAccess;
    call.state.lists.delete(list.table.slug);
    list.table.slug = slug;
    call.state.lists.set(slug, list);
    return data(renderList(call.state, list));
  }),
  reads('POST', `${ALL}/query`, READ, call =>
    data(queryRecords(call.state, listOf(call).table, call.body).map(entry => renderEntry(call.state, entry))),
  ),
  // Adding a record twice is allowed: every call makes an entry of its own.
  writes('POST', ALL, WRITE, call => rendered(call, createEntry(call, listOf(call), parentOf(call)))),
  writes('PUT', ALL, WRITE, call => {
    const list = listOf(call);
    const parent = parentOf(call);
    const entries = [...(list.byParent.get(parent.id) ?? [])];
    if (entries.length > 1) {
      throw new AttioError(400, 'multiple_match_results', `The record is on the list ${entries.length} times.`);
    }
    const [entry] = entries;
    if (entry === undefined) return rendered(call, createEntry(call, list, parent));
    const values = readValues(call.body, 'entry_values');
    return rendered(call, updateRecord(call.state, entry, values, call.nowMs, { mode: 'replace' }));
  }),
  reads('GET', ONE, READ, call => rendered(call, entryOf(call))),
  writes('PATCH', ONE, WRITE, update('add')),
  writes('PUT', ONE, WRITE, update('replace')),
  writes('DELETE', ONE, WRITE, call => {
    dropEntry(listOf(call), entryOf(call));
    return {};
  }),
  reads('GET', `${ONE}/attributes/{attribute}/values`, READ, call => {
    const entry = entryOf(call);
    const attribute = requireAttribute(entry.table, call.params.attribute ?? '');
    return data(renderAttributeHistory(call.state, entry, attribute, call.query.get('show_historic') === 'true'));
  }),
];

function createList({ state, body, nowMs }: AttioCall): ListInfo {
  const input = bodyData(body);
  const slug = requireSlug(input.api_slug);
  const name = requireString(input.name, 'name');
  const { access, memberAccess } = parseAccess(state, input);
  const parent = state.tableBySlugOrId(requireString(input.parent_object, 'parent_object'));
  if (parent === undefined) throw valueNotFound(`Cannot find object with slug/ID "${String(input.parent_object)}".`);
  if (state.lists.has(slug)) throw slugConflict(`A list with slug "${slug}" already exists.`);

  const table = createTable('list', slug, nowMs);
  const system = { isSystem: true, isWritable: false } as const;
  addAttribute(table, { slug: 'entry_id', title: 'Entry ID', type: 'text', ...system }, nowMs);
  addAttribute(table, { slug: 'created_at', title: 'Created at', type: 'timestamp', ...system }, nowMs);
  addAttribute(table, { slug: 'created_by', title: 'Created by', type: 'actor-reference', ...system }, nowMs);
  const list: ListInfo = { table, name, parent, workspaceAccess: access, memberAccess, byParent: new Map() };
  state.lists.set(slug, list);
  return list;
}

/** @throws AttioError `validation_type` or `value_not_found`, and 403 `billing_error` for what the plan does not have. */
function parseAccess(
  state: AttioState,
  input: Readonly<Record<string, unknown>>,
): { access: string | null; memberAccess: readonly unknown[] } {
  const { workspace_access: access, workspace_member_access: memberAccess } = input;
  if (access !== null && (typeof access !== 'string' || !ACCESS.includes(access)))
    throw invalid('"workspace_access" is required.', ['data', 'workspace_access']);
  if (!Array.isArray(memberAccess))
    throw invalid('"workspace_member_access" is required: an array.', ['data', 'workspace_member_access']);
  for (const each of memberAccess as unknown[]) {
    const { workspace_member_id: id, level } = isObject(each) ? each : {};
    if (typeof id !== 'string' || typeof level !== 'string' || !ACCESS.includes(level))
      throw invalid('A member\'s access is {"workspace_member_id","level"}.', ['data', 'workspace_member_access']);
    if (!state.members.some(member => member.id === id)) throw valueNotFound(`Cannot find workspace member "${id}".`);
  }
  const isHeld = access === 'full-access' || memberAccess.some(each => each.level === 'full-access');
  if (!isHeld) throw invalid('Somebody must have full access to the list.', ['data', 'workspace_access']);
  if (!state.options.advancedListPermissions && (access !== 'full-access' || memberAccess.length > 0)) {
    throw new AttioError(403, 'billing_error', 'Advanced list permissions are not part of the plan of this workspace.');
  }
  return { access, memberAccess };
}

/** @throws AttioError `value_not_found` when the record is not there, `validation_type` when the list holds other objects. */
function parentOf(call: AttioCall): Rec {
  const input = bodyData(call.body);
  const table = requireObject(call.state, requireString(input.parent_object, 'parent_object')).table;
  if (table !== listOf(call).parent) throw invalid(`The list does not hold ${table.slug}.`, ['data', 'parent_object']);
  const id = requireString(input.parent_record_id, 'parent_record_id');
  const parent = table.records.get(id);
  if (parent === undefined) throw valueNotFound(`Cannot find record with ID "${id}".`);
  return parent;
}

function createEntry(call: AttioCall, list: ListInfo, parent: Rec): Rec {
  const values = readValues(call.body, 'entry_values');
  const changes = planWrite(call.state, list.table, undefined, values, { mode: 'replace' });
  const entry = newRecord(list.table, call.nowMs, { madeBy: call.state.token, parent });
  putEntry(list, entry);
  for (const { attribute, next } of changes) if (next.length > 0) commit(entry, attribute, next);
  return entry;
}

const renderList = (state: AttioState, list: ListInfo): Record<string, unknown> => ({
  id: { workspace_id: state.workspaceId, list_id: list.table.id },
  api_slug: list.table.slug,
  name: list.name,
  parent_object: [list.parent.slug],
  workspace_access: list.workspaceAccess,
  workspace_member_access: list.memberAccess,
  created_by_actor: { type: 'api-token', id: state.tokenId },
  created_at: toNanos(list.table.createdAtMs),
});
