import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyAnswer } from './askKey.ts';
import { createRevocations, type Grant } from './revocations.ts';

const silenceMs = 700;
const caller = (tenantId: string) => ({ tenantId, keyId: 'k', scopes: ['read' as const], expiresAt: null });

/** A gateway's knowledge beside a database whose clock is another one. */
const setUp = () => {
  let now = 1000;
  const world = { position: 0, offset: 5_000_000 };
  const databaseTime = () => now + world.offset;
  const answer = (tenantId: string): KeyAnswer => ({
    key: { caller: caller(tenantId), suspended: false },
    position: world.position,
    at: databaseTime(),
    askedAt: now,
  });
  let ask = (tenantId: string) => Promise.resolve(answer(tenantId));
  const revocations = createRevocations({
    silenceMs,
    now: () => new Date(now),
    clock: () => now,
    ask: key => ask(key.tenantId),
  });
  return {
    revocations,
    world,
    databaseTime,
    answer,
    wait: (ms: number) => (now += ms),
    time: () => now,
    onAsk: (other: typeof ask) => (ask = other),
    beat: (at = databaseTime()) => revocations.hearHeartbeat({ position: world.position, at }),
    grant: async (tenantId = 't') => (await revocations.confirm({ tenantId, keyId: 'k' })) as Grant,
  };
};

describe('a grant', () => {
  it('is trusted while heartbeats come, and not beyond the silence', async () => {
    const { revocations, grant, beat, wait } = setUp();
    const mine = await grant();
    expect(revocations.trusts(mine)).toBe(false);
    beat();
    wait(silenceMs - 1);
    expect(revocations.trusts(mine)).toBe(true);
    wait(1);
    expect(revocations.trusts(mine)).toBe(false);
    beat();
    expect(revocations.trusts(mine)).toBe(true);
  });

  it('is touched by a notice for its tenant and by no other', async () => {
    const { revocations, world, grant, beat } = setUp();
    const [mine, other] = [await grant('t'), await grant('u')];
    beat();
    revocations.hearNotice({ tenantId: 't', position: ++world.position });
    beat();
    expect([revocations.trusts(mine), revocations.trusts(other)]).toEqual([false, true]);
    expect(revocations.trusts(await grant('t'))).toBe(true);
  });

  it('is touched when a number is missing, whoever it was for', async () => {
    const { revocations, world, grant, beat } = setUp();
    const mine = await grant('t');
    beat();
    world.position += 2;
    revocations.hearNotice({ tenantId: 'u', position: world.position });
    expect(revocations.trusts(mine)).toBe(false);
  });

  it.each([
    ['heard', 1],
    ['heard out of turn', 2],
  ])('that was on its way while a notice of its end was %s is touched by it', async (_, numbers) => {
    const { revocations, world, answer, onAsk, grant, beat } = setUp();
    await grant('t');
    onAsk(tenantId => {
      const early = answer(tenantId);
      world.position += numbers;
      revocations.hearNotice({ tenantId, position: world.position });
      return Promise.resolve(early);
    });
    const mine = await grant('t');
    beat();
    expect(revocations.trusts(mine)).toBe(false);
  });

  it('is not trusted for a heartbeat that was held up on its way', async () => {
    const { revocations, grant, beat, databaseTime, wait } = setUp();
    const mine = await grant();
    const readAt = databaseTime();
    wait(10_000);
    beat(readAt);
    expect(revocations.trusts(mine)).toBe(false);
  });

  it.each([-3_600_000, 3_600_000])('is asked anew when the database’s clock was set by %i ms', async step => {
    const { revocations, world, grant, beat, wait } = setUp();
    const mine = await grant();
    beat();
    expect(revocations.trusts(mine)).toBe(true);
    world.offset += step;
    beat();
    expect(revocations.trusts(mine)).toBe(false);
    const anew = await grant();
    // A beat from before the clock was set back seems to come from the future: it must not count for an hour.
    expect(revocations.trusts(anew)).toBe(true);
    wait(silenceMs);
    expect(revocations.trusts(anew)).toBe(false);
  });

  it('is asked anew now and then, since two clocks drift apart', async () => {
    const { revocations, grant, beat, wait } = setUp();
    const mine = await grant();
    for (let i = 0; i < 300; i++) {
      beat();
      wait(200);
    }
    beat();
    expect(revocations.trusts(mine)).toBe(false);
    expect(revocations.trusts(await grant())).toBe(true);
  });
});

describe('asking Postgres', () => {
  it('refuses an answer that is too old when it arrives', async () => {
    const { grant, onAsk, answer, wait } = setUp();
    onAsk(tenantId => {
      const early = answer(tenantId);
      wait(501);
      return Promise.resolve(early);
    });
    await expect(grant()).rejects.toMatchObject({ code: 'keys_unknown', retry: 'retryable' });
  });

  it('does not wait for ever', async () => {
    const { grant, onAsk } = setUp();
    onAsk(() => new Promise(() => {}));
    await expect(grant()).rejects.toMatchObject({ code: 'keys_unknown' });
  });
});

/** Mostly at once, now and then late: from 2 s on it counts as lost. */
const lateBy = (max: number) => fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max }));

/** What may happen: commits whose notice is heard, late or lost; heartbeats at once or held up; answers at once or held up. */
const happening = fc.oneof(
  fc.record({
    kind: fc.constant('commit' as const),
    tenant: fc.constantFrom('t', 'u'),
    lateBy: lateBy(2500),
  }),
  fc.record({ kind: fc.constant('beat' as const), lateBy: lateBy(2500) }),
  fc.record({
    kind: fc.constant('ask' as const),
    tenant: fc.constantFrom('t', 'u'),
    lateBy: lateBy(600),
  }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 400 }) }),
);

it('never trusts a grant longer than the silence after a commit that ended it, whatever is lost, late or in another order', async () => {
  let trusted = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 60 }), async happenings => {
      const { revocations, world, databaseTime, answer, wait, time, onAsk, grant } = setUp();
      const commits: { tenant: string; position: number; at: number }[] = [];
      const grants: Grant[] = [];
      let mail: { due: number; deliver: () => Promise<void> | void }[] = [];
      const send = (lateBy: number, deliver: () => Promise<void> | void) => {
        if (lateBy < 2000) mail.push({ due: time() + lateBy, deliver });
      };
      for (const one of happenings) {
        if (one.kind === 'commit') {
          const position = ++world.position;
          commits.push({ tenant: one.tenant, position, at: databaseTime() });
          send(one.lateBy, () => revocations.hearNotice({ tenantId: one.tenant, position }));
        } else if (one.kind === 'beat') {
          const beat = { position: world.position, at: databaseTime() };
          send(one.lateBy, () => revocations.hearHeartbeat(beat));
        } else if (one.kind === 'ask') {
          const snapshot = answer(one.tenant);
          send(one.lateBy, async () => {
            onAsk(() => Promise.resolve(snapshot));
            const got = await grant(one.tenant).catch(() => undefined);
            if (got) grants.push(got);
          });
        } else wait(one.ms);
        const due = mail.filter(letter => letter.due <= time());
        mail = mail.filter(letter => letter.due > time());
        for (const letter of due) await letter.deliver();
        for (const held of grants) {
          if (!revocations.trusts(held)) continue;
          trusted++;
          const ended = commits.find(
            commit => commit.tenant === held.caller.tenantId && commit.position > held.position,
          );
          expect(ended ? databaseTime() - ended.at : 0).toBeLessThan(silenceMs);
        }
      }
    }),
    { numRuns: 1000 },
  );
  // The property says nothing if nothing is ever trusted.
  expect(trusted).toBeGreaterThan(500);
});
