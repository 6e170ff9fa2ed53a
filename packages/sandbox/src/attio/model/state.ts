import { randomUUID } from 'node:crypto';
import type { AttioOptions } from '../../control/types.ts';
import { invalid } from '../errors.ts';
import { valueTypeOf } from '../values/index.ts';
import type { ValueContext } from '../values/valueType.ts';
import { createStandardObjects } from './standardObjects.ts';
import type { Member, Rec, Table } from './types.ts';

export interface ListInfo {
  readonly table: Table;
  name: string;
  readonly parent: Table;
  workspaceAccess: string | null;
  memberAccess: readonly unknown[];
  /** The entries of a record, in the order in which they were made. */
  readonly byParent: Map<string, Set<Rec>>;
}

export interface ObjectInfo {
  readonly table: Table;
  singular: string;
  plural: string;
}

export interface Note {
  readonly id: string;
  readonly parent: Rec;
  readonly title: string;
  readonly format: 'plaintext' | 'markdown';
  readonly content: string;
  readonly meetingId: string | null;
  readonly createdAtMs: number;
}

/** Everything that one Attio workspace holds. */
export interface AttioState extends ValueContext {
  readonly workspaceId: string;
  readonly workspaceSlug: string;
  readonly workspaceName: string;
  /** The actor that a caller's writes are attributed to. */
  readonly tokenId: string;
  readonly createdAtMs: number;
  readonly options: AttioOptions;
  readonly objects: Map<string, ObjectInfo>;
  readonly lists: Map<string, ListInfo>;
  readonly members: readonly Member[];
  readonly notes: Map<string, Note>;
  readonly notesByParent: Map<string, Set<Note>>;
}

const NOUNS: Readonly<Record<string, readonly [string, string]>> = {
  people: ['Person', 'People'],
  companies: ['Company', 'Companies'],
  deals: ['Deal', 'Deals'],
};

export function createState(name: string, options: AttioOptions, nowMs: number): AttioState {
  const members = options.members.map(
    ({ email, firstName, lastName }): Member => ({
      id: randomUUID(),
      firstName,
      lastName,
      email: email.toLowerCase(),
      createdAtMs: nowMs,
    }),
  );
  const memberBy = new Map(members.flatMap(member => [[member.id, member] as const, [member.email, member] as const]));
  const objects = new Map<string, ObjectInfo>();
  for (const table of createStandardObjects(options.dealsEnabled, nowMs)) {
    const [singular, plural] = NOUNS[table.slug] ?? [table.slug, table.slug];
    objects.set(table.slug, { table, singular, plural });
  }
  const tableById = (id: string): Table | undefined => {
    for (const { table } of objects.values()) if (table.id === id) return table;
    return undefined;
  };
  return {
    workspaceId: randomUUID(),
    workspaceSlug: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
    workspaceName: name,
    tokenId: randomUUID(),
    createdAtMs: nowMs,
    options,
    objects,
    lists: new Map(),
    members,
    notes: new Map(),
    notesByParent: new Map(),
    tableBySlugOrId: key => objects.get(key)?.table ?? tableById(key),
    tableById,
    memberBy: idOrEmail => memberBy.get(idOrEmail) ?? memberBy.get(idOrEmail.toLowerCase()),
    findUnique(table, attribute, raw) {
      if (attribute.uniqueKeys === undefined) throw invalid(`"${attribute.slug}" of ${table.slug} is not unique.`);
      const type = valueTypeOf(attribute.type);
      return attribute.uniqueKeys.get(type.key(type.parse(Array.isArray(raw) ? raw[0] : raw, attribute, this)));
    },
  };
}
