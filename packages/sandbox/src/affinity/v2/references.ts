import { HIDDEN } from '../model.ts';
import type { AffinityState } from '../state.ts';

/** A company or person inside something else. One that was deleted is shown by its id alone. */

export function companyReference(state: AffinityState, id: number): Record<string, unknown> {
  const company = state.organizations.get(id);
  return { id, name: company?.name ?? null, domain: company?.domain ?? null };
}

export function personReference(state: AffinityState, id: number): Record<string, unknown> {
  const person = state.persons.get(id);
  return {
    id,
    firstName: person?.first_name ?? null,
    lastName: person?.last_name ?? null,
    primaryEmailAddress: person?.primary_email ?? null,
    type: person?.type === 1 ? 'internal' : person?.isCollaborator === true ? 'collaborator' : 'external',
  };
}

export function opportunityReference(state: AffinityState, id: number): Record<string, unknown> {
  const opportunity = state.opportunities.get(id);
  const name = opportunity?.access === 'redacted' ? HIDDEN : (opportunity?.name ?? null);
  return { id, name, listId: opportunity?.list_id ?? null };
}

export const toUtc = (text: string): string => new Date(text).toISOString();
