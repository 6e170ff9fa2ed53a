import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createSandboxClient,
  type Sandbox,
  type SandboxClient,
  startSandbox,
  type WorkspaceInfo,
} from '@freight/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { edgeCaseData, edgeCases, type SubjectKind } from './index.ts';

const data = edgeCaseData();

/** What a tool has to get right by all means; the set may hold more. */
const demanded = `
  company-without-domain companies-sharing-a-domain company-with-three-domains global-company company-name-with-emoji-and-quotes
  person-without-email person-with-six-emails person-with-four-companies internal-person-among-people calendar-group-person
  person-in-attio-under-second-email person-matching-two-in-attio opportunity-without-status opportunity-without-owner
  opportunity-with-deactivated-owner opportunity-with-two-owners opportunity-with-zero-amount opportunity-with-five-decimals
  pipelines-sharing-stage-names company-three-times-on-a-list dropdown-values-differing-by-case date-at-pacific-midnight-in-summer
  date-at-pacific-midnight-in-winter date-at-utc-midnight location-with-only-a-country location-with-unknown-country
  multi-number-field person-field-mixing-internal-and-external reference-to-out-of-scope-company note-with-rich-html
  note-with-three-associations note-with-only-the-own-firm reply-note private-note note-dated-in-the-future note-from-before-1970
  note-of-100000-characters recurring-reminder file-of-60-mb merged-company person-deleted-between-pages empty-page-with-a-next-token
  rate-limit-in-the-middle time-out-after-the-write`
  .trim()
  .split(/\s+/);

const rowKinds: Readonly<Record<SubjectKind, string>> = {
  users: 'user',
  organizations: 'organization',
  persons: 'person',
  opportunities: 'opportunity',
  lists: 'list',
  fields: 'field',
  listEntries: 'list_entry',
  notes: 'note',
  reminders: 'reminder',
  files: 'file',
};

describe('the edge cases', () => {
  it('have names of their own that can be quoted, and say in one line what is special', () => {
    const names = edgeCases.map(one => one.name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, says } of edgeCases) {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(says).toMatch(/^[^\n|]{20,140}\.$/);
    }
  });

  it('hold every case that is demanded', () => {
    const names = new Set(edgeCases.map(one => one.name));
    expect(demanded.filter(name => !names.has(name))).toEqual([]);
  });

  it('are about records that are there, and no two rows of a kind share an id', () => {
    const ids = data.affinity.flatMap(row => ('id' in row ? [`${row.kind} ${row.id}`] : []));
    expect(ids.length).toBe(new Set(ids).size);
    for (const { name, about } of edgeCases) {
      const missing = about.filter(([kind, id]) => !ids.includes(`${rowKinds[kind]} ${id}`));
      expect({ name, missing }).toEqual({ name, missing: [] });
    }
  });

  it('stand in the documentation, word for word and in this order', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../../docs/reference/edge-cases.md'), 'utf8');
    const rows = page
      .split('\n')
      .filter(line => line.startsWith('| `'))
      .map(line => line.split('|').map(cell => cell.trim()));
    expect(rows.map(([, name, says]) => [name, says])).toEqual(
      edgeCases.map(({ name, says }) => [`\`${name}\``, says]),
    );
  });
});

describe('the edge cases at the stand-ins', () => {
  let sandbox: Sandbox;
  let control: SandboxClient;
  let affinity: WorkspaceInfo;
  let attio: WorkspaceInfo;
  beforeAll(async () => {
    sandbox = await startSandbox();
    control = createSandboxClient(sandbox.url);
    affinity = await control.createWorkspace({ kind: 'affinity', name: 'Birch', limits: null });
    attio = await control.createWorkspace({ kind: 'attio', name: 'Birch', limits: null, options: data.attio.options });
    await control.seed(affinity.id, data.affinity);
    await control.seed(attio.id, data.attio.rows);
    for (const edit of data.attio.edits) await control.editAttio(attio.id, edit);
  });
  afterAll(() => sandbox.stop());

  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what came off the wire.
  const get = async (path: string, at = affinity, version = '2026-07-15'): Promise<{ status: number; body: any }> => {
    const headers = {
      authorization: `Bearer ${at.token}`,
      ...(at.kind === 'affinity' ? { 'x-affinity-api-version': version } : {}),
    };
    const response = await fetch(path.startsWith('http') ? path : `${sandbox.url}/${at.kind}${path}`, { headers });
    return { status: response.status, body: await response.json() };
  };
  const idsIn = (rows: readonly { readonly id: number }[]): number[] => rows.map(row => row.id);

  it('go in whole, on both sides', async () => {
    const counts = await control.counts(affinity.id);
    expect(counts['users']).toBe(4);
    expect(counts['reminders']).toBe(4);
    expect(counts['files']).toBe(1);
    expect(await control.counts(attio.id)).toMatchObject({ companies: 3, people: 3, autoCreatedCompanies: 0 });
  });

  it('show through the API what is special about them', async () => {
    expect((await get('/organizations/119')).status).toBe(422);
    expect((await get('/v2/companies/115')).body.isGlobal).toBe(true);
    expect((await get('/v2/persons/211')).body.emailAddresses).toHaveLength(6);
    expect((await get('/v2/companies/121?fieldTypes=global')).body.fields).toContainEqual(
      expect.objectContaining({ name: 'Founded On', value: { type: 'datetime', data: '2024-07-01T07:00:00Z' } }),
    );
    expect((await get('/v2/companies/126?fieldTypes=global')).body.fields).toContainEqual(
      expect.objectContaining({ name: 'Rounds', value: { type: 'number-multi', data: [1.5, 20, 300] } }),
    );
    expect((await get('/v2/companies/127?fieldTypes=global')).body.fields).toContainEqual(
      expect.objectContaining({
        value: {
          type: 'person-multi',
          data: [expect.objectContaining({ type: 'internal' }), expect.objectContaining({ type: 'external' })],
        },
      }),
    );
    const watched = (await get('/lists/1/list-entries')).body;
    expect(watched.filter((entry: { entity_id: number }) => entry.entity_id === 100)).toHaveLength(3);
    expect((await get('/lists/1')).body.list_size).toBe(watched.length + 1);
    const options = (await get('/v2/lists/1/fields/field-3001/dropdown-options')).body.data;
    expect(options.map((option: { text: string }) => option.text)).toEqual(['Warm', 'warm', 'Warm ']);
    expect((await get('/v2/opportunities/329')).body).toMatchObject({ name: '[Hidden]', isRedacted: true });
    expect((await get('/v2/notes/427')).body.permissions.sharingType).toBe('private');
    expect(idsIn((await get('/v2/notes/424/replies')).body.data)).toEqual([425, 426]);
    expect((await get('/notes/431')).body.content).toHaveLength(100_000);
    expect((await get('/v2/notes/434')).body.content.html).toBeNull();
    expect((await get('/v2/reminders')).body.data[0]).toMatchObject({ type: 'recurring' });
    expect((await get('/v2/users')).body.data.map((user: { status: string }) => user.status)).toContain('deactivated');
    const archived = (await get('/v2/objects/companies/attributes?show_archived=true', attio)).body.data;
    expect(archived).toContainEqual(expect.objectContaining({ api_slug: 'industry', is_archived: true }));
    const levels = (await get('/v2/workspace_members', attio)).body.data.map(
      (one: { access_level: string }) => one.access_level,
    );
    expect(levels).toEqual(['admin', 'suspended', 'member']);
  });

  it('go wrong on the way as they say: a person gone between pages, then an empty page, and nobody else missing', async () => {
    for (const fault of data.faults.affinity) await control.addFault(affinity.id, fault);
    for (const fault of data.faults.attio) await control.addFault(attio.id, fault);
    const seen: number[][] = [];
    for (let next: string | null = '/v2/persons?limit=100'; next !== null; ) {
      const { body }: Awaited<ReturnType<typeof get>> = await get(next);
      seen.push(idsIn(body.data));
      next = body.pagination.nextUrl;
    }
    expect(seen.map(page => page.length)).toEqual([100, 100, 0, 37]);
    expect(seen[0]).toContain(230);
    expect((await get('/v2/persons/230')).status).toBe(404);
    const left = await control.faults(affinity.id);
    expect(left.map(({ fired }) => fired)).toEqual([1, 1]);
  });
});
