import { sealContexts } from '@freight/vault';
import type { Deps } from '../../deps.ts';

/** Seals a connection's credentials, bound to it: base64, as commands carry them. In clear they never leave this process. */
export const sealCredentials = async (
  deps: Deps,
  tenantId: string,
  connectionId: string,
  credentials: object,
): Promise<string> => {
  const vault = await deps.vault.of(tenantId);
  return vault.seal(JSON.stringify(credentials), sealContexts.credentials(tenantId, connectionId)).toString('base64');
};
