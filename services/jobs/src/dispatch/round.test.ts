import { sleep } from '@freight/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TenantShare } from './queries.ts';
import { createSteps, inTurns } from './round.ts';

const share = (tenantId: string, slotsFree: number, waiting: number): TenantShare => ({
  tenantId,
  slotsFree,
  waiting: Array.from({ length: waiting }, (_, i) => ({
    tenantId,
    jobId: 'job',
    batchId: `${tenantId}${i + 1}`,
    kind: 'load',
    lane: 'default',
    traceparent: undefined,
  })),
});
const idsOf = (shares: readonly TenantShare[]) => inTurns(shares).map(one => one.batchId);

describe('the order in which waiting batches are issued', () => {
  it('takes one of each tenant in turn', () => {
    expect(idsOf([share('a', 8, 4), share('b', 8, 1), share('c', 8, 2)])).toEqual([
      'a1',
      'b1',
      'c1',
      'a2',
      'c2',
      'a3',
      'a4',
    ]);
  });

  it('issues no more than the slots that are free, and none where there are fewer than none', () => {
    expect(idsOf([share('a', 2, 4), share('b', 0, 4), share('c', -3, 4)])).toEqual(['a1', 'a2']);
    expect(idsOf([])).toEqual([]);
  });

  it('puts every tenant with a free slot into the first turn', () => {
    const some = fc.array(fc.tuple(fc.integer({ min: -2, max: 9 }), fc.integer({ min: 0, max: 20 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(some, list => {
        const shares = list.map(([slots, waiting], i) => share(`t${i}.`, slots, waiting));
        const order = inTurns(shares);
        const able = shares.filter(one => one.slotsFree > 0 && one.waiting.length > 0);
        expect(new Set(order.slice(0, able.length).map(one => one.tenantId)).size).toBe(able.length);
        for (const one of shares) {
          const issued = order.filter(batch => batch.tenantId === one.tenantId);
          expect(issued).toEqual(one.waiting.slice(0, Math.max(0, one.slotsFree)));
        }
      }),
    );
  });
});

describe('taking jobs a step further', () => {
  const job = (jobId: string) => ({ tenantId: 'tenant', jobId });
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);

  it('does not wait for one that takes long, nor begin it twice', async () => {
    const slow = Promise.withResolvers<void>();
    const begun: string[] = [];
    const steps = createSteps({ onError }, ({ jobId }) => {
      begun.push(jobId);
      return jobId === 'slow' ? slow.promise : Promise.resolve();
    });
    await steps.take([job('slow'), job('quick')], 20);
    const startedAt = performance.now();
    await steps.take([job('slow'), job('quick')], 5000);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(begun).toEqual(['slow', 'quick', 'quick']);
    let idle = false;
    const ended = steps.idle().then(() => (idle = true));
    await sleep(5);
    expect(idle).toBe(false);
    slow.resolve();
    await ended;
  });

  it('reports a step that fails and takes the others all the same', async () => {
    const begun: string[] = [];
    const steps = createSteps({ onError }, ({ jobId }) => {
      begun.push(jobId);
      return jobId === 'bad' ? Promise.reject(new Error('bad job')) : Promise.resolve();
    });
    await steps.take([job('bad'), job('good')], 1000);
    expect(begun).toEqual(['bad', 'good']);
    expect(errors).toEqual([new Error('bad job')]);
  });
});
