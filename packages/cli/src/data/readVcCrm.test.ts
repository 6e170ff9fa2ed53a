import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readVcCrm } from './readVcCrm.ts';
import { toAffinity } from './toAffinity.ts';

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

/** One list, one opportunity on it, one note about that. */
const writeActivity = (): void => {
  write('lists.jsonl', [
    '{"id":"list-1","name":"Flow","entity_type":"opportunity","fields":[{"name":"Stage","type":"dropdown"}]}',
  ]);
  write('opportunities.jsonl', [
    '{"id":"opp-1","name":"Alpha A","organization_ids":["org-1"],"person_ids":["per-1"],"owner_id":"usr-1"}',
  ]);
  write('list_entries.jsonl', [entry({})]);
  write('notes.jsonl', [
    '{"id":"note-1","content":"Met","opportunity_ids":["opp-1"],"created_at":"2020-01-01T00:00:00Z"}',
  ]);
};

const entry = (changes: Record<string, unknown>): string =>
  JSON.stringify({
    id: 'ent-1',
    list_id: 'list-1',
    entity_type: 'opportunity',
    entity_id: 'opp-1',
    fields: { Stage: 'Won' },
    ...changes,
  });

describe('a data folder', () => {
  it('is read whole', async () => {
    const data = await readVcCrm(folder);
    expect(data.organizations.map(row => row.name)).toEqual(['Alpha', 'Beta']);
    expect(data.persons[0]?.organization_ids).toEqual(['org-2']);
  });

  it('is read with its lists, opportunities, entries and notes where it has them', async () => {
    writeActivity();
    const data = await readVcCrm(folder);
    expect(data.lists[0]?.fields).toEqual([{ name: 'Stage', type: 'dropdown' }]);
    expect(data.opportunities[0]).toMatchObject({
      organization_ids: ['org-1'],
      person_ids: ['per-1'],
      owner_id: 'usr-1',
    });
    expect(data.listEntries[0]).toMatchObject({ entity_id: 'opp-1', fields: { Stage: 'Won' } });
    expect(data.notes[0]).toMatchObject({ title: null, content: 'Met', opportunity_ids: ['opp-1'] });
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

  it.each([
    ['list_entries.jsonl', entry({ list_id: 'list-7' }), /line 1: list_id "list-7" is not in lists\.jsonl/],
    ['list_entries.jsonl', entry({ entity_id: 'opp-7' }), /line 1: entity_id "opp-7" is not in opportunities\.jsonl/],
    ['list_entries.jsonl', entry({ entity_type: 'person', entity_id: 'per-1' }), /the list "list-1" holds no person/],
    ['list_entries.jsonl', entry({ fields: { Size: 1 } }), /the list "list-1" has no field "Size"/],
    ['list_entries.jsonl', '', /opportunities\.jsonl, line 1: the opportunity is on 0 lists, and must be on one/],
    [
      'opportunities.jsonl',
      '{"id":"opp-1","name":"A","person_ids":["per-7"]}',
      /person_ids names "per-7", which is not in/,
    ],
    ['notes.jsonl', '{"id":"note-1","content":"x","author_id":"usr-7"}', /author_id "usr-7" is not in users\.jsonl/],
    [
      'notes.jsonl',
      '{"id":"note-1","content":"x","created_at":"soon"}',
      /line 1: created_at: must be an ISO 8601 time/,
    ],
  ] as const)('with a reference in %s that leads nowhere is refused', async (name, line, words) => {
    writeActivity();
    write(name, [line]);
    await expect(readVcCrm(folder)).rejects.toThrow(words);
  });

  it('without one of its files is refused', async () => {
    rmSync(join(folder, 'persons.jsonl'));
    await expect(readVcCrm(folder)).rejects.toThrow(/persons\.jsonl is missing/);
    await expect(readVcCrm(join(folder, 'users.jsonl'))).rejects.toThrow(/is missing/);
  });
});

/** Real data is not a part of the project; where it lies beside it, all of it has to arrive. */
const beside = process.env['FREIGHT_VC_CRM'] ?? join(import.meta.dirname, '../../../../../shared/data/vc-crm');

describe('vc-crm', () => {
  it('fills the stand-in whole: every record, every association, every value of an entry', {
    timeout: 60_000,
  }, async () => {
    if (!existsSync(beside)) return;
    const data = await readVcCrm(beside);
    const lines = [...toAffinity(data)];
    const count = (kind: string): number => lines.filter(line => line.kind === kind).length;
    expect([
      count('user'),
      count('organization'),
      count('person'),
      count('opportunity'),
      count('list'),
      count('list_entry'),
      count('note'),
    ]).toEqual([15, 5_659, 9_823, 6_704, 60, 17_818, 8_756]);

    const sum = (kind: string, key: string): number =>
      lines.reduce((total, line) => {
        const values: unknown = line.kind === kind ? (line as unknown as Record<string, unknown>)[key] : undefined;
        return total + (Array.isArray(values) ? values.length : Object.keys((values as object) ?? {}).length);
      }, 0);
    expect({
      personOrganizations: sum('person', 'organization_ids'),
      opportunityOrganizations: sum('opportunity', 'organization_ids'),
      opportunityPersons: sum('opportunity', 'person_ids'),
      noteOrganizations: sum('note', 'organization_ids'),
      noteOpportunities: sum('note', 'opportunity_ids'),
    }).toEqual({
      personOrganizations: 9_600,
      opportunityOrganizations: 8_334,
      opportunityPersons: 10_399,
      noteOrganizations: 8_756,
      noteOpportunities: 4_661,
    });
    // 43,704 values that the entries bring, and 1,739 owners of opportunities.
    expect(sum('list_entry', 'values')).toBe(43_704 + 1_739);
  });
});
