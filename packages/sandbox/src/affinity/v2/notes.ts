import { AffinityError, notFound } from '../errors.ts';
import type { Note } from '../model.ts';
import { type AffinityCall, type AffinityRoute, get, idOf } from '../route.ts';
import type { AffinityState } from '../state.ts';
import { narrowed, readPageRequest, v2Page } from './page.ts';
import { companyReference, personReference } from './references.ts';

const NOTES_LIMIT = 20;
const PREVIEW_MAX = 100;

/** Notes with their HTML, as v2 reads them. The `filter` language is not played: it answers 501 rather than too much. */
export const v2NoteRoutes: readonly AffinityRoute[] = [
  get('/v2/notes', call => notesPage(call, note => note.parent_id === null)),
  get('/v2/notes/{id}', call => showNote(call.state, requireNote(call), call.query)),
  get('/v2/notes/{id}/replies', call => {
    const { id } = requireNote(call);
    return notesPage(call, note => note.parent_id === id);
  }),
  get('/v2/notes/{id}/attached-companies', call =>
    attached(requireNote(call).organization_ids, id => companyReference(call.state, id)),
  ),
  get('/v2/notes/{id}/attached-persons', call =>
    attached(requireNote(call).person_ids, id => personReference(call.state, id)),
  ),
  get('/v2/notes/{id}/attached-opportunities', call =>
    attached(requireNote(call).opportunity_ids, id => opportunityReference(call.state, id)),
  ),
];

function notesPage(call: AffinityCall, passes: (note: Note) => boolean): unknown {
  const request = readPageRequest(call);
  if (request.query.has('filter')) throw new AffinityError(501, "Param 'filter' is not played here.");
  return v2Page(call, request, narrowed(request.query, call.state.notes), {
    show: note => showNote(call.state, note, request.query),
    passes,
    defaultLimit: NOTES_LIMIT,
  });
}

function requireNote(call: AffinityCall): Note {
  const note = call.state.notes.get(idOf(call));
  if (note === undefined) throw notFound('Note', call.params.id ?? '');
  return note;
}

const attached = (ids: readonly number[], show: (id: number) => unknown): unknown => ({
  data: ids.map(show),
  pagination: { prevUrl: null, nextUrl: null },
});

function showNote(state: AffinityState, note: Note, query: URLSearchParams): Record<string, unknown> {
  const includes = query.getAll('includes').flatMap(value => value.split(','));
  const preview = (ids: readonly number[], show: (id: number) => unknown) => ({
    data: ids.slice(0, PREVIEW_MAX).map(show),
    totalCount: ids.length,
  });
  return {
    id: note.id,
    type: note.parent_id === null ? 'entities' : 'user-reply',
    content: { html: note.html },
    creator: note.creator_id === null ? null : personReference(state, note.creator_id),
    mentions: [],
    createdAt: toUtc(note.created_at),
    updatedAt: note.updated_at === null ? null : toUtc(note.updated_at),
    ...(note.parent_id === null ? { permissions: { sharingType: 'public' } } : { parent: { id: note.parent_id } }),
    ...(includes.includes('companiesPreview')
      ? { companiesPreview: preview(note.organization_ids, id => companyReference(state, id)) }
      : {}),
    ...(includes.includes('personsPreview')
      ? { personsPreview: preview(note.person_ids, id => personReference(state, id)) }
      : {}),
    ...(includes.includes('opportunitiesPreview')
      ? { opportunitiesPreview: preview(note.opportunity_ids, id => opportunityReference(state, id)) }
      : {}),
    ...(includes.includes('repliesCount') ? { repliesCount: state.links.repliesOfNote.of(note.id).length } : {}),
  };
}

function opportunityReference(state: AffinityState, id: number): Record<string, unknown> {
  const opportunity = state.opportunities.get(id);
  return { id, name: opportunity?.name ?? null, listId: opportunity?.list_id ?? null };
}

const toUtc = (text: string): string => new Date(text).toISOString();
