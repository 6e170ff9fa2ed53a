import { AffinityError, notFound } from '../errors.ts';
import type { Note } from '../model.ts';
import { textToHtml } from '../noteText.ts';
import { type AffinityCall, type AffinityRoute, get, idOf, isVisible, keyHolder } from '../route.ts';
import type { SortedTable } from '../sortedTable.ts';
import type { AffinityState, Links } from '../state.ts';
import { narrowed, readPageRequest, v2Page } from './page.ts';
import { companyReference, opportunityReference, personReference, toUtc } from './references.ts';

const NOTES_LIMIT = 20;
const PREVIEW_MAX = 100;

const INTERACTION_NAMES = ['meeting', 'call', 'chat-message', 'email'] as const;

/** Notes with their HTML, as v2 reads them. The `filter` language is not played: it answers 501 rather than too much. */
export const v2NoteRoutes: readonly AffinityRoute[] = [
  get('/v2/notes', call => notesPage(call, call.state.notes, note => note.parent_id === null)),
  get('/v2/notes/{id}', call => showNote(call.state, requireNote(call), call.query)),
  get('/v2/notes/{id}/replies', call =>
    notesPage(call, call.state.notes.only(call.state.links.repliesOfNote.of(requireNote(call).id))),
  ),
  get('/v2/companies/{id}/notes', call => notesAbout(call, call.state.links.notesOfOrganization)),
  get('/v2/persons/{id}/notes', call => notesAbout(call, call.state.links.notesOfPerson)),
  get('/v2/opportunities/{id}/notes', call => notesAbout(call, call.state.links.notesOfOpportunity)),
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

const notesAbout = (call: AffinityCall, links: Links): unknown =>
  notesPage(call, call.state.notes.only(links.of(idOf(call))), note => note.parent_id === null);

function notesPage(
  call: AffinityCall,
  notes: SortedTable<Note>,
  passes: (note: Note) => boolean = () => true,
): unknown {
  const request = readPageRequest(call);
  if (request.query.has('filter')) throw new AffinityError(501, "Param 'filter' is not played here.");
  return v2Page(call, request, narrowed(request.query, notes), {
    show: note => showNote(call.state, note, request.query),
    passes: note => isVisible(call.state, note) && passes(note),
    defaultLimit: NOTES_LIMIT,
  });
}

function requireNote(call: AffinityCall): Note {
  const note = call.state.notes.get(idOf(call));
  if (note === undefined || !isVisible(call.state, note)) throw notFound('Note', call.params.id ?? '');
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
    type: typeOf(state, note),
    content: { html: note.html === undefined ? textToHtml(note.content) : note.html },
    creator: note.creator_id === null ? null : personReference(state, note.creator_id),
    mentions: note.mentioned_person_ids.map(id => personReference(state, id)),
    createdAt: toUtc(note.created_at),
    updatedAt: note.updated_at === null ? null : toUtc(note.updated_at),
    ...(note.interaction === null
      ? {}
      : { interaction: { id: note.interaction.id, type: INTERACTION_NAMES[note.interaction.type] } }),
    ...(note.parent_id === null
      ? {
          permissions: {
            sharingType: note.sharing,
            owner: personReference(state, note.creator_id ?? keyHolder(state).id),
          },
        }
      : { parent: { id: note.parent_id } }),
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

function typeOf(state: AffinityState, note: Note): string {
  if (note.parent_id !== null) {
    return state.notes.get(note.parent_id)?.type === 3 ? 'ai-notetaker-reply' : 'user-reply';
  }
  if (note.type === 3) return 'ai-notetaker';
  return note.interaction === null ? 'entities' : 'interaction';
}
