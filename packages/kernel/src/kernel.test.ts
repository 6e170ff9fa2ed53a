import { describe, expect, it, vi } from 'vitest';
import {
  assertNever,
  backoffMs,
  createLimit,
  err,
  FencedOutError,
  FreightError,
  fold,
  newId,
  ok,
  sleep,
} from './index.ts';

describe('the backoff', () => {
  const options = { baseMs: 200, maxMs: 30_000 };

  it('lies between half of the step and the step, which doubles up to its maximum', () => {
    for (let attempt = 1; attempt <= 2000; attempt++) {
      const step = Math.min(30_000, 200 * 2 ** Math.min(attempt - 1, 100));
      for (const random of [0, 0.5, 0.999999])
        expect(backoffMs(attempt, options, random)).toBe(Math.round(step / 2 + (step / 2) * random));
      const drawn = backoffMs(attempt, options);
      expect(drawn).toBeGreaterThanOrEqual(step / 2);
      expect(drawn).toBeLessThanOrEqual(step);
    }
  });

  it('is a whole, positive number for any attempt', () => {
    for (const attempt of [-5, 0, 1, 1e9, Number.MAX_SAFE_INTEGER]) {
      const ms = backoffMs(attempt, options);
      expect(Number.isInteger(ms) && ms >= 100 && ms <= 30_000, String(attempt)).toBe(true);
    }
  });

  it('spreads those who failed together', () => {
    expect(new Set(Array.from({ length: 50 }, () => backoffMs(8, options))).size).toBeGreaterThan(30);
  });
});

describe('a new id', () => {
  it('is a UUIDv7 that holds its moment', () => {
    for (const at of [0, 1, 1_700_000_000_123, 2 ** 48 - 1]) {
      const id = newId(at);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(at);
    }
  });

  it('sorts by time and is never the same', () => {
    const ids = Array.from({ length: 1000 }, (_, i) => newId(1_700_000_000_000 + i));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(Array.from({ length: 10_000 }, () => newId(1))).size).toBe(10_000);
  });
});

describe('a limit', () => {
  it('never runs more than allowed, runs as many as allowed, and in order of arrival', async () => {
    const limit = createLimit(3);
    let running = 0;
    let most = 0;
    const started: number[] = [];
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        limit(async () => {
          started.push(i);
          most = Math.max(most, ++running);
          for (let turn = 0; turn < i % 7; turn++) await Promise.resolve();
          running--;
        }),
      ),
    );
    expect([most, running]).toEqual([3, 0]);
    expect(started).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('hands its place over: a newcomer does not slip in before who waits', async () => {
    const limit = createLimit(1);
    const order: string[] = [];
    let newcomer: Promise<unknown> | undefined;
    const first = limit(() => Promise.resolve()).then(() => {
      // The place is free just now; who has waited gets it.
      newcomer = limit(() => Promise.resolve(order.push('newcomer')));
    });
    const waiting = limit(() => Promise.resolve(order.push('waiting')));
    await Promise.all([first, waiting]);
    await newcomer;
    expect(order).toEqual(['waiting', 'newcomer']);
  });

  it('gives the place back when a task fails, also at once', async () => {
    const limit = createLimit(1);
    await expect(limit(() => Promise.reject(new Error('late')))).rejects.toThrow('late');
    await expect(
      limit(() => {
        throw new Error('at once');
      }),
    ).rejects.toThrow('at once');
    expect(await limit(() => Promise.resolve('next'))).toBe('next');
  });
});

describe('sleeping', () => {
  it('ends at its time, early on abort, and at once when aborted before; it leaves no timer and no listener', async () => {
    vi.useFakeTimers();
    try {
      const abort = new AbortController();
      const removed = vi.spyOn(abort.signal, 'removeEventListener');
      const ends = vi.fn();
      void sleep(1000).then(() => ends('time'));
      void sleep(60_000, abort.signal).then(() => ends('abort'));
      await vi.advanceTimersByTimeAsync(999);
      expect(ends).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1);
      expect(ends.mock.calls).toEqual([['time']]);
      abort.abort();
      await vi.advanceTimersByTimeAsync(0);
      expect(ends.mock.calls).toEqual([['time'], ['abort']]);
      await sleep(60_000, abort.signal);
      expect(vi.getTimerCount()).toBe(0);
      expect(removed).toHaveBeenCalledTimes(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the pure words', () => {
  it('fold in one go as in pieces, and leave the state when there is nothing to fold', () => {
    const decider = { evolve: (state: string, event: string) => state + event };
    expect(fold(decider, fold(decider, '', ['a', 'b']), ['c'])).toBe(fold(decider, '', ['a', 'b', 'c']));
    expect(fold(decider, 'x', [])).toBe('x');
  });

  it('tell what was accepted from what was refused', () => {
    expect([ok(1), err('no')]).toEqual([
      { ok: true, value: 1 },
      { ok: false, error: 'no' },
    ]);
    expect(() => assertNever({ type: 'new' } as never)).toThrow('Unhandled case: {"type":"new"}');
  });

  it('say in an error whether to try again, when, and why it failed', () => {
    const cause = new Error('below');
    const error = new FreightError('x', { code: 'c', retry: 'retryable', retryAfterMs: 5, cause });
    expect(error).toMatchObject({ name: 'FreightError', code: 'c', retry: 'retryable', retryAfterMs: 5, cause });
    expect('cause' in new FreightError('x', { code: 'c', retry: 'terminal' })).toBe(false);
    expect(new FencedOutError('late')).toMatchObject({ name: 'FencedOutError', code: 'fenced_out', retry: 'terminal' });
  });
});
