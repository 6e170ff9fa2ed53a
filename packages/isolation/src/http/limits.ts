import type { Context } from '../context.ts';
import type { BareTenant } from '../sides/makeSide.ts';

/** The limits that the two tenants of this attempt are made with: few enough to be used up. */
export const smallLimits = { requestsPerSecond: 1, requestBurst: 5 };

const requests = 30;

/** Uses up one tenant's requests; another one with the same limits has all of its own. */
export const exhaustLimits = async (context: Context, noisy: BareTenant, quiet: BareTenant): Promise<void> => {
  const ask = (key: string) => context.client.ask({ method: 'GET', path: '/v1/jobs', key, takes429: true });
  await context.record.attempt(
    {
      floor: 'http',
      name: 'request limits',
      tried: `${requests} requests of a tenant that may make ${smallLimits.requestBurst} at once`,
      expected: 'it is slowed down; another tenant with the same limits makes all of its own',
    },
    async () => {
      const noise = await Promise.all(Array.from({ length: requests }, () => ask(noisy.key)));
      if (!noise.some(one => one.status === 429)) throw new Error('the limit was not reached');
      const own = await Promise.all(Array.from({ length: smallLimits.requestBurst }, () => ask(quiet.key)));
      const refused = own.filter(one => one.status !== 200);
      return refused.length === 0 ? undefined : `${refused.length} of the other's requests were answered 429`;
    },
  );
};
