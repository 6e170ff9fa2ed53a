import type { TenantEvent } from '@freight/contracts';
import type { TenantState } from './state.ts';

/** What an event means. Never throws; an event that does not apply leaves the state as it is. */
export const evolve = (state: TenantState, event: TenantEvent): TenantState => {
  if (event.type === 'tenant-created') {
    if (state.status !== 'none') return state;
    const { name, slug, settings } = event.data;
    return { status: 'active', name, slug, settings, keyIds: [], connections: {} };
  }
  if (state.status === 'none') return state;
  switch (event.type) {
    case 'api-key-created':
      return { ...state, keyIds: [...state.keyIds, event.data.keyId] };
    case 'connection-created': {
      const { connectionId, name, system, baseUrl } = event.data;
      return { ...state, connections: { ...state.connections, [connectionId]: { name, system, baseUrl } } };
    }
    case 'connection-updated': {
      const { connectionId, name, baseUrl } = event.data;
      const before = state.connections[connectionId];
      if (!before) return state;
      return { ...state, connections: { ...state.connections, [connectionId]: { ...before, name, baseUrl } } };
    }
    case 'connection-deleted': {
      const { [event.data.connectionId]: _, ...connections } = state.connections;
      return { ...state, connections };
    }
    default:
      // An event of a newer version than this one.
      return state;
  }
};
