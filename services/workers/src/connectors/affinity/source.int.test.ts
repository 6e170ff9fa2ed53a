import {
  type AffinityRow,
  createSandboxClient,
  type Sandbox,
  type SandboxClient,
  startSandbox,
} from '@freight/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OrganizationRecord, PersonRecord } from '../../records/model.ts';
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
];
const count = 250;
const numbers = Array.from({ length: count }, (_, i) => i + 1);
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

testSource('Affinity', async () => {
  const { workspace, source } = await open(rows);
  return {
    source,
    account: 'Birch',
    organizations,
    persons,
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

  it('gives persons without name, address or company, and no colleagues', async () => {
    const { source } = await open([
      { kind: 'user', id: 90, first_name: 'Ines', last_name: 'Holm', email: 'ines@birch.example' },
      { kind: 'person', id: 1, first_name: null, last_name: null, emails: [] },
    ]);
    const { records } = await readPages(source, 'persons');
    expect(records).toMatchObject([{ id: '1', fullName: 'Person 1', emails: [], organizationIds: [] }]);
  });
});
