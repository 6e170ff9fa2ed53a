import type { AffinityOptions } from '../control/types.ts';
import type { Meter } from './limits.ts';
import type { Note } from './model.ts';
import type { AffinityState } from './state.ts';

/** A request that is authenticated and within its limits. */
export interface AffinityCall {
  readonly state: AffinityState;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly path: string;
  readonly baseUrl: string;
  readonly nowMs: number;
  /** Of v2; v1 has none. */
  readonly version: string;
  readonly meter: Meter;
  /** See `Call`. */
  readonly isPageEmpty: boolean;
}

export type Permission = AffinityOptions['missingPermissions'][number];

export interface AffinityRoute {
  readonly pattern: string;
  /** Not counted against the month. */
  readonly isFreeOfMonth: boolean;
  /** What the key's user must be allowed to. */
  readonly permission?: Permission;
  /** The whole body of a 200. @throws AffinityError */
  readonly handle: (call: AffinityCall) => unknown;
}

export const get = (pattern: string, handle: AffinityRoute['handle']): AffinityRoute => ({
  pattern,
  isFreeOfMonth: false,
  handle,
});

/** Reads what an export permission gates. */
export const getGated = (permission: Permission, pattern: string, handle: AffinityRoute['handle']): AffinityRoute => ({
  pattern,
  isFreeOfMonth: false,
  permission,
  handle,
});

/** An answer that sends the caller elsewhere: 302 with this address. */
export class Redirect {
  readonly location: string;
  constructor(location: string) {
    this.location = location;
  }
}

export const getFree = (pattern: string, handle: AffinityRoute['handle']): AffinityRoute => ({
  pattern,
  isFreeOfMonth: true,
  handle,
});

/** Whether the key's user sees a note: public ones, their own, and those that they were let in on. */
export function isVisible(state: AffinityState, note: Note): boolean {
  if (note.sharing === 'public') return true;
  const { id } = keyHolder(state);
  return note.creator_id === id || note.shared_with.includes(id);
}

/** An id in a path; what is no number names nothing. */
export const idOf = (call: AffinityCall, name = 'id'): number => Number(call.params[name]);

/** What `/rate-limit` says in both versions. */
export function rateBody({ meter, nowMs }: AffinityCall): unknown {
  const { minute, month } = meter.usage(nowMs);
  return { rate: { org_monthly: month, api_key_per_minute: minute } };
}

/** The user whose key this is: the first one that was seeded, or one made up while there is none. */
export function keyHolder(state: AffinityState): { id: number; firstName: string; lastName: string; email: string } {
  for (const person of state.users.values()) {
    return {
      id: person.id,
      firstName: person.first_name ?? '',
      lastName: person.last_name ?? '',
      email: person.primary_email ?? '',
    };
  }
  return { id: 1, firstName: 'Sandbox', lastName: 'User', email: 'user@sandbox.example' };
}

export const tenantOf = (state: AffinityState): { id: number; name: string; subdomain: string } => ({
  id: state.tenantId,
  name: state.name,
  subdomain: state.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
});
