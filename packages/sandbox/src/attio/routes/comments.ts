import { randomUUID } from 'node:crypto';
import { invalid, notFound, valueNotFound } from '../errors.ts';
import type { AttioState, Comment } from '../model/state.ts';
import type { Rec } from '../model/types.ts';
import { parseInstant, toNanos } from '../time.ts';
import { isObject } from '../values/valueType.ts';
import { bodyData, requireString } from './body.ts';
import { type AttioCall, type AttioRoute, data, reads, requireList, requireObject, writes } from './route.ts';

const READ = ['comment:read', 'object_configuration:read', 'record_permission:read'];
const WRITE = ['comment:read-write', 'object_configuration:read', 'record_permission:read'];

/** Comments on records and entries: the one place where any member can be the author, and the date can lie in the past. */
export const commentRoutes: readonly AttioRoute[] = [
  writes('POST', '/v2/comments', WRITE, call => {
    const comment = parseComment(call);
    call.state.comments.set(comment.id, comment);
    return data(renderComment(call.state, comment));
  }),
  reads('GET', '/v2/comments/{comment}', READ, ({ state, params }) =>
    data(renderComment(state, requireComment(state, params.comment ?? ''))),
  ),
  writes('DELETE', '/v2/comments/{comment}', ['comment:read-write'], ({ state, params }) => {
    state.comments.delete(requireComment(state, params.comment ?? '').id);
    return {};
  }),
  reads('GET', '/v2/threads', READ, call => {
    const about = aboutQuery(call);
    const threads = new Map<string, Comment[]>();
    for (const comment of call.state.comments.values()) {
      if (comment.about !== about) continue;
      threads.set(comment.threadId, [...(threads.get(comment.threadId) ?? []), comment]);
    }
    return data([...threads].map(([id, comments]) => renderThread(call.state, id, comments)));
  }),
  reads('GET', '/v2/threads/{thread}', READ, ({ state, params }) => {
    const id = params.thread ?? '';
    const comments = [...state.comments.values()].filter(comment => comment.threadId === id);
    if (comments.length === 0) throw notFound('Thread', id);
    return data(renderThread(state, id, comments));
  }),
];

function parseComment({ state, body, nowMs }: AttioCall): Comment {
  const input = bodyData(body);
  if (input.format !== 'plaintext') throw invalid('"format" is plaintext.', ['data', 'format']);
  const content = requireString(input.content, 'content');
  const authorId = isObject(input.author) && input.author.type === 'workspace-member' ? input.author.id : undefined;
  if (typeof authorId !== 'string') throw invalid('"author" is a workspace member.', ['data', 'author']);
  const author = state.members.find(member => member.id === authorId);
  if (author === undefined) throw valueNotFound(`Cannot find workspace member "${authorId}".`);
  const { created_at: createdAt = null } = input;
  const createdAtMs = createdAt === null ? nowMs : typeof createdAt === 'string' ? parseInstant(createdAt) : undefined;
  if (createdAtMs === undefined || createdAtMs > nowMs)
    throw invalid('"created_at" must be an ISO 8601 time that is not in the future.', ['data', 'created_at']);
  return { id: randomUUID(), ...placeOf(state, input), content, author, createdAtMs };
}

/** A thread that there is, or a record or entry on which a new one begins: exactly one of the three. */
function placeOf(state: AttioState, input: Readonly<Record<string, unknown>>): { threadId: string; about: Rec } {
  const { thread_id: thread, record, entry } = input;
  if ([thread, record, entry].filter(each => each !== undefined).length !== 1)
    throw invalid('One of "thread_id", "record" and "entry" is required.', ['data']);
  if (isObject(record)) {
    const { table } = requireObject(state, requireString(record.object, 'object'));
    return { threadId: randomUUID(), about: found(table.records.get(String(record.record_id)), 'Record') };
  }
  if (isObject(entry)) {
    const { table } = requireList(state, requireString(entry.list, 'list'));
    return { threadId: randomUUID(), about: found(table.records.get(String(entry.entry_id)), 'Entry') };
  }
  for (const comment of state.comments.values()) {
    if (comment.threadId === thread) return { threadId: comment.threadId, about: comment.about };
  }
  throw notFound('Thread', String(thread));
}

function aboutQuery({ state, query }: AttioCall): Rec {
  const [object, record, list, entry] = ['object', 'record_id', 'list', 'entry_id'].map(name => query.get(name) ?? '');
  if (object !== '') return found(requireObject(state, object ?? '').table.records.get(record ?? ''), 'Record');
  return found(requireList(state, list ?? '').table.records.get(entry ?? ''), 'Entry');
}

function found(rec: Rec | undefined, what: string): Rec {
  if (rec === undefined) throw notFound(what, 'named');
  return rec;
}

function requireComment(state: AttioState, id: string): Comment {
  const comment = state.comments.get(id);
  if (comment === undefined) throw notFound('Comment', id);
  return comment;
}

const renderThread = (state: AttioState, id: string, comments: readonly Comment[]): Record<string, unknown> => ({
  id: { workspace_id: state.workspaceId, thread_id: id },
  comments: comments.map(comment => renderComment(state, comment)),
  created_at: toNanos(Math.min(...comments.map(comment => comment.createdAtMs))),
});

const renderComment = (state: AttioState, comment: Comment): Record<string, unknown> => ({
  id: { workspace_id: state.workspaceId, comment_id: comment.id },
  thread_id: comment.threadId,
  content_plaintext: comment.content,
  ...(comment.about.table.kind === 'list'
    ? { entry: { list_id: comment.about.table.id, entry_id: comment.about.id }, record: null }
    : { record: { object_id: comment.about.table.id, record_id: comment.about.id }, entry: null }),
  author: { type: 'workspace-member', id: comment.author.id },
  resolved_at: null,
  resolved_by: null,
  created_at: toNanos(comment.createdAtMs),
});
