import { createSubscriptionBody, subscriberDomain, subscriptionCreated } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { credentialsText, makeUserKey } from '@freight/natsauth';
import { sendCommand } from '../../commands/sendCommand.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { commandHeaders } from '../../http/fields.ts';
import { accepted } from '../accepted.ts';

export const createSubscriptionRoute = defineRoute({
  method: 'post',
  path: '/v1/subscriptions',
  operationId: 'createSubscription',
  tag: 'subscriptions',
  summary: "Subscribe to the tenant's events over NATS",
  description:
    'Makes a durable consumer and credentials that open this one consumer and nothing else. An answer of 202 holds the key alone, as `secret`; the token is the `jwt` in the reply of the command.',
  scope: 'write',
  headers: commandHeaders,
  body: createSubscriptionBody,
  responses: {
    201: { description: 'The subscription; its `credentials` are shown this once.', schema: subscriptionCreated },
    ...accepted,
  },
  problems: ['subscription_limit', 'subscriptions_off'],
  handle: async (request, deps) => {
    const answer = await sendCommand(deps, request, {
      service: 'tenants',
      type: 'create-subscription',
      prepare: () => {
        const { name, filter, startAt } = request.body;
        const user = makeUserKey();
        return {
          body: { subscriptionId: newId(), name, ...filter, startAt, userKey: user.publicKey },
          secret: {
            value: user.seed,
            addTo: reply => ({ ...reply, credentials: credentialsText(String(reply['jwt']), user.seed) }),
          },
        };
      },
      location: reply => `/v1/subscriptions/${String(reply['id'])}`,
    });
    if (answer.status !== 201) return answer;
    // Where NATS is, is this deployment's business and not the command's; a repeat has no credentials any more.
    const access = { servers: deps.natsPublicUrls, domain: subscriberDomain };
    return { ...answer, body: { credentials: null, ...(answer.body as object), ...access } };
  },
});
