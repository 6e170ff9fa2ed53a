import { expect, it } from 'vitest';
import { createRecorder } from './attempt.ts';
import { isSound, summarise } from './report.ts';

const trial = { floor: 'http', name: 'GET /v1/jobs', tried: 'x', expected: 'y' } as const;

it('masks what was seen: keys, passwords, hashes', async () => {
  const record = createRecorder();
  const { seen } = await record.attempt(
    trial,
    () => 'frt_live_0123456789abcdefghijklmnopqrstuv redis://user:secret@host $2b$12$abcdefghijklmnopqrstuv',
  );
  expect(seen).toBe('frt_live_… redis://user:…@host (a bcrypt hash)');
});

it('calls a platform isolated only with attempts, without leaks, all of them clear and everything covered', async () => {
  const sound = async (change: (record: ReturnType<typeof createRecorder>) => Promise<unknown>) => {
    const record = createRecorder();
    record.expect('route', 'a');
    record.cover('route', 'a');
    await change(record);
    return isSound(summarise({ record, left: [], seconds: 1 }));
  };
  const held = () => undefined;
  expect(await sound(record => record.attempt(trial, held))).toBe(true);
  expect(await sound(() => Promise.resolve())).toBe(false);
  expect(await sound(record => record.attempt(trial, () => 'something'))).toBe(false);
  expect(await sound(record => record.attempt(trial, () => Promise.reject(new Error('down'))))).toBe(false);
  for (const spoil of [
    (record: ReturnType<typeof createRecorder>) => record.expect('table', 'new'),
    (record: ReturnType<typeof createRecorder>) => record.cannot('route', 'a', 'no filler'),
  ]) {
    expect(
      await sound(record => {
        spoil(record);
        return record.attempt(trial, held);
      }),
    ).toBe(false);
  }
});
