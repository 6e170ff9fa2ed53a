import {
  type AffinityRow,
  createSandboxClient,
  type Sandbox,
  type SandboxClient,
  startSandbox,
} from '@freight/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpportunityRecord, OrganizationRecord, PersonRecord } from '../../records/model.ts';
import type { CrmAccess } from '../connector.ts';
import { readPages, testSource } from '../source.features.ts';
import { createAffinitySource } from './source.ts';

let sandbox: Sandbox;
let control: SandboxClient;
beforeAll(async () => {
  sandbox = await startSandbox();
  control = createSandboxClient(sandbox.url);
});
afterAll(() => sandbox.stop());

const signal = new AbortController().signal;
const access = (apiKey: string): CrmAccess => ({
  baseUrl: `${sandbox.url}/affinity`,
  apiKey,
  acquire: () => Promise.resolve(),
  pauseAccount: () => Promise.resolve(),
});
const open = async (rows: readonly AffinityRow[]) => {
  const workspace = await control.createWorkspace({ kind: 'affinity', name: 'Birch', limits: null });
  await control.seed(workspace.id, rows);
  return { workspace, source: createAffinitySource(access(workspace.token)) };
};

const textField = 6;
const fields: AffinityRow[] = [
  { kind: 'field', id: 1, name: 'Description', entity_type: 1, value_type: textField },
  { kind: 'field', id: 2, name: 'LinkedIn URL', entity_type: 1, value_type: textField },
  { kind: 'field', id: 3, name: 'Former Names', entity_type: 1, value_type: textField },
  { kind: 'field', id: 4, name: 'Job Titles', entity_type: 0, value_type: 2, allows_multiple: true },
  { kind: 'field', id: 5, name: 'Twitter', entity_type: 0, value_type: textField },
  ...[30, 31].flatMap((list_id): AffinityRow[] => [
    { kind: 'list', id: list_id, name: `Pipeline ${list_id}`, type: 8 },
    { kind: 'field', id: list_id * 10, name: 'Status', entity_type: 8, list_id, value_type: 7 },
    { kind: 'field', id: list_id * 10 + 1, name: 'Amount', entity_type: 8, list_id, value_type: 3 },
    {
      kind: 'field',
      id: list_id * 10 + 2,
      name: 'Owners',
      entity_type: 8,
      list_id,
      value_type: 0,
      allows_multiple: true,
    },
  ]),
];
const count = 250;
const numbers = Array.from({ length: count }, (_, i) => i + 1);
/** Most are on the first of two lists. */
const listOf = (id: number): number => (id <= 120 ? 30 : 31);
const rows: AffinityRow[] = [
  ...fields,
  { kind: 'user', id: 9001, first_name: 'Ines', last_name: 'Holm', email: 'ines@birch.example' },
  ...numbers.map(
    (id): AffinityRow => ({
      kind: 'organization',
      id,
      name: `Company ${id}`,
      domain: `c${id}.com`,
      domains: [`c${id}.com`, `c${id}.org`],
      values: { 1: `Number ${id}`, 3: 'Old; Older' },
    }),
  ),
  ...numbers.map(
    (id): AffinityRow => ({
      kind: 'person',
      id,
      first_name: 'Ada',
      last_name: id % 2 === 0 ? null : `Number ${id}`,
      primary_email: `ada.${id}@c2.com`,
      emails: [`ada.${id}@c2.com`, `ada@c${id}.com`],
      organization_ids: [3, 2, 1],
      values: { 4: ['CEO', 'Founder'], 5: `https://x.com/${id}` },
    }),
  ),
  ...numbers.flatMap((id): AffinityRow[] => [
    {
      kind: 'opportunity',
      id,
      name: `Round ${id}`,
      list_id: listOf(id),
      organization_ids: [2, 1],
      person_ids: [3, 9001],
    },
    {
      kind: 'list_entry',
      id: id + 5000,
      list_id: listOf(id),
      entity_id: id,
      values: { [listOf(id) * 10]: 'New', [listOf(id) * 10 + 1]: id, [listOf(id) * 10 + 2]: [9001] },
    },
  ]),
];
const organizations = numbers.map(
  (id): OrganizationRecord => ({
    id: String(id),
    name: `Company ${id}`,
    formerNames: ['Old', 'Older'],
    domains: [`c${id}.com`, `c${id}.org`],
    invalidDomains: [],
    fields: { 'field-1': [`Number ${id}`] },
  }),
);
const persons = numbers.map((id): PersonRecord => {
  const lastName = id % 2 === 0 ? '' : `Number ${id}`;
  return {
    id: String(id),
    firstName: 'Ada',
    lastName,
    fullName: `Ada ${lastName}`.trim(),
    emails: [...new Set([`ada.${id}@c2.com`, `ada@c${id}.com`])],
    invalidEmails: [],
    organizationIds: ['2', '1', '3'],
    fields: { 'field-4': ['CEO', 'Founder'], 'field-5': [`https://x.com/${id}`] },
  };
});
const opportunities = numbers.map(
  (id): OpportunityRecord => ({
    id: String(id),
    name: `Round ${id}`,
    listId: String(listOf(id)),
    organizationIds: ['2', '1'],
    personIds: ['3'],
    ownerIds: ['9001'],
    isRedacted: false,
    fields: { [`field-${listOf(id) * 10}`]: ['New'], [`field-${listOf(id) * 10 + 1}`]: [id] },
  }),
);

testSource('Affinity', async () => {
  const { workspace, source } = await open(rows);
  return {
    source,
    account: 'Birch',
    organizations,
    persons,
    opportunities,
    failReads: async times => {
      await control.addFault(workspace.id, { kind: '500', times, match: { path: '/v2/companies' } });
    },
  };
});

describe('an Affinity account', () => {
  it('is named as unauthorized with a wrong key', async () => {
    const verdict = await createAffinitySource(access('wrong')).check(signal);
    expect(verdict).toMatchObject({ ok: false, problems: [{ code: 'unauthorized' }] });
  });

  it('gives all companies of a person with more than a listing shows', async () => {
    const many = Array.from({ length: 130 }, (_, i) => i + 1);
    const { source } = await open([
      ...many.map((id): AffinityRow => ({ kind: 'organization', id, name: `Company ${id}` })),
      { kind: 'person', id: 1, first_name: 'Ada', last_name: 'Byron', emails: [], organization_ids: many },
    ]);
    const { records } = await readPages(source, 'persons');
    expect(records.map(record => record.organizationIds)).toEqual([many.map(String)]);
  });

  const deals = (extra: object): AffinityRow[] => [
    ...fields,
    { kind: 'user', id: 9001, first_name: 'Ines', last_name: 'Holm', email: 'ines@birch.example' },
    { kind: 'opportunity', id: 1, name: 'Secret', list_id: 30, ...extra },
    { kind: 'list_entry', id: 5001, list_id: 30, entity_id: 1, values: { 300: 'New', 302: [9001] } },
  ];

  it('gives everybody of an opportunity with more than a listing shows, without colleagues', async () => {
    const many = Array.from({ length: 130 }, (_, i) => i + 1);
    const { source } = await open([
      ...many.map((id): AffinityRow => ({ kind: 'organization', id, name: `Company ${id}` })),
      ...many.map((id): AffinityRow => ({ kind: 'person', id, first_name: 'Ada', last_name: 'Byron', emails: [] })),
      ...deals({ organization_ids: many, person_ids: [...many, 9001] }),
    ]);
    const { records } = await readPages(source, 'opportunities');
    expect(records.map(one => [one.organizationIds, one.personIds])).toEqual([[many.map(String), many.map(String)]]);
  });

  it.each([
    ['redacted', '[Hidden]'],
    ['restricted', 'Secret'],
  ] as const)('says that a %s opportunity may not be looked into', async (access, name) => {
    const { source } = await open(deals({ access, organization_ids: [], person_ids: [] }));
    const { records } = await readPages(source, 'opportunities');
    expect(records).toMatchObject([{ id: '1', name, isRedacted: true, ownerIds: [], fields: {} }]);
  });

  it('has no opportunities where it has no list of them, and says so', async () => {
    const { source } = await open([]);
    expect((await readPages(source, 'opportunities')).records).toEqual([]);
    const { objects } = await source.readSchema(signal);
    expect(objects.find(one => one.object === 'opportunities')?.count).toBe(0);
  });

  it('gives persons without name, address or company, and no colleagues', async () => {
    const { source } = await open([
      { kind: 'user', id: 90, first_name: 'Ines', last_name: 'Holm', email: 'ines@birch.example' },
      { kind: 'person', id: 1, first_name: null, last_name: null, emails: [] },
    ]);
    const { records } = await readPages(source, 'persons');
    expect(records).toMatchObject([{ id: '1', fullName: 'Person 1', emails: [], organizationIds: [] }]);
  });
});
