import {
  type Scope,
  type SystemName,
  type TenantEvent,
  type TenantSettings,
  type TenantSettingsChange,
  tenantSettings,
} from '@freight/contracts';
import { assertNever, err, ok, type Result } from '@freight/kernel';
import type { KeyState, TenantState } from './state.ts';

/** What is known of a key besides its hash, which never enters the log. */
export interface KeyFacts {
  readonly keyId: string;
  readonly prefix: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: string | null;
}

export type TenantCommand =
  | {
      readonly type: 'create-tenant';
      readonly name: string;
      readonly slug: string;
      readonly settings: TenantSettings;
      readonly key: KeyFacts;
    }
  | {
      readonly type: 'update-tenant';
      readonly name: string | undefined;
      readonly settings: TenantSettingsChange | undefined;
    }
  | { readonly type: 'suspend-tenant' }
  | { readonly type: 'activate-tenant' }
  | { readonly type: 'erase-tenant'; readonly slug: string }
  /** The eraser's own, when all else is gone. */
  | { readonly type: 'finish-erasure'; readonly createdAt: Date }
  | { readonly type: 'create-api-key'; readonly key: KeyFacts }
  | {
      readonly type: 'revoke-api-key';
      readonly keyId: string;
      /** Even if no key that may write is left. */
      readonly force: boolean;
      readonly now: Date;
    }
  | {
      readonly type: 'rotate-api-key';
      readonly keyId: string;
      /** The new key; what it is called and may do it takes over from the old one. */
      readonly key: Pick<KeyFacts, 'keyId' | 'prefix' | 'expiresAt'>;
      readonly overlapSeconds: number;
      readonly now: Date;
    }
  | {
      readonly type: 'create-connection';
      readonly connectionId: string;
      readonly name: string;
      readonly system: SystemName;
      readonly baseUrl: string;
    }
  | {
      readonly type: 'update-connection';
      readonly connectionId: string;
      readonly name: string | undefined;
      readonly baseUrl: string | undefined;
      /** Whether new sealed credentials were stored beside the log. */
      readonly credentialsChanged: boolean;
    }
  | { readonly type: 'delete-connection'; readonly connectionId: string }
  | {
      readonly type: 'create-subscription';
      readonly facts: Extract<TenantEvent, { type: 'subscription-created' }>['data'];
      /** Subscriptions that a tenant may have at once. */
      readonly max: number;
    }
  | { readonly type: 'revoke-subscription'; readonly subscriptionId: string };

/**
 * `tenant_exists`, `id_taken`: an id is used again, which only another command than the one that made it can do.
 * `not_found`: no such tenant, key, connection or subscription (any more). `subscription_limit`: it has as many as it may have.
 * `last_write_key`: without the key nobody could manage the tenant's keys. `key_not_usable`: it is revoked or has expired.
 * `tenant_not_suspended`, `slug_mismatch`: it is not erased by mistake. `tenant_erased`: it is being erased, or was.
 */
export type TenantRejection =
  | 'tenant_exists'
  | 'id_taken'
  | 'not_found'
  | 'last_write_key'
  | 'key_not_usable'
  | 'tenant_not_suspended'
  | 'slug_mismatch'
  | 'tenant_erased'
  | 'subscription_limit';

const isUsable = (key: KeyState, now: Date): boolean =>
  !key.revoked && (key.expiresAt === null || new Date(key.expiresAt) > now);

/** Whether a key can make others: while there is one, its tenant cannot lock itself out. */
const managesKeys = (key: KeyState): boolean => key.scopes.includes('write') || key.scopes.includes('operator');

const keyCreated = (key: KeyFacts, primary: boolean): TenantEvent => ({
  type: 'api-key-created',
  data: {
    keyId: key.keyId,
    prefix: key.prefix,
    label: key.label,
    scopes: [...key.scopes],
    expiresAt: key.expiresAt,
    primary,
  },
});

/** What is named replaces what was there; what an earlier version did not know has its default. */
const mergeSettings = (before: TenantSettings, change: TenantSettingsChange): TenantSettings =>
  tenantSettings.parse({ ...before, ...change });

/** Both in the order of the schema, whatever version wrote them. */
const sameSettings = (before: TenantSettings, after: TenantSettings): boolean =>
  JSON.stringify(tenantSettings.parse(before)) === JSON.stringify(after);

/** Once begun, an erasure is only finished. */
const decideErasing = (command: TenantCommand): Result<readonly TenantEvent[], TenantRejection> => {
  if (command.type === 'erase-tenant') return ok([]);
  if (command.type !== 'finish-erasure') return err('tenant_erased');
  return ok([{ type: 'tenant-erased', data: { createdAt: command.createdAt.toISOString() } }]);
};

/** Pure and total. A wish that changes nothing is accepted without an event. */
export const decide = (command: TenantCommand, state: TenantState): Result<readonly TenantEvent[], TenantRejection> => {
  if (command.type === 'create-tenant') {
    if (state.status !== 'none') return err('tenant_exists');
    const { name, slug, settings } = command;
    return ok([{ type: 'tenant-created', data: { name, slug, settings } }, keyCreated(command.key, true)]);
  }
  if (state.status === 'none') return err('not_found');
  if (state.status === 'erased') return command.type === 'erase-tenant' ? ok([]) : err('tenant_erased');
  if (state.status === 'erasing') return decideErasing(command);
  switch (command.type) {
    case 'erase-tenant':
      if (command.slug !== state.slug) return err('slug_mismatch');
      return state.status === 'suspended'
        ? ok([{ type: 'tenant-erasure-started', data: {} }])
        : err('tenant_not_suspended');
    case 'finish-erasure':
      return err('tenant_not_suspended');
    case 'update-tenant': {
      const name = command.name ?? state.name;
      const settings = mergeSettings(state.settings, command.settings ?? {});
      const isSame = name === state.name && sameSettings(state.settings, settings);
      return ok(isSame ? [] : [{ type: 'tenant-updated', data: { name, settings } }]);
    }
    case 'suspend-tenant':
      return ok(state.status === 'suspended' ? [] : [{ type: 'tenant-suspended', data: {} }]);
    case 'activate-tenant':
      return ok(state.status === 'active' ? [] : [{ type: 'tenant-activated', data: {} }]);
    case 'create-api-key':
      if (state.keys[command.key.keyId]) return err('id_taken');
      return ok([keyCreated(command.key, false)]);
    case 'revoke-api-key': {
      const { keyId, now } = command;
      const { [keyId]: key, ...others } = state.keys;
      if (!key) return err('not_found');
      if (key.revoked) return ok([]);
      const manages = (one: KeyState) => managesKeys(one) && isUsable(one, now);
      if (!command.force && manages(key) && !Object.values(others).some(manages)) return err('last_write_key');
      return ok([{ type: 'api-key-revoked', data: { keyId, primary: key.primary } }]);
    }
    case 'rotate-api-key': {
      const { keyId, key, now } = command;
      const old = state.keys[keyId];
      if (!old) return err('not_found');
      if (!isUsable(old, now)) return err('key_not_usable');
      if (state.keys[key.keyId]) return err('id_taken');
      const overlapEnds = new Date(now.getTime() + command.overlapSeconds * 1000).toISOString();
      // A key that stops earlier anyway is not given longer.
      const expiresAt =
        old.expiresAt !== null && new Date(old.expiresAt) < new Date(overlapEnds) ? old.expiresAt : overlapEnds;
      return ok([
        keyCreated({ ...key, label: old.label, scopes: old.scopes }, old.primary),
        { type: 'api-key-rotated', data: { keyId, replacedBy: key.keyId, expiresAt } },
      ]);
    }
    case 'create-connection': {
      const { connectionId, name, system, baseUrl } = command;
      if (state.connections[connectionId]) return err('id_taken');
      return ok([{ type: 'connection-created', data: { connectionId, name, system, baseUrl } }]);
    }
    case 'update-connection': {
      const { connectionId, credentialsChanged } = command;
      const before = state.connections[connectionId];
      if (!before) return err('not_found');
      const name = command.name ?? before.name;
      const baseUrl = command.baseUrl ?? before.baseUrl;
      if (name === before.name && baseUrl === before.baseUrl && !credentialsChanged) return ok([]);
      return ok([{ type: 'connection-updated', data: { connectionId, name, baseUrl, credentialsChanged } }]);
    }
    case 'delete-connection': {
      const { connectionId } = command;
      if (!state.connections[connectionId]) return err('not_found');
      return ok([{ type: 'connection-deleted', data: { connectionId } }]);
    }
    case 'create-subscription': {
      const { facts, max } = command;
      const subscriptions = state.subscriptions ?? {};
      if (subscriptions[facts.subscriptionId]) return err('id_taken');
      const living = Object.values(subscriptions).filter(one => !one.revoked).length;
      if (living >= max) return err('subscription_limit');
      return ok([{ type: 'subscription-created', data: facts }]);
    }
    case 'revoke-subscription': {
      const { subscriptionId } = command;
      const subscription = state.subscriptions?.[subscriptionId];
      if (!subscription) return err('not_found');
      return ok(subscription.revoked ? [] : [{ type: 'subscription-revoked', data: { subscriptionId } }]);
    }
    default:
      return assertNever(command);
  }
};
