import { connectionView, createConnectionBody } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { sendCommand } from '../../commands/sendCommand.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { judgeAddress, vendorAddresses } from './addresses.ts';
import { sealCredentials } from './sealCredentials.ts';

export const createConnectionRoute = defineRoute({
  method: 'post',
  path: '/v1/connections',
  operationId: 'createConnection',
  tag: 'connections',
  summary: 'Create a connection to a CRM account',
  description: 'The credentials are sealed at once and never shown again.',
  scope: 'write',
  headers: commandHeaders,
  body: createConnectionBody,
  responses: { 201: { description: 'The connection.', schema: connectionView }, ...accepted },
  problems: ['host_not_allowed'],
  handle: async (request, deps) => {
    const { name, system, baseUrl, credentials } = request.body;
    const address = judgeAddress(baseUrl ?? vendorAddresses[system], deps.allowedHosts);
    if (!address.ok) return address.error;
    return sendCommand(deps, request, {
      service: 'tenants',
      type: 'create-connection',
      prepare: async () => {
        const connectionId = newId();
        const sealedCredentials = await sealCredentials(deps, request.caller.tenantId, connectionId, credentials);
        return { body: { connectionId, name, system, baseUrl: address.value, sealedCredentials } };
      },
      location: reply => `/v1/connections/${String(reply['id'])}`,
    });
  },
});
