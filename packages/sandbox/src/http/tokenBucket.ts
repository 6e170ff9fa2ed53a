/**
 * A token bucket on a clock given from outside. Starts full: `burst` calls at once, `perSecond` in the long run.
 * Not for use by several processes; the sandbox is one.
 */
export interface TokenBucket {
  /** Takes one token; returns 0, or the milliseconds until the next token when there is none. */
  take(nowMs: number): number;
}

export function createTokenBucket(perSecond: number, burst: number): TokenBucket {
  let tokens = burst;
  let filledAtMs: number | undefined;
  return {
    take(nowMs) {
      if (filledAtMs !== undefined && nowMs > filledAtMs) {
        tokens = Math.min(burst, tokens + ((nowMs - filledAtMs) / 1000) * perSecond);
      }
      filledAtMs = Math.max(filledAtMs ?? nowMs, nowMs);
      // 1e-9: a second's worth of tenths must add up to a whole token.
      if (tokens + 1e-9 >= 1) {
        tokens -= 1;
        return 0;
      }
      return perSecond > 0 ? Math.ceil(((1 - tokens) / perSecond) * 1000) : 1000;
    },
  };
}
