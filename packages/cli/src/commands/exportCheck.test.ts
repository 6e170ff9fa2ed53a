import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createExportCheck } from './exportCheck.ts';

const lines = ['{"kind":"header","format":1}', '{"kind":"job","data":{"name":"é"}}', '{"kind":"job","data":{}}']
  .map(line => `${line}\n`)
  .join('');
const trailer = (counts: object, of = lines) =>
  `${JSON.stringify({ kind: 'trailer', counts, sha256: createHash('sha256').update(of).digest('hex') })}\n`;
const whole = Buffer.from(lines + trailer({ job: 2, run: 0 }));

const check = (bytes: Buffer, size = bytes.length) => {
  const one = createExportCheck();
  for (let at = 0; at < bytes.length; at += size) one.take(bytes.subarray(at, at + size));
  return { problem: one.problem(), counts: one.counts };
};

it('finds an export whole in whatever pieces it comes', () => {
  for (let size = 1; size <= whole.length; size++)
    expect(check(whole, size), `pieces of ${size}`).toEqual({ problem: undefined, counts: { job: 2 } });
});

it('finds one that was cut off anywhere', () => {
  for (let length = 0; length < whole.length; length++)
    expect(check(whole.subarray(0, length)).problem, `cut at ${length}`).toContain('cut off');
});

it('finds a lost and a changed line', () => {
  expect(check(Buffer.from(lines + trailer({ job: 3 }))).problem).toBe('The export is not whole: 2 of 3 job');
  expect(check(Buffer.from(lines.replace('é', 'è') + trailer({ job: 2 }))).problem).toContain('was changed');
});
