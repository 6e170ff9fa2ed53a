import { platformTenantId, type TenantCommandType } from '@freight/contracts';
import { sendCommand } from '../../commands/sendCommand.ts';
import type { Deps } from '../../deps.ts';
import { type Answer, notFound } from '../../http/answer.ts';
import type { RouteRequest } from '../../http/defineRoute.ts';
import { type CommandHeaders, etagOf } from '../../http/fields.ts';

/** Sends a command that changes a tenant itself. The operators' own is none of the tenants: whoever suspended it could not take that back. */
export const changeTenant = (
  deps: Deps,
  request: RouteRequest<{ readonly tenantId: string }, unknown, CommandHeaders>,
  type: TenantCommandType,
  body: Record<string, unknown> = {},
): Promise<Answer> => {
  const { tenantId } = request.params;
  if (tenantId === platformTenantId) return Promise.resolve(notFound());
  return sendCommand(deps, request, {
    service: 'tenants',
    type,
    headers: etagOf,
    prepare: () => ({ tenantId, body }),
  });
};
