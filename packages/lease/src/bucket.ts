import type { RedisStore, Script } from './redis.ts';

/** A token bucket: `perSecond` tokens flow in, at most `burst` lie in it. */
export interface BucketRate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface BucketVerdict {
  /** Whether the tokens were taken. */
  readonly taken: boolean;
  /** Tokens left, whole ones. */
  readonly remaining: number;
  /** When not taken: how long until there would be enough; else how long until the bucket is full. Milliseconds. */
  readonly waitMs: number;
}

/**
 * Generic cell rate algorithm: the key holds the moment at which the bucket would be full again. A missing key means an EMPTY bucket where
 * `ARGV[4]` says so, since after a flush nobody knows what was spent; it expires when full, so a full bucket and an expired key would
 * look alike: hence full buckets stay for an hour.
 * Time is Redis' own: workers' clocks differ.
 */
const takeScript: Script = {
  name: 'freightBucketTake',
  keyCount: 2,
  lua: `
local interval = tonumber(ARGV[1])
local burst = tonumber(ARGV[2])
local cost = tonumber(ARGV[3])
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local paused = redis.call('pttl', KEYS[2])
if paused > 0 then return {0, 0, paused} end
local full_at = tonumber(redis.call('get', KEYS[1]) or '')
if not full_at then
  if ARGV[4] == 'empty' then full_at = now + burst * interval else full_at = now end
end
if full_at < now then full_at = now end
local next_full = full_at + cost * interval
local over = next_full - burst * interval - now
if over > 0.5 then
  redis.call('set', KEYS[1], string.format('%.3f', full_at), 'PX', 3600000)
  return {0, math.floor((burst * interval - (full_at - now)) / interval), math.ceil(over)}
end
redis.call('set', KEYS[1], string.format('%.3f', next_full), 'PX', 3600000)
return {1, math.floor((burst * interval - (next_full - now)) / interval), math.ceil(next_full - now)}`,
};

/** Prolongs a pause, never shortens it. */
const pauseScript: Script = {
  name: 'freightBucketPause',
  keyCount: 1,
  lua: `if redis.call('pttl', KEYS[1]) < tonumber(ARGV[1]) then redis.call('set', KEYS[1], '1', 'PX', ARGV[1]) end return 1`,
};

/** Empties a bucket and keeps it closed for a time: what was spent while Redis was away is not known to it. Never opens it earlier. */
const drainScript: Script = {
  name: 'freightBucketDrain',
  keyCount: 1,
  lua: `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local full_at = now + tonumber(ARGV[1]) * tonumber(ARGV[2]) + tonumber(ARGV[3])
local before = tonumber(redis.call('get', KEYS[1]) or '')
if before and before > full_at then full_at = before end
redis.call('set', KEYS[1], string.format('%.3f', full_at), 'PX', 3600000)
return 1`,
};

export interface BucketKeys {
  /** Whose share of Redis it takes. */
  readonly tenantId: string;
  readonly bucket: string;
  /** While this key lives, nothing is taken; the bucket's own key with a suffix where nobody pauses it. */
  readonly pause: string;
}

/** @param whenMissing what a bucket that Redis does not know counts as. Rejects while Redis is away. */
export const takeTokens = async (
  redis: RedisStore,
  keys: BucketKeys,
  rate: BucketRate,
  cost: number,
  whenMissing: 'empty' | 'full',
): Promise<BucketVerdict> => {
  const answer = (await redis.run(
    keys.tenantId,
    takeScript,
    [keys.bucket, keys.pause],
    [1000 / rate.perSecond, rate.burst, cost, whenMissing],
  )) as [number, number, number];
  return { taken: answer[0] === 1, remaining: Math.max(0, answer[1]), waitMs: answer[2] };
};

export const pauseBucket = async (redis: RedisStore, keys: BucketKeys, ms: number): Promise<void> => {
  await redis.run(keys.tenantId, pauseScript, [keys.pause], [Math.max(1, Math.ceil(ms))]);
};

/** @param closedMs how long nothing flows in. */
export const drainBucket = async (
  redis: RedisStore,
  keys: BucketKeys,
  rate: BucketRate,
  closedMs: number,
): Promise<void> => {
  await redis.run(keys.tenantId, drainScript, [keys.bucket], [rate.burst, 1000 / rate.perSecond, Math.ceil(closedMs)]);
};
