import type { TenantEvent } from '@freight/contracts';
import type { KeyState, TenantState } from './state.ts';

type Keys = Readonly<Record<string, KeyState>>;

const changeKey = (keys: Keys, keyId: string, change: Partial<KeyState>): Keys => {
  const before = keys[keyId];
  return before ? { ...keys, [keyId]: { ...before, ...change } } : keys;
};

const withoutPrimary = (keys: Keys): Keys =>
  Object.fromEntries(Object.entries(keys).map(([id, key]) => [id, { ...key, primary: false }]));

/** What an event means. Never throws; an event that does not apply leaves the state as it is. */
export const evolve = (state: TenantState, event: TenantEvent): TenantState => {
  if (event.type === 'tenant-created') {
    if (state.status !== 'none') return state;
    const { name, slug, settings } = event.data;
    return { status: 'active', name, slug, settings, keys: {}, connections: {} };
  }
  if (event.type === 'tenant-erased') return { status: 'erased' };
  if (state.status === 'none' || state.status === 'erased') return state;
  switch (event.type) {
    case 'tenant-updated':
      return { ...state, name: event.data.name, settings: event.data.settings };
    case 'tenant-suspended':
      return { ...state, status: 'suspended' };
    case 'tenant-activated':
      return { ...state, status: 'active' };
    case 'tenant-erasure-started':
      return { ...state, status: 'erasing' };
    case 'api-key-created': {
      const { keyId, label, scopes, expiresAt, primary } = event.data;
      const others = primary ? withoutPrimary(state.keys) : state.keys;
      return { ...state, keys: { ...others, [keyId]: { label, scopes, expiresAt, revoked: false, primary } } };
    }
    case 'api-key-revoked':
      return { ...state, keys: changeKey(state.keys, event.data.keyId, { revoked: true, primary: false }) };
    case 'api-key-rotated':
      return { ...state, keys: changeKey(state.keys, event.data.keyId, { expiresAt: event.data.expiresAt }) };
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
    case 'subscription-created':
      return { ...state, subscriptions: { ...state.subscriptions, [event.data.subscriptionId]: { revoked: false } } };
    case 'subscription-revoked': {
      const { subscriptionId } = event.data;
      if (!state.subscriptions?.[subscriptionId]) return state;
      return { ...state, subscriptions: { ...state.subscriptions, [subscriptionId]: { revoked: true } } };
    }
    default:
      // An event of a newer version than this one.
      return state;
  }
};
