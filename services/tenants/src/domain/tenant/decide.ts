import type { Scope, SystemName, TenantEvent, TenantSettings } from '@freight/contracts';
import { assertNever, err, ok, type Result } from '@freight/kernel';
import type { TenantState } from './state.ts';

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
  | { readonly type: 'create-api-key'; readonly key: KeyFacts }
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
  | { readonly type: 'delete-connection'; readonly connectionId: string };

/**
 * `tenant_exists`, `id_taken`: an id is used again, which only another command than the one that made it can do.
 * `not_found`: no such tenant or connection (any more).
 */
export type TenantRejection = 'tenant_exists' | 'id_taken' | 'not_found';

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

/** Pure and total. A wish that changes nothing is accepted without an event. */
export const decide = (command: TenantCommand, state: TenantState): Result<readonly TenantEvent[], TenantRejection> => {
  if (command.type === 'create-tenant') {
    if (state.status !== 'none') return err('tenant_exists');
    const { name, slug, settings } = command;
    return ok([{ type: 'tenant-created', data: { name, slug, settings } }, keyCreated(command.key, true)]);
  }
  if (state.status === 'none') return err('not_found');
  switch (command.type) {
    case 'create-api-key':
      if (state.keyIds.includes(command.key.keyId)) return err('id_taken');
      return ok([keyCreated(command.key, false)]);
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
    default:
      return assertNever(command);
  }
};
