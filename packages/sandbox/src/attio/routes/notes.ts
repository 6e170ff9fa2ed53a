import { randomUUID } from 'node:crypto';
import { AttioError, invalid, notFound } from '../errors.ts';
import { dropNote, notesInOrder, putNote } from '../model/notes.ts';
import type { AttioState, Note } from '../model/state.ts';
import { parseInstant, toNanos } from '../time.ts';
import { bodyData, requireString } from './body.ts';
import { type AttioCall, type AttioRoute, data, pageOf, reads, readsNotes, requireObject, writes } from './route.ts';

const READ = ['note:read', 'object_configuration:read', 'record_permission:read'];
const WRITE = ['note:read-write', 'object_configuration:read', 'record_permission:read'];
/** Notes have one parent, no uniqueness and no key of the caller's: a repeated POST is a second note. */
export const noteRoutes: readonly AttioRoute[] = [
  readsNotes('/v2/notes', READ, ({ state, query }) => {
    const { limit, offset } = pageOf(query, { fallback: 10, max: 50 });
    const parentId = query.get('parent_record_id');
    const slug = query.get('parent_object');
    const table = slug === null ? undefined : requireObject(state, slug).table;
    const ofParent = parentId === null ? notesInOrder(state) : [...(state.notesByParent.get(parentId) ?? [])];
    const notes = table === undefined ? ofParent : ofParent.filter(note => note.parent.table === table);
    return data(notes.slice(offset, offset + limit).map(note => renderNote(state, note)));
  }),
  reads('GET', '/v2/notes/{note}', READ, ({ state, params }) => data(renderNote(state, requireNote(state, params)))),
  writes('POST', '/v2/notes', WRITE, call => {
    const note = parseNote(call);
    putNote(call.state, note);
    return data(renderNote(call.state, note));
  }),
  writes('PATCH', '/v2/notes/{note}', WRITE, call => data(renderNote(call.state, changeNote(call)))),
  writes('DELETE', '/v2/notes/{note}', ['note:read-write'], ({ state, params }) => {
    const note = requireNote(state, params);
    dropNote(state, note);
    return {};
  }),
];

function parseNote({ state, body, nowMs }: AttioCall): Note {
  const input = bodyData(body);
  const { table } = requireObject(state, requireString(input.parent_object, 'parent_object'));
  const parentId = requireString(input.parent_record_id, 'parent_record_id');
  const parent = table.records.get(parentId);
  if (parent === undefined) throw notFound('Record', parentId);
  const { title, format, content } = input;
  // Whether an empty title is allowed is not known; the stricter answer finds the caller that relies on it.
  if (typeof title !== 'string' || title === '') throw invalid('"title" is required.', ['data', 'title']);
  if (format !== 'plaintext' && format !== 'markdown')
    throw invalid('"format" is plaintext or markdown.', ['data', 'format']);
  if (typeof content !== 'string') throw invalid('"content" is required.', ['data', 'content']);
  refuseTooLarge(state, content);
  const meetingId = typeof input.meeting_id === 'string' ? input.meeting_id : null;
  return {
    id: randomUUID(),
    parent,
    title,
    format,
    content,
    meetingId,
    createdAtMs: parseCreatedAt(input.created_at, nowMs),
    madeBy: state.token,
  };
}

/** Attio refuses notes that are too large without saying from where on. */
function refuseTooLarge({ options }: AttioState, content: string): void {
  if (Buffer.byteLength(content) > options.noteContentMaxBytes) {
    throw new AttioError(413, 'validation_type', 'The content of the note is too large.');
  }
}

/** Title, and content with its format; what is left out stays. */
function changeNote({ state, params, body }: AttioCall): Note {
  const note = requireNote(state, params);
  const input = bodyData(body);
  const title = input.title === undefined ? note.title : requireString(input.title, 'title');
  const { content = note.content, format = note.format } = input;
  if (typeof content !== 'string') throw invalid('"content" takes a string.', ['data', 'content']);
  if (format !== 'plaintext' && format !== 'markdown')
    throw invalid('"format" is plaintext or markdown.', ['data', 'format']);
  refuseTooLarge(state, content);
  return Object.assign(note, { title, content, format });
}

function parseCreatedAt(raw: unknown, nowMs: number): number {
  if (raw === undefined || raw === null) return nowMs;
  const ms = typeof raw === 'string' ? parseInstant(raw) : undefined;
  if (ms === undefined || ms < 0 || ms > nowMs) {
    throw invalid('"created_at" must be an ISO 8601 time from 1970 on and not in the future.', ['data', 'created_at']);
  }
  return ms;
}

function requireNote(state: AttioState, params: Readonly<Record<string, string>>): Note {
  const note = state.notes.get(params.note ?? '');
  if (note === undefined) throw notFound('Note', params.note ?? '');
  return note;
}

const renderNote = (state: AttioState, note: Note): Record<string, unknown> => ({
  id: { workspace_id: state.workspaceId, note_id: note.id },
  parent_object: note.parent.table.slug,
  parent_record_id: note.parent.id,
  title: note.title,
  meeting_id: note.meetingId,
  content_plaintext: note.format === 'plaintext' ? note.content : stripMarkdown(note.content),
  content_markdown: note.content,
  tags: [],
  created_by_actor: note.madeBy,
  created_at: toNanos(note.createdAtMs),
});

/** The marks of the subset that Attio knows, taken away. */
const stripMarkdown = (text: string): string =>
  text
    .replaceAll(/^#{1,3} /gm, '')
    .replaceAll(/(\*\*|__|~~|==)/g, '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
