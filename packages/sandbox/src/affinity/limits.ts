import type { AffinityLimits } from '../control/types.ts';

/** Both limits as `/rate-limit` shows them. */
export interface Usage {
  readonly limit: number | 'unlimited';
  readonly remaining: number | 'unlimited';
  /** Seconds. */
  readonly reset: number;
  readonly used: number;
}

/**
 * The two limits of an account: requests a minute per user, in windows that start with their first request, and requests a
 * calendar month (UTC) per account.
 */
export interface Meter {
  /** Counts a request; false when a limit is spent, and then nothing is counted. */
  take(nowMs: number, isFreeOfMonth: boolean): boolean;
  usage(nowMs: number): { readonly minute: Usage; readonly month: Usage };
}

const MINUTE_MS = 60_000;

export function createMeter(limits: AffinityLimits | null): Meter {
  let windowStartMs = Number.NEGATIVE_INFINITY;
  let inWindow = 0;
  let month = '';
  let inMonth = 0;
  const perMonth = limits?.perMonth ?? Number.POSITIVE_INFINITY;

  const turn = (nowMs: number): void => {
    if (nowMs - windowStartMs >= MINUTE_MS) {
      windowStartMs = nowMs;
      inWindow = 0;
    }
    const current = new Date(nowMs).toISOString().slice(0, 7);
    if (current !== month) {
      inMonth = month === '' ? (limits?.usedThisMonth ?? 0) : 0;
      month = current;
    }
  };

  return {
    take(nowMs, isFreeOfMonth) {
      turn(nowMs);
      if (limits !== null && (inWindow >= limits.perMinute || (!isFreeOfMonth && inMonth >= perMonth))) return false;
      inWindow += 1;
      if (!isFreeOfMonth) inMonth += 1;
      return true;
    },
    usage(nowMs) {
      turn(nowMs);
      const toNextMonth = Date.UTC(new Date(nowMs).getUTCFullYear(), new Date(nowMs).getUTCMonth() + 1, 1) - nowMs;
      return {
        minute: usageOf(limits?.perMinute, inWindow, windowStartMs + MINUTE_MS - nowMs),
        month: usageOf(limits?.perMonth ?? undefined, inMonth, toNextMonth),
      };
    },
  };
}

function usageOf(limit: number | undefined, used: number, resetMs: number): Usage {
  const reset = Math.ceil(resetMs / 1000);
  if (limit === undefined) return { limit: 'unlimited', remaining: 'unlimited', reset, used };
  return { limit, remaining: Math.max(0, limit - used), reset, used };
}
