import { describe, expect, it } from 'vitest';
import { createStanding } from './standing.ts';
import { createTurns, TooLateError } from './turns.ts';

describe('the standing of a source', () => {
  it('sinks with every wrong key, for a minute', () => {
    let now = 0;
    const standing = createStanding({ entriesMax: 10, clock: () => now });
    expect([standing.failed('a'), standing.failed('a'), standing.failed('a')]).toEqual([20, 40, 80]);
    expect([standing.rank('a', 'p'), standing.rank('b', 'p')]).toEqual([4, 1]);
    for (let i = 0; i < 40; i++) standing.failed('a');
    expect(standing.failed('a')).toBe(1000);
    now += 60_000;
    expect(standing.rank('a', 'p')).toBe(1);
    expect(standing.failed('a')).toBe(20);
  });

  it('is best where a right key of the prefix was shown, and of no other prefix', () => {
    const standing = createStanding({ entriesMax: 10 });
    standing.succeeded('a', 'p');
    standing.failed('a');
    expect([standing.rank('a', 'p'), standing.rank('a', 'q'), standing.rank('b', 'p')]).toEqual([0, 2, 1]);
  });

  it('is remembered of so many only', () => {
    const standing = createStanding({ entriesMax: 2 });
    for (const source of ['a', 'b', 'c']) {
      standing.failed(source);
      standing.succeeded(source, 'p');
    }
    expect(['a', 'b', 'c'].map(one => standing.rank(one, 'p'))).toEqual([1, 0, 0]);
    expect(standing.rank('a', 'q')).toBe(1);
    expect(standing.rank('c', 'q')).toBe(2);
  });
});

const never = Number.POSITIVE_INFINITY;

describe('turns', () => {
  it('that do not come in time are given up, and those behind have theirs', async () => {
    let now = 0;
    const turns = createTurns(1, () => now);
    const blocked = Promise.withResolvers<void>();
    const first = turns.run(0, never, () => blocked.promise);
    const late = turns.run(1, 10, () => Promise.resolve('late'));
    const patient = turns.run(2, 100, () => Promise.resolve('patient'));
    now = 11;
    blocked.resolve();
    await first;
    await expect(late).rejects.toThrow(TooLateError);
    expect(await patient).toBe('patient');
  });

  it('go to the smallest rank first and among equals to the first that came, so many at a time', async () => {
    const turns = createTurns(1);
    const order: string[] = [];
    const blocked = Promise.withResolvers<void>();
    const first = turns.run(9, never, () => blocked.promise);
    const rest = (['3a', '1a', '2', '1b', '0', '3b'] as const).map(name =>
      turns.run(Number(name[0]), never, () => {
        order.push(name);
        return Promise.resolve();
      }),
    );
    expect(order).toEqual([]);
    blocked.resolve();
    await Promise.all([first, ...rest]);
    expect(order).toEqual(['0', '1a', '1b', '2', '3a', '3b']);
  });

  it('are given on when a task fails, and none is lost', async () => {
    const turns = createTurns(2);
    let running = 0;
    let most = 0;
    const run = (fails: boolean) =>
      turns.run(1, never, async () => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        if (fails) throw new Error('failed');
      });
    const settled = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => run(i % 3 === 0)));
    expect(settled.filter(one => one.status === 'fulfilled')).toHaveLength(13);
    expect(most).toBe(2);
    await run(false);
  });
});

it('a client that was let in before comes before a thousand fresh sources that guess at its prefix', async () => {
  const standing = createStanding({ entriesMax: 10_000 });
  const turns = createTurns(2);
  standing.succeeded('own', 'p');
  const order: string[] = [];
  const verify = (source: string) =>
    turns.run(standing.rank(source, 'p'), never, async () => {
      await Promise.resolve();
      order.push(source);
    });
  const guesses = Array.from({ length: 1000 }, (_, i) => verify(`guess-${i}`));
  await Promise.all([...guesses, verify('own')]);
  expect(order.indexOf('own')).toBeLessThanOrEqual(2);
});
