import { createTenantBody, tenantCreated } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { sendCommand } from '../../commands/sendCommand.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';

export const createTenantRoute = defineRoute({
  method: 'post',
  path: '/v1/tenants',
  operationId: 'createTenant',
  tag: 'tenants',
  summary: 'Create a tenant with its first API key',
  scope: 'operator',
  headers: commandHeaders,
  body: createTenantBody,
  responses: {
    201: { description: "The tenant and its first key; the key's `secret` is shown this once.", schema: tenantCreated },
    ...accepted,
  },
  problems: ['slug_taken'],
  handle: (request, deps) =>
    sendCommand(deps, request, {
      service: 'tenants',
      type: 'create-tenant',
      prepare: async () => {
        const key = await deps.hasher.makeKey(deps.environment);
        return {
          tenantId: newId(),
          body: { request: request.body, key: key.facts },
          secret: {
            value: key.secret,
            addTo: reply => ({ ...reply, apiKey: { ...(reply['apiKey'] as object), secret: key.secret } }),
          },
        };
      },
    }),
});
