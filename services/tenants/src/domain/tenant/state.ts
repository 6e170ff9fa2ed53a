import type { SystemName, TenantSettings } from '@freight/contracts';

export interface ConnectionState {
  readonly name: string;
  readonly system: SystemName;
  readonly baseUrl: string;
}

/** A tenant as its log tells it: not made yet, or active with its keys' ids and its living connections. */
export type TenantState =
  | { readonly status: 'none' }
  | {
      readonly status: 'active';
      readonly name: string;
      readonly slug: string;
      readonly settings: TenantSettings;
      readonly keyIds: readonly string[];
      readonly connections: Readonly<Record<string, ConnectionState>>;
    };

export const initialState: TenantState = { status: 'none' };
