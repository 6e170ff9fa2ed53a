import { describe, expect, it } from 'vitest';
import { affinity } from './affinity/vendor.ts';
import { waitAfterRateLimit } from './retryAfter.ts';

const now = Date.parse('2026-03-01T12:00:00.400Z');
const wait = (headers: Record<string, string>) => waitAfterRateLimit(new Headers(headers), affinity.waitMs, now, 0.5);

describe('the wait after a 429', () => {
  it('is what an integer Retry-After says', () => {
    expect(wait({ 'retry-after': '9' })).toBe(9000);
  });

  it("lasts until a Retry-After's moment, by the sender's clock where it is known", () => {
    expect(wait({ 'retry-after': 'Sun, 01 Mar 2026 12:00:03 GMT' })).toBe(2600);
    const ahead = { 'retry-after': 'Sun, 01 Mar 2026 13:00:03 GMT', date: 'Sun, 01 Mar 2026 13:00:02 GMT' };
    expect(wait(ahead)).toBe(1000);
  });

  it('is never shorter than 100 ms nor longer than a quarter of an hour', () => {
    expect(wait({ 'retry-after': '0' })).toBe(100);
    expect(wait({ 'retry-after': 'Sun, 01 Mar 2026 11:00:00 GMT' })).toBe(100);
    expect(wait({ 'retry-after': '86400' })).toBe(900_000);
  });

  it("lasts until Affinity's bucket that is used up fills again", () => {
    const user = { 'X-Ratelimit-Limit-User-Remaining': '0', 'X-Ratelimit-Limit-User-Reset': '42' };
    expect(wait(user)).toBe(42_000);
    expect(wait({ ...user, 'x-ratelimit-limit-user-remaining': '17' })).toBe(1250);
  });

  it('is a second and a bit where nothing says how long', () => {
    expect(wait({})).toBe(1250);
    expect(wait({ 'retry-after': 'soon' })).toBe(1250);
  });
});
