import { subscriptionView } from '@freight/contracts';
import { notFound } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { getSubscription } from '../../queries/subscriptions.query.ts';
import { subscriptionParams } from './subscriptionFields.ts';

export const getSubscriptionRoute = defineRoute({
  method: 'get',
  path: '/v1/subscriptions/{subscriptionId}',
  operationId: 'getSubscription',
  tag: 'subscriptions',
  summary: 'Read a subscription',
  scope: 'read',
  params: subscriptionParams,
  responses: { 200: { description: 'The subscription.', schema: subscriptionView } },
  problems: ['not_found'],
  handle: async ({ caller, params }, deps) => {
    const body = await getSubscription(deps.db, caller.tenantId, params.subscriptionId);
    return body ? { status: 200, body } : notFound();
  },
});
