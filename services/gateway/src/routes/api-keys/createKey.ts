import { type CreateApiKeyBody } from '@freight/contracts';
import { sendCommand } from '../../commands/sendCommand.ts';
import type { Deps } from '../../deps.ts';
import type { Answer } from '../../http/answer.ts';
import type { RouteRequest } from '../../http/defineRoute.ts';
import type { CommandHeaders } from '../../http/fields.ts';

/** Makes a key of a tenant: the caller's own, or another one's when an operator acts. */
export const createKey = (
  deps: Deps,
  request: RouteRequest<unknown, unknown, CommandHeaders, CreateApiKeyBody>,
  tenantId: string,
): Promise<Answer> =>
  sendCommand(deps, request, {
    service: 'tenants',
    type: 'create-api-key',
    prepare: async () => {
      const key = await deps.hasher.makeKey(deps.environment);
      return {
        tenantId,
        body: { key: key.facts, ...request.body },
        secret: { value: key.secret, addTo: reply => ({ ...reply, secret: key.secret }) },
      };
    },
  });
