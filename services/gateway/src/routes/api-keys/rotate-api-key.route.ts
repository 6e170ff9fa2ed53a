import { apiKeyRotated, rotateApiKeyBody } from '@freight/contracts';
import { sendCommand } from '../../commands/sendCommand.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { keyParams } from './keyFields.ts';

export const rotateApiKeyRoute = defineRoute({
  method: 'post',
  path: '/v1/api-keys/{keyId}/rotate',
  operationId: 'rotateApiKey',
  tag: 'api-keys',
  summary: 'Replace an API key',
  description:
    'Makes a key of the same label and scopes. The old one goes on for the overlap, so that it can be exchanged everywhere in peace, and never longer than before.',
  scope: 'write',
  operatorsToo: true,
  params: keyParams,
  headers: commandHeaders,
  body: rotateApiKeyBody,
  responses: {
    201: { description: 'The new key; its `secret` is shown this once.', schema: apiKeyRotated },
    ...accepted,
  },
  problems: ['not_found', 'key_not_usable'],
  handle: (request, deps) =>
    sendCommand(deps, request, {
      service: 'tenants',
      type: 'rotate-api-key',
      prepare: async () => {
        const key = await deps.hasher.makeKey(deps.environment);
        return {
          body: { keyId: request.params.keyId, key: key.facts, ...request.body },
          secret: {
            value: key.secret,
            addTo: reply => ({ ...reply, apiKey: { ...(reply['apiKey'] as object), secret: key.secret } }),
          },
        };
      },
    }),
});
