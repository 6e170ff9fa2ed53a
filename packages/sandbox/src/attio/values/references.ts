import { invalid, valueNotFound } from '../errors.ts';
import type { Attribute, Member, Rec } from '../model/types.ts';
import { EQUAL_ONLY, isObject, REFERENCE_OPERATORS, type ValueContext, type ValueType } from './valueType.ts';

/**
 * A record by id (`target_record_id`), by a unique value (`{target_object, domains: [{domain}]}`), or by the short form:
 * a bare domain for companies, a bare address for people. The target must exist.
 */
export const recordReference: ValueType<Rec> = {
  type: 'record-reference',
  mayBeMulti: true,
  parse(raw, attribute, context) {
    if (typeof raw === 'string') return byShorthand(raw, attribute, context);
    const path = ['data', 'values', attribute.slug];
    if (!isObject(raw) || typeof raw.target_object !== 'string') {
      throw invalid(`"${attribute.slug}" takes target_object and target_record_id.`, path);
    }
    const table = context.tableBySlugOrId(raw.target_object);
    if (table === undefined) throw valueNotFound(`Cannot find object with slug/ID "${raw.target_object}".`);
    if (attribute.allowedObjectIds !== null && !attribute.allowedObjectIds.includes(table.id)) {
      throw invalid(`"${attribute.slug}" does not refer to ${table.slug}.`, path);
    }
    if (typeof raw.target_record_id === 'string') {
      return found(table.records.get(raw.target_record_id), raw.target_record_id);
    }
    const key = Object.keys(raw).find(name => name !== 'target_object' && name !== 'target_record_id');
    const matching = key === undefined ? undefined : table.bySlug.get(key);
    if (key === undefined || matching === undefined) throw invalid(`"${attribute.slug}" names no target record.`, path);
    return found(context.findUnique(table, matching, raw[key]), JSON.stringify(raw[key]));
  },
  render: target => ({ target_object: target.table.slug, target_record_id: target.id }),
  key: target => target.id,
  fields: {
    target_object: { operators: EQUAL_ONLY, read: target => target.table.slug },
    target_record_id: { operators: REFERENCE_OPERATORS, read: target => target.id },
  },
  defaultField: 'target_record_id',
};

function byShorthand(raw: string, attribute: Attribute, context: ValueContext): Rec {
  for (const slug of ['companies', 'people'] as const) {
    const table = context.tableBySlugOrId(slug);
    if (table === undefined || attribute.allowedObjectIds?.includes(table.id) === false) continue;
    const matching = table.bySlug.get(slug === 'companies' ? 'domains' : 'email_addresses');
    if (matching === undefined || (slug === 'people') !== raw.includes('@')) continue;
    return found(context.findUnique(table, matching, raw), raw);
  }
  throw invalid(`"${attribute.slug}" cannot be named by the string "${raw}".`, ['data', 'values', attribute.slug]);
}

function found(target: Rec | undefined, id: string): Rec {
  if (target === undefined) throw valueNotFound(`Cannot find record with ID "${id}".`);
  return target;
}

/** Only workspace members, by id or by address. */
export const actorReference: ValueType<Member> = {
  type: 'actor-reference',
  mayBeMulti: true,
  parse(raw, attribute, context) {
    const key = isObject(raw) ? (raw.workspace_member_email_address ?? raw.referenced_actor_id) : raw;
    if (typeof key !== 'string') {
      throw invalid(`"${attribute.slug}" takes a workspace member.`, ['data', 'values', attribute.slug]);
    }
    const member = context.memberBy(key);
    if (member === undefined) throw valueNotFound(`Cannot find workspace member "${key}".`);
    return member;
  },
  render: member => ({ referenced_actor_type: 'workspace-member', referenced_actor_id: member.id }),
  key: member => member.id,
  fields: {
    referenced_actor_type: { operators: EQUAL_ONLY, read: () => 'workspace-member' },
    referenced_actor_id: { operators: EQUAL_ONLY, read: member => member.id },
  },
  defaultField: 'referenced_actor_id',
};
