import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGate } from './gate.ts';

describe('the gate', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('lets at most its size in, and the others in order of arrival', async () => {
    const gate = createGate(2, 30_000);
    const admitted: number[] = [];
    const leaves: (() => void)[] = [];
    for (let i = 0; i < 5; i++)
      void gate.enter().then(leave => {
        admitted.push(i);
        leaves.push(leave);
      });
    await vi.advanceTimersByTimeAsync(0);
    expect([admitted, gate.held, gate.waiting]).toEqual([[0, 1], 2, 3]);
    leaves[1]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect([admitted, gate.held, gate.waiting]).toEqual([[0, 1, 2], 2, 2]);
    for (let i = 0; i < 4; i++) {
      for (const leave of leaves.splice(0)) leave();
      await vi.advanceTimersByTimeAsync(0);
    }
    expect([admitted, gate.held, gate.waiting]).toEqual([[0, 1, 2, 3, 4], 0, 0]);
  });

  it('refuses who waited its whole time, not before, and keeps no place for him', async () => {
    const gate = createGate(1, 30_000);
    const leave = await gate.enter();
    const refused = vi.fn();
    gate.enter().catch(refused);
    await vi.advanceTimersByTimeAsync(29_999);
    expect([refused.mock.calls.length, gate.waiting]).toEqual([0, 1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(refused.mock.calls[0]?.[0]).toMatchObject({ code: 'database_busy', retry: 'retryable' });
    expect([gate.held, gate.waiting]).toEqual([1, 0]);
    leave();
    expect(gate.held).toBe(0);
  });

  it('hands a place to who still waits when those before gave up', async () => {
    const gate = createGate(1, 100);
    const leave = await gate.enter();
    const first = gate.enter().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60);
    const second = gate.enter();
    await vi.advanceTimersByTimeAsync(40);
    expect(await first).toMatchObject({ code: 'database_busy' });
    leave();
    (await second)();
    expect(gate.held).toBe(0);
  });

  it('counts a place that is left twice once', async () => {
    const gate = createGate(1, 100);
    const leave = await gate.enter();
    leave();
    leave();
    expect(gate.held).toBe(0);
  });
});
