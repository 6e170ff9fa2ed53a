import { generateApiKey } from '@freight/contracts';
import { describe, expect, it } from 'vitest';
import { createAuthenticator } from './authenticate.ts';
import type { Caller } from './caller.ts';
import { createFailures } from './failures.ts';
import { createKeyCache } from './keyCache.ts';

const caller = (expiresAt: Date | null = null): Caller => ({ tenantId: 't', keyId: 'k', scopes: ['read'], expiresAt });

const setUp = (options: { hashMs?: number; expiresAt?: Date } = {}) => {
  const right = generateApiKey('test');
  const calls = { lookUps: 0, hashes: 0 };
  let now = new Date('2026-01-01T00:00:00Z');
  const verdicts: string[] = [];
  const authenticate = createAuthenticator({
    environment: 'test',
    cache: createKeyCache({ ttlMs: 1000, entriesMax: 10 }),
    failures: createFailures({ sourcesMax: 10 }),
    hasher: {
      makeKey: () => Promise.reject(new Error('not used')),
      matches: async key => {
        calls.hashes++;
        await new Promise(resolve => setTimeout(resolve, options.hashMs ?? 0));
        return key === right;
      },
    },
    lookUp: () => {
      calls.lookUps++;
      return Promise.resolve([{ caller: caller(options.expiresAt ?? null), hash: 'h' }]);
    },
    now: () => now,
    onVerdict: (verdict, source) => verdicts.push(`${verdict} ${source}`),
  });
  return { right, calls, verdicts, authenticate, at: (time: string) => (now = new Date(time)) };
};

describe('authentication', () => {
  it('refuses garbage and other environments without any look-up', async () => {
    const { authenticate, calls } = setUp();
    for (const header of [undefined, '', 'Bearer', 'Basic abc', `Bearer ${'x'.repeat(500)}`, 'Bearer frt_test_short']) {
      expect(await authenticate(header, 's')).toEqual({ ok: false, error: 'unauthenticated' });
    }
    expect(await authenticate(`Bearer ${generateApiKey('live')}`, 's')).toEqual({
      ok: false,
      error: 'wrong_environment',
    });
    expect(calls).toEqual({ lookUps: 0, hashes: 0 });
  });

  it('verifies a key once, however many present it at once, and then remembers it', async () => {
    const { authenticate, calls, right, verdicts } = setUp({ hashMs: 5 });
    const all = await Promise.all(Array.from({ length: 50 }, (_, i) => authenticate(`Bearer ${right}`, `s${i}`)));
    expect(all.every(one => one.ok)).toBe(true);
    expect((await authenticate(`bearer ${right}`, 's')).ok).toBe(true);
    expect(calls).toEqual({ lookUps: 1, hashes: 1 });
    expect(verdicts.at(-1)).toBe('ok cache');
  });

  it('looks at the expiry at every use', async () => {
    const { authenticate, right, at } = setUp({ expiresAt: new Date('2026-01-01T00:00:10Z') });
    expect((await authenticate(`Bearer ${right}`, 's')).ok).toBe(true);
    at('2026-01-01T00:00:10Z');
    expect((await authenticate(`Bearer ${right}`, 's')).ok).toBe(false);
  });

  it('slows wrong keys of a source more and more, and no right one', async () => {
    const { authenticate, right } = setUp();
    const wrong = generateApiKey('test');
    const times: number[] = [];
    for (let i = 0; i < 4; i++) {
      const start = performance.now();
      await authenticate(`Bearer ${wrong}`, 's');
      times.push(performance.now() - start);
    }
    expect(times[3]).toBeGreaterThan(120);
    const start = performance.now();
    expect((await authenticate(`Bearer ${right}`, 's')).ok).toBe(true);
    expect(performance.now() - start).toBeLessThan(100);
  });
});
