import type { HttpClient } from '../http/client.ts';
import type { Operation } from '../http/openapi.ts';
import { type BareTenant, command } from './makeSide.ts';

/**
 * Takes the test's tenants out of use: suspended first, then erased where the API can.
 * @returns what stays, a line each.
 */
export const cleanUp = async (
  client: HttpClient,
  operatorKey: string,
  operations: readonly Operation[],
  tenants: readonly BareTenant[],
): Promise<readonly string[]> => {
  const left: string[] = [];
  const has = (action: string) => operations.some(one => one.name === `POST /v1/tenants/{tenantId}/${action}`);
  for (const tenant of tenants) {
    const act = (action: string, body: object): Promise<boolean> =>
      command(client, operatorKey, { path: `/v1/tenants/${tenant.id}/${action}`, body }).then(
        () => true,
        () => false,
      );
    const isSuspended = has('suspend') && (await act('suspend', {}));
    const isErased = isSuspended && has('erase') && (await act('erase', { slug: tenant.mark }));
    if (!isSuspended) left.push(`tenant ${tenant.mark} (${tenant.id}) is active still: it could not be suspended`);
    else if (!isErased) left.push(`tenant ${tenant.mark} (${tenant.id}) is suspended; its rows stay`);
    else left.push(`tenant ${tenant.mark} (${tenant.id}) is being erased; its name and the certificate stay`);
  }
  return left;
};
