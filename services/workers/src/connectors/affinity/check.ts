import type { ConnectionTest } from '@freight/contracts';
import { CrmError } from '../crmError.ts';
import type { CrmClient } from '../http.ts';
import { type Problem, probe, verdict } from '../verdict.ts';
import { readListing } from './listing.ts';
import { rateLimit, whoami } from './shapes.ts';

const refusedKey: Problem = { code: 'unauthorized', detail: 'Affinity does not take the API key.' };

/** Calls left in the month; null where the vendor does not say or does not count. Costs none of them. */
const monthlyCallsLeft = async (client: CrmClient, signal: AbortSignal): Promise<number | null> => {
  try {
    const reply = await client.call({ method: 'GET', route: '/rate-limit', callClass: 'read' }, signal);
    const remaining = rateLimit.safeParse(reply).data?.rate.org_monthly?.remaining;
    return typeof remaining === 'number' ? remaining : null;
  } catch (error) {
    // It informs, and older accounts lack it.
    if (error instanceof CrmError) return null;
    throw error;
  }
};

const missingExport = (directory: string): Problem => ({
  code: 'missing_permission',
  detail: `The API key's user lacks the permission "Export All ${directory} directory".`,
});

/**
 * Who the key belongs to, whether calls are left, and whether one row of each object can be read. Reading is what needs rights, so it is tried.
 * A vendor that cannot be reached is a verdict too: `unavailable`, `rate_limited`.
 */
export const checkAffinity = async (client: CrmClient, signal: AbortSignal): Promise<ConnectionTest> => {
  const problems: Problem[] = [];
  const who = await probe(
    problems,
    async () =>
      whoami.safeParse(await client.call({ method: 'GET', route: '/v2/auth/whoami', callClass: 'read' }, signal)),
    { unauthorized: refusedKey },
  );
  if (who === null) return verdict(null, problems);
  if ((await monthlyCallsLeft(client, signal)) === 0) {
    problems.push({ code: 'calls_used_up', detail: "The account's calls of this month are used up." });
  }
  for (const [route, directory] of [
    ['/v2/companies', 'Organizations'],
    ['/v2/persons', 'People'],
  ] as const) {
    await probe(problems, () => readListing(client, route, [['limit', '1']], null, signal), {
      unauthorized: missingExport(directory),
    });
  }
  return verdict(who.data?.tenant.name ?? null, problems);
};
