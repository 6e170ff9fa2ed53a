import type { Scope } from '@freight/contracts';

/** Whose key it was, and what it may do. */
export interface Caller {
  readonly tenantId: string;
  readonly keyId: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | null;
}

/** Which key it is, without what it may do. */
export type KeyId = Pick<Caller, 'tenantId' | 'keyId'>;

/** Operators may also read in their own tenant: the replies to their commands are kept there. */
export const mayUse = (
  caller: Pick<Caller, 'scopes'>,
  route: { readonly scope: Scope; readonly operatorsToo?: boolean },
): boolean =>
  caller.scopes.includes(route.scope) ||
  ((route.scope === 'read' || route.operatorsToo === true) && caller.scopes.includes('operator'));
