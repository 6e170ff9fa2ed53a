import { sendCommand } from '../../commands/sendCommand.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';
import { subscriptionParams } from './subscriptionFields.ts';

export const revokeSubscriptionRoute = defineRoute({
  method: 'delete',
  path: '/v1/subscriptions/{subscriptionId}',
  operationId: 'revokeSubscription',
  tag: 'subscriptions',
  summary: 'Revoke a subscription',
  description:
    'Within a second its connections are closed and its credentials let nobody in any more; the consumer is gone. Revoking it again changes nothing.',
  scope: 'write',
  params: subscriptionParams,
  headers: commandHeaders,
  responses: { 204: { description: 'It is revoked.' }, ...accepted },
  problems: ['not_found'],
  handle: (request, deps) =>
    sendCommand(deps, request, {
      service: 'tenants',
      type: 'revoke-subscription',
      prepare: () => ({ body: { subscriptionId: request.params.subscriptionId } }),
    }),
});
