import { generateApiKey } from '@freight/contracts';
import { describe, expect, it } from 'vitest';
import { createAuthenticator } from './authenticate.ts';
import { createKeyCache } from './keyCache.ts';
import { createRevocations } from './revocations.ts';
import { createStanding } from './standing.ts';

const owner = { tenantId: 't', keyId: 'k' };

const setUp = (options: { hashMs?: number; expiresAt?: Date } = {}) => {
  const right = generateApiKey('test');
  const calls = { lookUps: 0, hashes: 0, asked: 0 };
  let now = new Date('2026-01-01T00:00:00Z');
  let beforeHash = () => Promise.resolve();
  const verdicts: string[] = [];
  const verified: string[] = [];
  /** What Postgres knows. */
  const database = { position: 1, revoked: false, suspended: false, away: false };
  const clock = () => performance.now();
  const revocations = createRevocations({
    silenceMs: 60_000,
    now: () => now,
    clock,
    ask: () => {
      calls.asked++;
      if (database.away) return Promise.reject(new Error('away'));
      const caller = { tenantId: 't', keyId: 'k', scopes: ['read' as const], expiresAt: options.expiresAt ?? null };
      const key = database.revoked ? undefined : { caller, suspended: database.suspended };
      return Promise.resolve({ key, position: database.position, at: clock(), askedAt: clock() });
    },
  });
  const beat = () => revocations.hearHeartbeat({ position: database.position, at: clock() });
  beat();
  const authenticate = createAuthenticator({
    environment: 'test',
    cache: createKeyCache({ ttlMs: 60_000, entriesMax: 10 }),
    standing: createStanding({ entriesMax: 10 }),
    onVerified: (key, { hash }) => verified.push(`${key} ${hash}`),
    revocations,
    hasher: {
      matches: async key => {
        calls.hashes++;
        await beforeHash();
        await new Promise(resolve => setTimeout(resolve, options.hashMs ?? 0));
        return key === right;
      },
    },
    lookUp: () => {
      calls.lookUps++;
      return Promise.resolve([{ key: owner, hash: 'h', isRevoked: database.revoked }]);
    },
    now: () => now,
    onVerdict: (verdict, source) => verdicts.push(`${verdict} ${source}`),
  });
  return {
    right,
    calls,
    verdicts,
    verified,
    authenticate,
    at: (time: string) => (now = new Date(time)),
    database,
    beat,
    /** Commits a change, and says so or loses the notice. */
    commit: (change: Partial<typeof database>, isHeard = true) => {
      Object.assign(database, change, { position: database.position + 1 });
      if (isHeard) revocations.hearNotice({ tenantId: 't', position: database.position });
    },
    /** Runs between the look-up and the end of the hash. */
    duringHash: (work: () => void) => {
      beforeHash = () => {
        beforeHash = () => Promise.resolve();
        work();
        return Promise.resolve();
      };
    },
  };
};

const refused = (error: string) => ({ ok: false, error });
/** Refused, and known whose it was. */
const refusedOf = (error: string) => ({ ok: false, error, key: owner });

describe('authentication', () => {
  it('refuses garbage and other environments without any look-up', async () => {
    const { authenticate, calls } = setUp();
    for (const header of [undefined, '', 'Bearer', 'Basic abc', `Bearer ${'x'.repeat(500)}`, 'Bearer frt_test_short']) {
      expect(await authenticate(header, 's')).toEqual(refused('unauthenticated'));
    }
    // Of the right form, with one character that is not the one that was made: the checksum tells.
    const key = generateApiKey('test');
    for (let at = 'frt_test_'.length; at < key.length; at++) {
      const wrong = key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1);
      expect(await authenticate(`Bearer ${wrong}`, 's')).toEqual(refused('unauthenticated'));
    }
    expect(await authenticate(`Bearer ${generateApiKey('live')}`, 's')).toEqual(refused('wrong_environment'));
    expect(calls).toEqual({ lookUps: 0, hashes: 0, asked: 0 });
  });

  it('verifies a key once, however many present it at once, and then remembers it', async () => {
    const { authenticate, calls, right, verdicts } = setUp({ hashMs: 5 });
    const all = await Promise.all(Array.from({ length: 50 }, (_, i) => authenticate(`Bearer ${right}`, `s${i}`)));
    expect(all.every(one => one.ok)).toBe(true);
    expect((await authenticate(`bearer ${right}`, 's')).ok).toBe(true);
    expect(calls).toEqual({ lookUps: 1, hashes: 1, asked: 1 });
    expect(verdicts.at(-1)).toBe('ok cache');
  });

  it('tells of a key that was verified by its hash, and of no other', async () => {
    const { authenticate, right, verified } = setUp();
    await authenticate(`Bearer ${generateApiKey('test')}`, 's');
    await authenticate(`Bearer ${right}`, 's');
    await authenticate(`Bearer ${right}`, 's');
    expect(verified).toEqual([`${right} h`]);
  });

  it('looks at the expiry at every use', async () => {
    const { authenticate, right, at } = setUp({ expiresAt: new Date('2026-01-01T00:00:10Z') });
    expect((await authenticate(`Bearer ${right}`, 's')).ok).toBe(true);
    at('2026-01-01T00:00:10Z');
    expect(await authenticate(`Bearer ${right}`, 's')).toEqual(refusedOf('unauthenticated'));
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

describe('a key that is revoked', () => {
  it('is refused from the notice on, and its hash is computed once more at most, to know whose it was', async () => {
    const { authenticate, right, commit, calls } = setUp();
    expect((await authenticate(`Bearer ${right}`, 's')).ok).toBe(true);
    commit({ revoked: true });
    expect(await authenticate(`Bearer ${right}`, 's')).toEqual(refusedOf('unauthenticated'));
    expect(calls.hashes).toBe(1);
    for (let n = 0; n < 3; n++) {
      expect(await authenticate(`Bearer ${right}`, 's')).toEqual(refusedOf('unauthenticated'));
    }
    expect(calls.hashes).toBe(2);
  });

  it('costs one hash, however often it is shown, and nobody else’s key is told to be its owner’s', async () => {
    const { authenticate, right, commit, calls } = setUp();
    commit({ revoked: true });
    for (let n = 0; n < 3; n++) {
      expect(await authenticate(`Bearer ${right}`, `s${n}`)).toEqual(refusedOf('unauthenticated'));
    }
    expect(calls).toMatchObject({ lookUps: 1, hashes: 1 });
    expect(await authenticate(`Bearer ${generateApiKey('test')}`, 's')).toEqual(refused('unauthenticated'));
  });

  it('is refused from the next heartbeat on when the notice was lost', async () => {
    const { authenticate, right, commit, beat } = setUp();
    expect((await authenticate(`Bearer ${right}`, 's')).ok).toBe(true);
    commit({ revoked: true }, false);
    beat();
    expect(await authenticate(`Bearer ${right}`, 's')).toEqual(refusedOf('unauthenticated'));
  });

  it.each([
    [true, 'heard'],
    [false, 'lost'],
  ])('while it is being verified is refused, and not remembered as good (notice heard: %s)', async isHeard => {
    const { authenticate, right, commit, duringHash } = setUp();
    duringHash(() => commit({ revoked: true }, isHeard));
    expect(await authenticate(`Bearer ${right}`, 's')).toEqual(refusedOf('unauthenticated'));
    expect(await authenticate(`Bearer ${right}`, 's')).toEqual(refusedOf('unauthenticated'));
  });

  it('lets nobody in when it cannot be told whether it is', async () => {
    const { authenticate, right, commit, database } = setUp();
    expect((await authenticate(`Bearer ${right}`, 's')).ok).toBe(true);
    commit({ revoked: true });
    database.away = true;
    await expect(authenticate(`Bearer ${right}`, 's')).rejects.toThrow('away');
  });
});

it('a suspended tenant’s key is refused as such, and works again when the tenant is activated', async () => {
  const { authenticate, right, commit, verdicts } = setUp();
  expect((await authenticate(`Bearer ${right}`, 's')).ok).toBe(true);
  commit({ suspended: true });
  expect(await authenticate(`Bearer ${right}`, 's')).toEqual(refusedOf('tenant_suspended'));
  expect(await authenticate(`Bearer ${right}`, 's')).toEqual(refusedOf('tenant_suspended'));
  expect(verdicts.slice(-2)).toEqual(['tenant_suspended postgres', 'tenant_suspended cache']);
  commit({ suspended: false });
  expect((await authenticate(`Bearer ${right}`, 's')).ok).toBe(true);
});
