import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { logSize, readLastWords, readLogFacts } from './logFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'freight-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the log of a program', () => {
  it('tells its ports, whatever else is printed and however the last line is cut', () => {
    const text = [
      'Warning: something',
      '{"message":"listening","port":4711,"healthPort":4712}',
      '{"message":"started"}',
      '{"mess',
    ];
    expect(readLogFacts(text.join('\n'))).toEqual({ port: 4711, healthPort: 4712 });
    expect(readLogFacts('{"url":"http://127.0.0.1:1"}')).toEqual({ url: 'http://127.0.0.1:1' });
    expect(readLogFacts('{"message":"connected","port":5432,"url":"x"}')).toEqual({});
  });

  it('shows its last words for people, of this start only', () => {
    const file = join(folder, 'a.log');
    writeFileSync(file, '{"level":"fatal","message":"an older failure"}\n');
    const since = logSize(file);
    writeFileSync(
      file,
      '{"level":"fatal","message":"could not start","err":{"message":"no","cause":{"message":"port taken"}}}\nplain\n',
      { flag: 'a' },
    );
    expect(readLastWords(file, since)).toBe(' Its last lines:\n  fatal: could not start: no: port taken\n  plain');
    expect(readLastWords(join(folder, 'none.log'), 0)).toBe(' It printed nothing.');
  });
});
