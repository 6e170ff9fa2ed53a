import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readVcCrm } from './readVcCrm.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freight-data-'));
  write('users.jsonl', ['{"id":"usr-1","name":"Ines Holm","email":"ines@example.com"}']);
  write('organizations.jsonl', ['{"id":"org-1","name":"Alpha"}', '{"id":"org-2","name":"Beta","owner_id":"usr-1"}']);
  write('persons.jsonl', ['{"id":"per-1","first_name":"Noor","organization_ids":["org-2"]}']);
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, lines: readonly (string | Buffer)[]): void =>
  writeFileSync(join(folder, name), Buffer.concat(lines.flatMap(line => [Buffer.from(line), Buffer.from('\n')])));

describe('a data folder', () => {
  it('is read whole', async () => {
    const data = await readVcCrm(folder);
    expect(data.organizations.map(row => row.name)).toEqual(['Alpha', 'Beta']);
    expect(data.persons[0]?.organization_ids).toEqual(['org-2']);
  });

  it('is split at line feeds only: other separators are text, and CR LF is fine', async () => {
    write('organizations.jsonl', ['{"id":"org-1","name":"A\u2028B\u0085C"}\r', '{"id":"org-2","name":"Beta"}\r']);
    const { organizations } = await readVcCrm(folder);
    expect(organizations.map(row => row.name)).toEqual(['A\u2028B\u0085C', 'Beta']);
  });

  it.each([
    [
      'organizations.jsonl',
      ['{"id":"org-1","name":"Alpha"}', '{"id":"org-2","na'],
      /organizations\.jsonl, line 2: not valid JSON/,
    ],
    ['organizations.jsonl', ['{"id":"org-1","name":7}'], /organizations\.jsonl, line 1: name/],
    [
      'organizations.jsonl',
      ['{"id":"org-1","name":"A","owner_id":"usr-7"}'],
      /line 1: owner_id "usr-7" is not in users\.jsonl/,
    ],
    ['organizations.jsonl', ['{"id":"x","name":"A"}', '{"id":"x","name":"B"}'], /line 2: line 1 has the id "x" too/],
    ['persons.jsonl', ['[]'], /persons\.jsonl, line 1/],
    ['persons.jsonl', ['{"id":"per-1","organization_ids":["org-7"]}'], /line 1: organization_ids names "org-7"/],
    ['users.jsonl', [Buffer.from([0x7b, 0xff, 0x7d])], /users\.jsonl, near line 1: the bytes are not UTF-8/],
  ] as const)('with a broken line in %s is refused: file, line, what to do', async (name, lines, words) => {
    write(name, lines);
    await expect(readVcCrm(folder)).rejects.toThrow(words);
    await expect(readVcCrm(folder)).rejects.toThrow(/again/);
  });

  it('without one of its files is refused', async () => {
    rmSync(join(folder, 'persons.jsonl'));
    await expect(readVcCrm(folder)).rejects.toThrow(/persons\.jsonl is missing/);
    await expect(readVcCrm(join(folder, 'users.jsonl'))).rejects.toThrow(/is missing/);
  });
});
