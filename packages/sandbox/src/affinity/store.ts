import {
  type ListEntry,
  type Note,
  OPPORTUNITY,
  type Opportunity,
  ORGANIZATION,
  type Organization,
  PERSON,
  type Person,
  personsOfNote,
} from './model.ts';
import { createSortedTable } from './sortedTable.ts';
import { type AffinityState, entriesOf, entryLinks, type Links } from './state.ts';

/** Puts rows in and takes them out, links included. A row with a known id replaces the former one. */

export function putPerson(state: AffinityState, person: Person): void {
  const former = state.persons.get(person.id);
  if (former !== undefined) unlinkAll(state.links.personsOfOrganization, former.organization_ids, former.id);
  linkAll(state.links.personsOfOrganization, person.organization_ids, person.id);
  state.persons.put(person);
  if (person.userStatus === undefined) state.users.delete(person.id);
  else state.users.put(person);
}

export function putOrganization(state: AffinityState, organization: Organization): void {
  state.organizations.put(organization);
}

export function putOpportunity(state: AffinityState, opportunity: Opportunity): void {
  const former = state.opportunities.get(opportunity.id);
  if (former !== undefined) unlinkOpportunity(state, former);
  linkAll(state.links.opportunitiesOfPerson, opportunity.person_ids, opportunity.id);
  linkAll(state.links.opportunitiesOfOrganization, opportunity.organization_ids, opportunity.id);
  state.opportunities.put(opportunity);
}

export function putListEntry(state: AffinityState, entry: ListEntry): void {
  const former = state.listEntries.get(entry.id);
  if (former !== undefined) deleteListEntry(state, former.id);
  entryLinks(state, entry.entity_type).add(entry.entity_id, entry.id);
  state.listEntries.put(entry);
  if (entry.isInvisible) return countInvisible(state, entry.list_id, 1);
  let ofList = state.entriesOfList.get(entry.list_id);
  if (ofList === undefined) {
    ofList = createSortedTable();
    state.entriesOfList.set(entry.list_id, ofList);
  }
  ofList.put(entry);
}

export function putNote(state: AffinityState, note: Note): void {
  const former = state.notes.get(note.id);
  if (former !== undefined) unlinkNote(state, former);
  linkAll(state.links.notesOfPerson, personsOfNote(note), note.id);
  linkAll(state.links.notesOfOrganization, note.organization_ids, note.id);
  linkAll(state.links.notesOfOpportunity, note.opportunity_ids, note.id);
  if (note.parent_id !== null) state.links.repliesOfNote.add(note.parent_id, note.id);
  state.notes.put(note);
}

export function deletePerson(state: AffinityState, id: number): boolean {
  const person = state.persons.get(id);
  if (person === undefined) return false;
  unlinkAll(state.links.personsOfOrganization, person.organization_ids, id);
  for (const entry of entriesOf(state, PERSON, id)) deleteListEntry(state, entry.id);
  state.users.delete(id);
  return state.persons.delete(id);
}

export function deleteOrganization(state: AffinityState, id: number): boolean {
  for (const entry of entriesOf(state, ORGANIZATION, id)) deleteListEntry(state, entry.id);
  return state.organizations.delete(id);
}

export function deleteOpportunity(state: AffinityState, id: number): boolean {
  const opportunity = state.opportunities.get(id);
  if (opportunity === undefined) return false;
  unlinkOpportunity(state, opportunity);
  state.opportunities.delete(id);
  for (const entry of entriesOf(state, OPPORTUNITY, id)) deleteListEntry(state, entry.id);
  return true;
}

export function deleteListEntry(state: AffinityState, id: number): boolean {
  const entry = state.listEntries.get(id);
  if (entry === undefined) return false;
  entryLinks(state, entry.entity_type).remove(entry.entity_id, id);
  if (entry.isInvisible) countInvisible(state, entry.list_id, -1);
  else state.entriesOfList.get(entry.list_id)?.delete(id);
  return state.listEntries.delete(id);
}

export function deleteNote(state: AffinityState, id: number): boolean {
  const note = state.notes.get(id);
  if (note === undefined) return false;
  unlinkNote(state, note);
  return state.notes.delete(id);
}

function countInvisible(state: AffinityState, listId: number, by: 1 | -1): void {
  state.invisibleOfList.set(listId, (state.invisibleOfList.get(listId) ?? 0) + by);
}

function unlinkOpportunity({ links }: AffinityState, opportunity: Opportunity): void {
  unlinkAll(links.opportunitiesOfPerson, opportunity.person_ids, opportunity.id);
  unlinkAll(links.opportunitiesOfOrganization, opportunity.organization_ids, opportunity.id);
}

function unlinkNote({ links }: AffinityState, note: Note): void {
  unlinkAll(links.notesOfPerson, personsOfNote(note), note.id);
  unlinkAll(links.notesOfOrganization, note.organization_ids, note.id);
  unlinkAll(links.notesOfOpportunity, note.opportunity_ids, note.id);
  if (note.parent_id !== null) links.repliesOfNote.remove(note.parent_id, note.id);
}

function linkAll(links: Links, from: readonly number[], to: number): void {
  for (const id of from) links.add(id, to);
}

function unlinkAll(links: Links, from: readonly number[], to: number): void {
  for (const id of from) links.remove(id, to);
}
