import { apiKeyView, createApiKeyBody } from '@freight/contracts';
import { sendCommand } from '../../commands/sendCommand.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';

export const createApiKeyRoute = defineRoute({
  method: 'post',
  path: '/v1/api-keys',
  operationId: 'createApiKey',
  tag: 'api-keys',
  summary: 'Create an API key',
  scope: 'write',
  headers: commandHeaders,
  body: createApiKeyBody,
  responses: { 201: { description: 'The key; its `secret` is shown this once.', schema: apiKeyView }, ...accepted },
  handle: (request, deps) =>
    sendCommand(deps, request, {
      service: 'tenants',
      type: 'create-api-key',
      prepare: async () => {
        const key = await deps.hasher.makeKey(deps.environment);
        return {
          body: { key: key.facts, ...request.body },
          secret: { value: key.secret, addTo: reply => ({ ...reply, secret: key.secret }) },
        };
      },
    }),
});
