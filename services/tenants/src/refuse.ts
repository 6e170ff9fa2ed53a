import type { Answer } from '@freight/commands';
import { type ProblemCode, problem, problems } from '@freight/contracts';
import type { Refusal } from './execute.ts';

const problemOf: Record<Refusal | 'subscriptions_off', ProblemCode> = {
  slug_taken: 'slug_taken',
  not_found: 'not_found',
  // An id that is used twice, or a version that nobody asked for: no client can cause it.
  tenant_exists: 'invalid_command',
  id_taken: 'invalid_command',
  version_mismatch: 'version_mismatch',
  last_write_key: 'last_write_key',
  key_not_usable: 'key_not_usable',
  tenant_not_suspended: 'tenant_not_suspended',
  slug_mismatch: 'slug_mismatch',
  tenant_erased: 'tenant_erased',
  subscription_limit: 'subscription_limit',
  subscriptions_off: 'subscriptions_off',
};

const detailOf: Partial<Record<Refusal | 'subscriptions_off', string>> = {
  tenant_not_suspended: 'Suspend it first: POST /v1/tenants/{tenantId}/suspend.',
  version_mismatch: 'Read it again and decide anew.',
  last_write_key: 'Make another key first, or revoke it all the same with ?force=true.',
  subscription_limit: 'Revoke one that is not needed any more.',
  subscriptions_off: 'Its NATS has no accounts. Read the events over HTTP, or ask its operator.',
};

/** The answer to a command that is refused. */
export const refuse = (refusal: Refusal | 'subscriptions_off'): Answer => {
  const code = problemOf[refusal];
  return { status: problems[code].status, body: { ...problem(code, detailOf[refusal]) } };
};
