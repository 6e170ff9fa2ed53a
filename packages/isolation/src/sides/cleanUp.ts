import type { HttpClient } from '../http/client.ts';
import type { Operation } from '../http/openapi.ts';
import { fillPath } from '../http/provide.ts';
import { type BareTenant, command } from './makeSide.ts';

/** Ways to be rid of a tenant, the best first: what a platform does not have is passed over. */
const farewells = [
  'DELETE /v1/tenants/{tenantId}',
  'POST /v1/tenants/{tenantId}/erase',
  'POST /v1/tenants/{tenantId}/suspend',
];

/**
 * Takes the test's tenants out of use, as far as the API allows.
 * @returns what stays, a line each.
 */
export const cleanUp = async (
  client: HttpClient,
  operatorKey: string,
  operations: readonly Operation[],
  tenants: readonly BareTenant[],
): Promise<readonly string[]> => {
  const left: string[] = [];
  for (const tenant of tenants) {
    let how: string | undefined;
    for (const name of farewells) {
      const operation = operations.find(one => one.name === name);
      if (!operation || how !== undefined) continue;
      const path = fillPath(operation.path, () => tenant.id);
      if (operation.method === 'POST') {
        how = await command(client, operatorKey, { path, body: {} }).then(
          () => name,
          () => undefined,
        );
      } else {
        const answer = await client.ask({ method: operation.method, path, key: operatorKey });
        how = answer.status < 300 ? name : undefined;
      }
    }
    if (how === undefined) left.push(`tenant ${tenant.mark} (${tenant.id}) is active still: it could not be suspended`);
    else if (how.endsWith('/suspend')) left.push(`tenant ${tenant.mark} (${tenant.id}) is suspended; its rows stay`);
  }
  return left;
};
