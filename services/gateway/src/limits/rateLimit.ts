import { redisKeys } from '@freight/contracts';
import { type BucketVerdict, type RedisStore, takeTokens } from '@freight/lease';
import { retryAfter } from '../http/answer.ts';
import { createLocalBuckets } from './localBucket.ts';
import type { ReadTenantSettings } from './tenantSettings.ts';

export interface RateVerdict {
  readonly allowed: boolean;
  /** For every answer. Source: draft-ietf-httpapi-ratelimit-headers-11. */
  readonly headers: Readonly<Record<string, string>>;
}

export type RateLimit = (tenantId: string) => Promise<RateVerdict>;

/** After a failure Redis is let be for this long: a server that hangs must not hold up every request. Milliseconds. */
const redisRestMs = 1000;

const sustainedSeconds = 60;

/**
 * Both policies of the one bucket. `burst`: what lies in it when it is full, and how long that takes to flow in again. `sustained`: what flows
 * in within a minute; who keeps to it may use up in a minute what is left now and what flows in. Source: draft-ietf-httpapi-ratelimit-headers-11.
 */
const rateLimitFields = (verdict: BucketVerdict, perSecond: number, burst: number) => {
  const left = verdict.taken ? verdict.remaining : 0;
  const burstSeconds = Math.max(1, Math.ceil(burst / perSecond));
  const sustained = perSecond * sustainedSeconds;
  return {
    'ratelimit-policy': `"burst";q=${burst};w=${burstSeconds}, "sustained";q=${sustained};w=${sustainedSeconds}`,
    ratelimit: `"burst";r=${left};t=${Math.ceil(verdict.waitMs / 1000)}, "sustained";r=${sustained};t=${sustainedSeconds}`,
  };
};

/** One bucket for each tenant, shared by all gateways through Redis; while that is away, one in each process. */
export const createRateLimit = (options: {
  readonly redis: RedisStore;
  readonly settings: ReadTenantSettings;
}): RateLimit => {
  const { redis } = options;
  const local = createLocalBuckets();
  let restUntil = 0;

  const take = async (tenantId: string, rate: { perSecond: number; burst: number }): Promise<BucketVerdict> => {
    const bucket = redisKeys.requestRate(tenantId);
    if (redis.isReady() && performance.now() >= restUntil) {
      try {
        return await takeTokens(redis, { tenantId, bucket, pause: redisKeys.requestPause(tenantId) }, rate, 1, 'full');
      } catch {
        restUntil = performance.now() + redisRestMs;
      }
    }
    return local.take(bucket, rate);
  };

  return async tenantId => {
    const { requestsPerSecond, requestBurst } = await options.settings(tenantId);
    const verdict = await take(tenantId, { perSecond: requestsPerSecond, burst: requestBurst });
    const headers = rateLimitFields(verdict, requestsPerSecond, requestBurst);
    if (verdict.taken) return { allowed: true, headers };
    return { allowed: false, headers: { ...headers, 'retry-after': retryAfter(verdict.waitMs) } };
  };
};
