import { describe, expect, it } from 'vitest';
import { createLanePlaces } from './lanes.ts';

describe('places shared by lanes', () => {
  it('go to waiting lanes in proportion to their weights, and to the least of them too', async () => {
    const places = createLanePlaces(1, [
      { lane: 'high', weight: 4 },
      { lane: 'default', weight: 2 },
      { lane: 'low', weight: 1 },
    ]);
    const order: string[] = [];
    const first = Promise.withResolvers<void>();
    const tasks = [places.run('low', () => first.promise)];
    for (let i = 0; i < 14; i++) {
      for (const lane of ['low', 'default', 'high'] as const) {
        tasks.push(
          places.run(lane, () => {
            order.push(lane);
            return Promise.resolve();
          }),
        );
      }
    }
    first.resolve();
    await Promise.all(tasks);
    const among = (lane: string) => order.slice(0, 14).filter(one => one === lane).length;
    expect({ high: among('high'), default: among('default'), low: among('low') }).toEqual({
      high: 8,
      default: 4,
      low: 2,
    });
    expect(order).toHaveLength(42);
  });

  it('are never more than there are', async () => {
    const places = createLanePlaces(3, [{ lane: 'default', weight: 1 }]);
    let running = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 40 }, () =>
        places.run('default', async () => {
          most = Math.max(most, ++running);
          await new Promise(resolve => setImmediate(resolve));
          running--;
        }),
      ),
    );
    expect(most).toBe(3);
  });

  it('come free again when a task throws', async () => {
    const places = createLanePlaces(1, [{ lane: 'default', weight: 1 }]);
    await expect(places.run('default', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await places.run('default', () => Promise.resolve('yes'))).toBe('yes');
  });
});
