import { AttioError, invalid, notFound, slugConflict } from '../errors.ts';
import { addAttribute, newOption, renderAttribute } from '../model/attribute.ts';
import { addRecordAttributes } from '../model/standardObjects.ts';
import type { AttioState, ObjectInfo } from '../model/state.ts';
import { createTable } from '../model/table.ts';
import type { Attribute, Option, Table } from '../model/types.ts';
import { requireRoomForAttribute, requireRoomForObject } from '../quotas.ts';
import { toNanos } from '../time.ts';
import { parseNewAttribute, patchAttribute } from './attributeBody.ts';
import { bodyData, requireSlug, requireString } from './body.ts';
import { requireAttribute } from './records.ts';
import { type AttioCall, type AttioRoute, data, pageOf, reads, requireList, requireObject, writes } from './route.ts';

const OBJECTS_READ = ['object_configuration:read'];
const OBJECTS_WRITE = ['object_configuration:read-write'];

const objectRoutes: readonly AttioRoute[] = [
  reads('GET', '/v2/objects', OBJECTS_READ, ({ state }) =>
    data([...state.objects.values()].map(info => renderObject(state, info))),
  ),
  reads('GET', '/v2/objects/{object}', OBJECTS_READ, ({ state, params }) =>
    data(renderObject(state, requireObject(state, params.object ?? ''))),
  ),
  writes('POST', '/v2/objects', OBJECTS_WRITE, ({ state, body, nowMs }) => {
    const input = bodyData(body);
    const slug = requireSlug(input.api_slug);
    const singular = requireString(input.singular_noun, 'singular_noun');
    const plural = requireString(input.plural_noun, 'plural_noun');
    // Switched on by a person in Attio's own settings, never by a caller.
    if (slug === 'deals') throw invalid('The standard object "deals" can only be enabled in the settings.', ['data']);
    if (state.objects.has(slug)) throw slugConflict(`An object with slug "${slug}" already exists.`);
    requireRoomForObject(state);
    const table = createTable('object', slug, nowMs);
    addRecordAttributes(table, nowMs);
    const info: ObjectInfo = { table, singular, plural };
    state.objects.set(slug, info);
    return data(renderObject(state, info));
  }),
  writes('PATCH', '/v2/objects/{object}', OBJECTS_WRITE, ({ state, params, body }) => {
    const info = requireObject(state, params.object ?? '');
    const input = bodyData(body);
    const slug = input.api_slug === undefined ? info.table.slug : requireSlug(input.api_slug);
    if (slug !== info.table.slug && state.objects.has(slug)) throw slugConflict(`The slug "${slug}" is taken.`);
    state.objects.delete(info.table.slug);
    info.table.slug = slug;
    if (input.singular_noun !== undefined) info.singular = requireString(input.singular_noun, 'singular_noun');
    if (input.plural_noun !== undefined) info.plural = requireString(input.plural_noun, 'plural_noun');
    state.objects.set(slug, info);
    return data(renderObject(state, info));
  }),
];

/** The same endpoints for the columns of objects and of lists. */
function attributeRoutes(target: 'objects' | 'lists'): readonly AttioRoute[] {
  const scope = target === 'objects' ? 'object_configuration' : 'list_configuration';
  const read = [`${scope}:read`];
  const write = [`${scope}:read-write`];
  const all = `/v2/${target}/{target}/attributes`;
  const one = `${all}/{attribute}`;
  const tableOf = ({ state, params }: AttioCall): Table =>
    target === 'objects'
      ? requireObject(state, params.target ?? '').table
      : requireList(state, params.target ?? '').table;
  const attributeOf = (call: AttioCall): Attribute => requireAttribute(tableOf(call), call.params.attribute ?? '');
  const shown = (call: AttioCall, attribute: Attribute) =>
    data(renderAttribute(attribute, tableOf(call), call.state.workspaceId));

  return [
    reads('GET', all, read, call => {
      const table = tableOf(call);
      const { limit, offset } = pageOf(call.query, { fallback: Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
      const isArchivedShown = call.query.get('show_archived') === 'true';
      const visible = table.attributes.filter(attribute => isArchivedShown || !attribute.isArchived);
      return data(
        visible.slice(offset, offset + limit).map(each => renderAttribute(each, table, call.state.workspaceId)),
      );
    }),
    writes('POST', all, write, call => {
      const table = tableOf(call);
      const definition = parseNewAttribute(call.state, table, bodyData(call.body));
      requireRoomForAttribute(call.state, table);
      return shown(call, addAttribute(table, definition, call.nowMs));
    }),
    reads('GET', one, read, call => shown(call, attributeOf(call))),
    writes('PATCH', one, write, call => {
      const attribute = attributeOf(call);
      const input = bodyData(call.body);
      if (attribute.isSystem && ('api_slug' in input || 'is_unique' in input || 'is_archived' in input)) {
        throw new AttioError(400, 'system_edit_unauthorized', `"${attribute.slug}" is a system attribute.`);
      }
      patchAttribute(call.state, tableOf(call), attribute, input);
      return shown(call, attribute);
    }),
    ...choiceRoutes('options', one, { read, write, tableOf, attributeOf }),
    ...choiceRoutes('statuses', one, { read, write, tableOf, attributeOf }),
  ];
}

interface ChoiceDoor {
  readonly read: readonly string[];
  readonly write: readonly string[];
  tableOf(call: AttioCall): Table;
  attributeOf(call: AttioCall): Attribute;
}

function choiceRoutes(kind: 'options' | 'statuses', attributePath: string, door: ChoiceDoor): readonly AttioRoute[] {
  const all = `${attributePath}/${kind}`;
  const type = kind === 'options' ? 'select' : 'status';
  const choicesOf = (call: AttioCall): Attribute => {
    const attribute = door.attributeOf(call);
    if (attribute.type !== type) throw invalid(`"${attribute.slug}" is not a ${type} attribute.`);
    return attribute;
  };
  /** The options of Attio's own selects are Attio's; the stages of deals are the workspace's. */
  const ownChoicesOf = (call: AttioCall): Attribute => {
    const attribute = choicesOf(call);
    if (attribute.isSystem && type === 'select') {
      throw new AttioError(400, 'system_edit_unauthorized', `The options of "${attribute.slug}" cannot be edited.`);
    }
    return attribute;
  };
  const shown = (call: AttioCall, option: Option) => renderOption(call, kind, option, door);
  return [
    reads('GET', all, door.read, call => {
      const { limit, offset } = pageOf(call.query, { fallback: Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
      const isArchivedShown = call.query.get('show_archived') === 'true';
      const visible = choicesOf(call).options.filter(option => isArchivedShown || !option.isArchived);
      return data(visible.slice(offset, offset + limit).map(option => shown(call, option)));
    }),
    writes('POST', all, door.write, call => {
      const attribute = ownChoicesOf(call);
      const input = bodyData(call.body);
      const option = newOption(requireString(input.title, 'title'));
      refuseTakenTitle(attribute, option.title, undefined);
      changeStatus(option, input);
      attribute.options.push(option);
      return data(shown(call, option));
    }),
    writes('PATCH', `${all}/{option}`, door.write, call => {
      const attribute = ownChoicesOf(call);
      const key = call.params.option ?? '';
      const option = attribute.options.find(each => each.id === key || each.title === key);
      if (option === undefined) throw notFound(type === 'select' ? 'Option' : 'Status', key);
      const input = bodyData(call.body);
      const title = input.title === undefined ? option.title : requireString(input.title, 'title');
      refuseTakenTitle(attribute, title, option);
      option.title = title;
      if (typeof input.is_archived === 'boolean') option.isArchived = input.is_archived;
      changeStatus(option, input);
      return data(shown(call, option));
    }),
  ];
}

function changeStatus(option: Option, input: Readonly<Record<string, unknown>>): void {
  if (typeof input.celebration_enabled === 'boolean') option.celebrationEnabled = input.celebration_enabled;
  const target = input.target_time_in_status;
  if (typeof target === 'string' || target === null) option.targetTimeInStatus = target;
}

function refuseTakenTitle(attribute: Attribute, title: string, self: Option | undefined): void {
  const holder = attribute.options.find(option => option.title === title);
  if (holder !== undefined && holder !== self) throw slugConflict(`"${title}" already exists on "${attribute.slug}".`);
}

function renderOption(
  call: AttioCall,
  kind: 'options' | 'statuses',
  option: Option,
  door: ChoiceDoor,
): Record<string, unknown> {
  const id = {
    workspace_id: call.state.workspaceId,
    object_id: door.tableOf(call).id,
    attribute_id: door.attributeOf(call).id,
  };
  const shared = { title: option.title, is_archived: option.isArchived };
  if (kind === 'options') return { id: { ...id, option_id: option.id }, ...shared };
  return {
    id: { ...id, status_id: option.id },
    ...shared,
    celebration_enabled: option.celebrationEnabled,
    target_time_in_status: option.targetTimeInStatus,
  };
}

const renderObject = (state: AttioState, info: ObjectInfo): Record<string, unknown> => ({
  id: { workspace_id: state.workspaceId, object_id: info.table.id },
  api_slug: info.table.slug,
  singular_noun: info.singular,
  plural_noun: info.plural,
  created_at: toNanos(info.table.createdAtMs),
});

export const configurationRoutes: readonly AttioRoute[] = [
  ...objectRoutes,
  ...attributeRoutes('objects'),
  ...attributeRoutes('lists'),
];
