import { randomUUID } from 'node:crypto';
import type { AttioOptions } from '../../control/types.ts';
import { invalid } from '../errors.ts';
import { valueTypeOf } from '../values/index.ts';
import type { ValueContext } from '../values/valueType.ts';
import { createStandardObjects } from './standardObjects.ts';
import type { Actor, Member, Rec, Table } from './types.ts';

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
  parent: Rec;
  title: string;
  format: 'plaintext' | 'markdown';
  content: string;
  readonly meetingId: string | null;
  createdAtMs: number;
  readonly madeBy: Actor;
}

export interface Task {
  readonly id: string;
  /** Fixed by the API from the creation on. */
  content: string;
  deadlineMs: number | null;
  isCompleted: boolean;
  completedAtMs: number | null;
  linked: readonly Rec[];
  assignees: readonly Member[];
  readonly createdAtMs: number;
  readonly madeBy: Actor;
}

export interface Comment {
  readonly id: string;
  readonly threadId: string;
  /** The record or list entry that the thread is about. */
  about: Rec;
  readonly content: string;
  readonly author: Member;
  readonly createdAtMs: number;
}

/** Everything that one Attio workspace holds. */
export interface AttioState extends ValueContext {
  readonly workspaceId: string;
  readonly workspaceSlug: string;
  readonly workspaceName: string;
  readonly tokenId: string;
  /** Whom a caller's writes are attributed to. */
  readonly token: Actor;
  readonly createdAtMs: number;
  readonly options: AttioOptions;
  readonly objects: Map<string, ObjectInfo>;
  readonly lists: Map<string, ListInfo>;
  readonly members: readonly Member[];
  readonly notes: Map<string, Note>;
  readonly notesByParent: Map<string, Set<Note>>;
  /** All notes in the order of their creation, for pages by offset; made anew by the first listing after a change. */
  noteOrder: readonly Note[] | undefined;
  readonly tasks: Map<string, Task>;
  readonly comments: Map<string, Comment>;
  /** Records that Attio will look up in its own data, in the order in which they are due. */
  readonly toEnrich: { readonly rec: Rec; readonly dueMs: number }[];
}

const NOUNS: Readonly<Record<string, readonly [string, string]>> = {
  people: ['Person', 'People'],
  companies: ['Company', 'Companies'],
  deals: ['Deal', 'Deals'],
};

export function createState(name: string, options: AttioOptions, nowMs: number): AttioState {
  const members = options.members.map(
    ({ email, firstName, lastName, accessLevel }, index): Member => ({
      id: randomUUID(),
      accessLevel: accessLevel ?? (index === 0 ? 'admin' : 'member'),
      firstName,
      lastName,
      email: email.toLowerCase(),
      createdAtMs: nowMs,
    }),
  );
  const tokenId = randomUUID();
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
    tokenId,
    token: { type: 'api-token', id: tokenId },
    createdAtMs: nowMs,
    options,
    objects,
    lists: new Map(),
    members,
    notes: new Map(),
    notesByParent: new Map(),
    noteOrder: undefined,
    tasks: new Map(),
    comments: new Map(),
    toEnrich: [],
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
