import { subscriptionView, subscriptionViewOfRow } from '@freight/contracts';
import { z } from 'zod';
import { defineRoute } from '../../http/defineRoute.ts';
import { pageOf, pageQuery } from '../../http/fields.ts';
import { answerPage } from '../../queries/answerPage.ts';
import { listSubscriptions } from '../../queries/subscriptions.query.ts';

export const listSubscriptionsRoute = defineRoute({
  method: 'get',
  path: '/v1/subscriptions',
  operationId: 'listSubscriptions',
  tag: 'subscriptions',
  summary: 'List the subscriptions, newest first',
  description: 'Revoked ones too; never their credentials.',
  scope: 'read',
  query: z.strictObject(pageQuery()),
  responses: {
    200: {
      description: 'A page of subscriptions.',
      schema: pageOf(subscriptionView).meta({ id: 'SubscriptionPage' }),
    },
  },
  handle: ({ caller, query }, deps) =>
    answerPage({
      deps,
      tenantId: caller.tenantId,
      query,
      purpose: 'subscriptions',
      read: (after, limit) => listSubscriptions(deps.db, caller.tenantId, after, limit),
      keysOf: row => [row.created_at.toISOString(), row.id],
      show: subscriptionViewOfRow,
    }),
});
