import type { ConnectionTest } from '@freight/contracts';
import { z } from 'zod';
import type { CrmCall } from '../call.ts';
import { CrmError } from '../crmError.ts';
import type { CrmClient } from '../http.ts';
import { oddAnswer } from '../reply.ts';
import { type Problem, probe, verdict } from '../verdict.ts';
import { attioObjects } from './objects.ts';
import { attio } from './vendor.ts';

const self = z.discriminatedUnion('active', [
  z.object({ active: z.literal(false) }),
  z.object({ active: z.literal(true), scope: z.string(), workspace_id: z.string().min(1), workspace_name: z.string() }),
]);

const call: CrmCall = { method: 'GET', route: '/v2/self', callClass: 'read' };

/** Whose token it is. A token that is wrong or revoked is answered with 200 and `active: false`. @throws CrmError `unauthorized` then. */
export const readSelf = async (client: CrmClient, signal: AbortSignal) => {
  const parsed = self.safeParse(await client.call(call, signal));
  if (!parsed.success) throw oddAnswer({ vendor: attio, call });
  if (!parsed.data.active) throw new CrmError('Attio does not take the token', { kind: 'unauthorized' });
  return parsed.data;
};

/** Reading records needs the configuration too; our attributes are made, so that reading it is not enough. */
const neededScopes = ['record_permission:read-write', 'object_configuration:read-write'] as const;

/**
 * Who the token belongs to, whether it has the scopes, and whether both objects can be read. A vendor that cannot be reached is a verdict too:
 * `unavailable`, `rate_limited`.
 */
export const checkAttio = async (client: CrmClient, signal: AbortSignal): Promise<ConnectionTest> => {
  const problems: Problem[] = [];
  const who = await probe(problems, () => readSelf(client, signal), {
    unauthorized: { code: 'unauthorized', detail: 'Attio does not take the access token.' },
  });
  if (who === null) return verdict(null, problems);
  const scopes = who.scope.split(/\s+/u);
  for (const scope of neededScopes.filter(needed => !scopes.includes(needed))) {
    problems.push({ code: 'missing_scope', detail: `The access token lacks the scope ${scope}.` });
  }
  if (problems.length > 0) return verdict(who.workspace_name, problems);
  // Deals may be switched off: whether a job needs them, its preparation says.
  for (const { slug } of [attioObjects.organizations, attioObjects.persons]) {
    const read: CrmCall = {
      method: 'POST',
      route: '/v2/objects/{object}/records/query',
      path: `/v2/objects/${slug}/records/query`,
      body: { limit: 1 },
      callClass: 'read',
    };
    const unreadable = { code: 'object_unreadable', detail: `The object ${slug} cannot be read.` };
    await probe(problems, () => client.call(read, signal), {
      unauthorized: unreadable,
      not_found: unreadable,
      rejected: unreadable,
    });
  }
  return verdict(who.workspace_name, problems);
};
