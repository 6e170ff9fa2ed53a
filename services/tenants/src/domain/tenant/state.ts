import type { Scope, SystemName, TenantSettings } from '@freight/contracts';

export interface ConnectionState {
  readonly name: string;
  readonly system: SystemName;
  readonly baseUrl: string;
}

export interface KeyState {
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: string | null;
  readonly revoked: boolean;
  /** The one that the tenant's row mirrors. */
  readonly primary: boolean;
}

/** A subscription's name and end are the read model's; what is decided by is only whether it still counts. */
export interface SubscriptionState {
  readonly revoked: boolean;
}

/** A tenant as its log tells it: not made yet, or there, with all its keys by id and its living connections. */
export type TenantState =
  | { readonly status: 'none' }
  /** Nothing is known of it any more but that it was. */
  | { readonly status: 'erased' }
  | {
      readonly status: 'active' | 'suspended' | 'erasing';
      readonly name: string;
      readonly slug: string;
      readonly settings: TenantSettings;
      readonly keys: Readonly<Record<string, KeyState>>;
      readonly connections: Readonly<Record<string, ConnectionState>>;
      /** Absent until the first one: states that a former version stored have no such part. */
      readonly subscriptions?: Readonly<Record<string, SubscriptionState>>;
    };

export const initialState: TenantState = { status: 'none' };
