import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, type Harness, startHarness } from '../../test/harness.ts';
import type { AffinityRow } from '../rows.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

const later = { 'x-affinity-api-version': '2026-07-15' };

const base: readonly AffinityRow[] = [
  { kind: 'user', id: 90, first_name: 'Ines', last_name: 'Holm', email: 'ines@birch.example' },
  { kind: 'user', id: 91, first_name: 'Per', last_name: 'Aakre', email: 'per@birch.example', status: 'deactivated' },
  { kind: 'organization', id: 5, name: 'Quayside', domain: 'quayside.example' },
  { kind: 'person', id: 7, first_name: 'Noor', last_name: 'Amari', primary_email: 'noor@quayside.example' },
  { kind: 'person', id: 8, first_name: 'Kim', is_collaborator: true },
];

const open = async (rows: readonly AffinityRow[], input: Parameters<Harness['affinity']>[0] = {}): Promise<Caller> => {
  const affinity = await harness.affinity(input);
  await harness.control.seed(affinity.id, [...base, ...rows]);
  return affinity;
};

describe('reminders', () => {
  const rows: readonly AffinityRow[] = [
    {
      kind: 'reminder',
      id: 1,
      content: 'Ask for the cap table',
      due_date: '2026-03-10T09:00:00-07:00',
      owner_id: 90,
      person_id: 7,
    },
    {
      kind: 'reminder',
      id: 2,
      type: 1,
      content: 'Keep in touch',
      due_date: '2026-04-01T00:00:00Z',
      reset_type: 2,
      reminder_days: 30,
      owner_id: 91,
      organization_id: 5,
    },
    {
      kind: 'reminder',
      id: 3,
      content: 'Done',
      due_date: '2025-01-01T00:00:00Z',
      status: 0,
      completer_id: 90,
      completed_at: '2025-01-02T00:00:00Z',
    },
  ];

  it('show their kind, state and people in v1, filtered and in pages', async () => {
    const affinity = await open(rows);
    const { body } = await affinity.call('GET', '/reminders?page_size=2');
    expect(body.reminders[1]).toMatchObject({
      type: 1,
      reset_type: 2,
      reminder_days: 30,
      status: 1,
      owner: { id: 91, type: 1, first_name: 'Per' },
      person: null,
      organization: { id: 5, name: 'Quayside' },
    });
    const next = await affinity.call('GET', `/reminders?page_size=2&page_token=${body.next_page_token}`);
    expect(next.body).toMatchObject({
      reminders: [{ id: 3, status: 0, completer: { id: 90 } }],
      next_page_token: null,
    });
    expect((await affinity.call('GET', '/reminders?owner_id=90')).body.reminders).toMatchObject([{ id: 1 }]);
    expect((await affinity.call('GET', '/reminders?person_id=7')).body.reminders).toMatchObject([{ id: 1 }]);
    expect((await affinity.call('GET', '/reminders?status=0')).body.reminders).toMatchObject([{ id: 3 }]);
  });

  it('are there for the later versions of v2 only', async () => {
    const affinity = await open(rows);
    expect((await affinity.call('GET', '/v2/reminders')).status).toBe(404);
    const { body } = await affinity.call('GET', '/v2/reminders', undefined, later);
    expect(body.data[1]).toMatchObject({
      type: 'recurring',
      status: 'active',
      recurrence: { periodDays: 30, resetTrigger: 'meeting' },
    });
    expect(body.data[0]).toMatchObject({ type: 'one-time', recurrence: null, person: { id: 7 }, company: null });
  });

  it('hang on one record at most', async () => {
    await expect(
      open([{ kind: 'reminder', id: 9, content: 'x', due_date: '2026-01-01', person_id: 7, organization_id: 5 }]),
    ).rejects.toThrow(/at most one/);
  });
});

describe('files', () => {
  it('are listed with their sizes; the download leads to an address elsewhere', async () => {
    const affinity = await open([
      { kind: 'file', id: 1, name: 'deck.pdf', size: 62_914_560, organization_id: 5, uploader_id: 90 },
      { kind: 'file', id: 2, name: 'cv.pdf', size: 10, person_id: 7 },
    ]);
    const { body } = await affinity.call('GET', '/entity-files?organization_id=5');
    expect(body.entity_files).toMatchObject([{ id: 1, size: 62_914_560, person_id: null, organization_id: 5 }]);
    expect((await affinity.call('GET', '/v2/files?totalCount=true', undefined, later)).body.pagination.totalCount).toBe(
      2,
    );
    const download = await fetch(`${harness.url}/affinity/entity-files/download/1`, {
      redirect: 'manual',
      headers: { authorization: `Bearer ${affinity.token}` },
    });
    expect(download.status).toBe(302);
    expect(download.headers.get('location')).toMatch(/^https:\/\/files\.affinity\.example\/1/);
  });
});

describe('interactions and history', () => {
  it('can be counted, and read one type and one year at a time', async () => {
    const affinity = await open([
      { kind: 'interaction', id: 1, type: 0, date: '2025-03-01T10:00:00Z', subject: 'Visit', person_ids: [7] },
      { kind: 'interaction', id: 1, type: 3, date: '2025-03-02T10:00:00Z', person_ids: [7], organization_ids: [5] },
    ]);
    expect(await harness.control.counts(affinity.id)).toMatchObject({ interactions: 2, users: 2 });
    const year = 'start_time=2025-01-01T00:00:00Z&end_time=2025-12-31T00:00:00Z';
    expect((await affinity.call('GET', `/interactions?type=0&person_id=7&${year}`)).body.events).toMatchObject([
      { id: 1 },
    ]);
    expect((await affinity.call('GET', `/interactions?type=3&organization_id=5&${year}`)).body.emails).toHaveLength(1);
    expect((await affinity.call('GET', '/v2/meetings?totalCount=true')).body.pagination.totalCount).toBe(1);
    const refused = [
      `/interactions?person_id=7&${year}`,
      `/interactions?type=0&${year}`,
      '/interactions?type=0&person_id=7&start_time=2024-01-01T00:00:00Z&end_time=2025-12-31T00:00:00Z',
      `/interactions?type=0&person_id=90&${year}`,
      `/interactions?type=0&person_id=7&page_size=101&${year}`,
    ];
    for (const path of refused) expect((await affinity.call('GET', path)).status).toBe(422);
  });

  it('leave out of the persons whoever has none, when their dates are asked for', async () => {
    const affinity = await open([
      { kind: 'interaction', id: 1, type: 3, date: '2025-03-01T10:00:00Z', person_ids: [7] },
      { kind: 'interaction', id: 2, type: 3, date: '2025-05-01T10:00:00Z', person_ids: [7] },
    ]);
    expect((await affinity.call('GET', '/persons')).body.persons).toHaveLength(4);
    const { body } = await affinity.call('GET', '/persons?with_interaction_dates=true');
    expect(body.persons).toMatchObject([
      {
        id: 7,
        interaction_dates: {
          first_email_date: '2025-03-01T10:00:00Z',
          last_email_date: '2025-05-01T10:00:00Z',
          last_interaction_date: '2025-05-01T10:00:00Z',
          first_event_date: null,
        },
      },
    ]);
  });

  it('tell who changed a field and when; a record that is gone since is called so', async () => {
    const affinity = await open([
      { kind: 'field', id: 11, name: 'Owner', entity_type: 1, value_type: 0, track_changes: true },
      {
        kind: 'field_value_change',
        id: 1,
        field_id: 11,
        entity_id: 5,
        action_type: 0,
        changer_id: 90,
        changed_at: '2025-01-01T00:00:00Z',
        value: 90,
      },
      {
        kind: 'field_value_change',
        id: 2,
        field_id: 11,
        entity_id: 6,
        action_type: 2,
        changed_at: '2025-02-01T00:00:00Z',
        value: 91,
      },
    ]);
    expect((await affinity.call('GET', '/field-value-changes')).status).toBe(422);
    expect((await affinity.call('GET', '/field-value-changes?field_id=11&action_type=2')).body).toMatchObject([
      { id: 2 },
    ]);
    expect((await affinity.call('GET', '/field-value-changes?field_id=11&limit=1')).body).toMatchObject([
      { id: 1, changer: { id: 90 }, value: 90 },
    ]);
    const { body } = await affinity.call('GET', '/v2/field-value-changes');
    expect(body.data).toMatchObject([
      { actionType: 'add', entity: { id: 5 }, changer: { id: 90 } },
      { actionType: 'update', entity: { referenceType: 'deleted-entity' }, changer: null },
    ]);
  });
});

describe('notes', () => {
  it('of others are absent when they are private; one’s own say that they are', async () => {
    const affinity = await open([
      { kind: 'note', id: 1, content: 'open', creator_id: 91, organization_ids: [5] },
      { kind: 'note', id: 2, content: 'mine', creator_id: 90, sharing: 'private', organization_ids: [5] },
      { kind: 'note', id: 3, content: 'theirs', creator_id: 91, sharing: 'private', organization_ids: [5] },
      {
        kind: 'note',
        id: 4,
        content: 'ours',
        creator_id: 91,
        sharing: 'custom',
        shared_with: [90],
        organization_ids: [5],
      },
    ]);
    const ids = (rows: { id: number }[]) => rows.map(row => row.id);
    expect(ids((await affinity.call('GET', '/notes')).body.notes)).toEqual([1, 2, 4]);
    expect(ids((await affinity.call('GET', '/notes?organization_id=5')).body.notes)).toEqual([1, 2, 4]);
    const { body } = await affinity.call('GET', '/v2/notes');
    expect(body.data.map((note: { permissions: { sharingType: string } }) => note.permissions.sharingType)).toEqual([
      'public',
      'private',
      'custom',
    ]);
    expect((await affinity.call('GET', '/notes/3')).status).toBe(404);
    expect((await affinity.call('GET', '/v2/notes/3')).status).toBe(404);
  });

  it('have HTML in v2 and a text with marks in v1, whichever was given', async () => {
    const html =
      '<p>Met <b>Noor</b> &amp; team</p><ul><li>one</li><li>two</li></ul><table><tr><td>a</td><td>b</td></tr></table>';
    const affinity = await open([
      { kind: 'note', id: 1, html },
      { kind: 'note', id: 2, type: 0, content: 'a < b\nc' },
      { kind: 'note', id: 3, content: 'no HTML', html: null },
    ]);
    expect((await affinity.call('GET', '/notes/1')).body.content).toBe('Met **Noor** & team\n* one\n* two\na b');
    expect((await affinity.call('GET', '/v2/notes/1')).body.content.html).toBe(html);
    expect((await affinity.call('GET', '/notes/2')).body).toMatchObject({ type: 0, content: 'a < b\nc' });
    expect((await affinity.call('GET', '/v2/notes/2')).body.content.html).toBe('<p>a &lt; b<br>c</p>');
    expect((await affinity.call('GET', '/v2/notes/3')).body.content.html).toBeNull();
  });

  it('tell attached, met and mentioned persons apart; replies have none of their own', async () => {
    const affinity = await open([
      {
        kind: 'note',
        id: 1,
        content: 'x',
        person_ids: [7],
        interaction_person_ids: [8],
        mentioned_person_ids: [90],
        interaction: { id: 3, type: 0 },
      },
      { kind: 'note', id: 2, content: 'reply', parent_id: 1, creator_id: 91 },
    ]);
    expect((await affinity.call('GET', '/notes/1')).body).toMatchObject({
      person_ids: [7, 8, 90],
      associated_person_ids: [7],
      interaction_person_ids: [8],
      mentioned_person_ids: [90],
      is_meeting: true,
    });
    expect((await affinity.call('GET', '/v2/notes/1?includes=repliesCount')).body).toMatchObject({
      type: 'interaction',
      interaction: { id: 3, type: 'meeting' },
      mentions: [{ id: 90, type: 'internal' }],
      repliesCount: 1,
    });
    const { body } = await affinity.call('GET', '/v2/notes/1/replies');
    expect(body.data).toMatchObject([{ id: 2, type: 'user-reply', parent: { id: 1 } }]);
    expect((await affinity.call('GET', '/v2/persons/8/notes')).body.data).toMatchObject([{ id: 1 }]);
  });
});

describe('what the key’s user may not see', () => {
  const pipeline: readonly AffinityRow[] = [
    { kind: 'list', id: 28, name: 'Pipeline', type: 8 },
    {
      kind: 'field',
      id: 21,
      name: 'Status',
      entity_type: 8,
      list_id: 28,
      value_type: 7,
      is_status: true,
      dropdown_options: [{ id: 886, text: 'Won', rank: 1, category: 'won', win_rate: 1 }],
    },
    { kind: 'opportunity', id: 1, name: 'Open', list_id: 28, person_ids: [7] },
    { kind: 'opportunity', id: 2, name: 'Restricted', list_id: 28, access: 'restricted' },
    { kind: 'opportunity', id: 3, name: 'Secret', list_id: 28, access: 'redacted', person_ids: [7] },
    { kind: 'list_entry', id: 101, list_id: 28, entity_id: 1, values: { 21: 'Won' } },
    { kind: 'list_entry', id: 102, list_id: 28, entity_id: 2, values: { 21: 'Won' } },
    { kind: 'list_entry', id: 103, list_id: 28, entity_id: 3, values: { 21: 'Won' } },
    { kind: 'list_entry', id: 104, list_id: 28, entity_id: 4, invisible: true },
  ];

  it('is hidden by name and fields, in the words of each version', async () => {
    const affinity = await open(pipeline);
    const path = '/v2/lists/28/list-entries?fieldIds=field-21';
    const old = (await affinity.call('GET', path)).body.data;
    expect(old.map((entry: { entity: { name: string } }) => entry.entity.name)).toEqual([
      'Open',
      'Restricted',
      '[Hidden]',
    ]);
    expect(old[0].entity.fields[0]).toMatchObject({
      type: 'list',
      value: { type: 'ranked-dropdown', data: { text: 'Won' } },
    });
    expect(old[1].entity.fields[0]).toMatchObject({ type: 'list', value: { data: null } });
    expect(old[0].entity).not.toHaveProperty('isRedacted');
    const now = (await affinity.call('GET', path, undefined, later)).body.data;
    expect(now[0].entity).toMatchObject({ isRestricted: false, isRedacted: false, listName: 'Pipeline' });
    expect(now[0].entity.fields[0].value).toMatchObject({
      type: 'status-dropdown',
      data: { statusCategory: 'won', winRate: 1 },
    });
    expect(now[2].entity).toMatchObject({ isRestricted: true, isRedacted: true });
    expect(now[2].entity.fields[0]).toMatchObject({ type: 'hidden', value: { data: null } });
    expect((await affinity.call('GET', '/opportunities/3')).body).toMatchObject({ name: '[Hidden]', person_ids: [] });
    expect((await affinity.call('GET', '/field-values?list_entry_id=103')).body).toEqual([]);
  });

  it('counts in the size of a list all the same', async () => {
    const affinity = await open(pipeline);
    expect((await affinity.call('GET', '/lists/28')).body.list_size).toBe(4);
    expect((await affinity.call('GET', '/lists/28/list-entries')).body).toHaveLength(3);
    expect((await affinity.call('GET', '/lists/28/list-entries/104')).status).toBe(404);
    await harness.control.deleteAffinity(affinity.id, { listEntries: [104] });
    expect((await affinity.call('GET', '/lists/28')).body.list_size).toBe(3);
  });

  it('includes directories that a permission is missing for', async () => {
    const affinity = await open(pipeline, { options: { missingPermissions: ['export-people', 'export-lists'] } });
    expect((await affinity.call('GET', '/v2/persons')).status).toBe(403);
    expect((await affinity.call('GET', '/v2/lists/28/list-entries')).body.errors[0].code).toBe('authorization');
    expect((await affinity.call('GET', '/v2/companies')).status).toBe(200);
  });

  it('is not given away by saved views: sheets show their own entries and columns, others nothing', async () => {
    const affinity = await open([
      ...pipeline,
      { kind: 'saved_view', id: 1, list_id: 28, name: 'Mine', field_ids: [21], entry_ids: [102] },
      { kind: 'saved_view', id: 2, list_id: 28, name: 'Board', type: 'board' },
    ]);
    expect((await affinity.call('GET', '/v2/lists/28/saved-views')).body.data).toHaveLength(2);
    const { body } = await affinity.call('GET', '/v2/lists/28/saved-views/1/list-entries');
    expect(body.data).toMatchObject([{ id: 102, entity: { fields: [{ id: 'field-21' }] } }]);
    expect((await affinity.call('GET', '/v2/lists/28/saved-views/2/list-entries')).status).toBe(403);
  });
});

describe('fields that only v2 knows', () => {
  it('are shown as they were given, and v1 has none of them', async () => {
    const affinity = await open([
      { kind: 'field', id: 31, name: 'Runway', entity_type: 1, value_type: 3, v2_type: 'formula-number' },
      { kind: 'field', id: 32, name: 'Last Email', entity_type: 1, value_type: 4, v2_type: 'interaction' },
      {
        kind: 'organization',
        id: 6,
        name: 'Formula',
        values: { 31: { calculatedValue: 7.5 }, 32: { type: 'email', sentAt: '2025-01-01T00:00:00Z' } },
      },
    ]);
    expect((await affinity.call('GET', '/organizations/fields')).body).toEqual([]);
    expect((await affinity.call('GET', '/field-values?organization_id=6')).body).toEqual([]);
    const { body } = await affinity.call(
      'GET',
      '/v2/companies/6?fieldTypes=global&fieldTypes=relationship-intelligence',
    );
    expect(body.fields).toMatchObject([
      { id: 'field-31', value: { type: 'formula-number', data: { calculatedValue: 7.5 } } },
      { id: 'last-email', type: 'relationship-intelligence', value: { type: 'interaction' } },
    ]);
  });
});

describe('pages', () => {
  it('can come empty with a token that leads on, once, in both APIs', async () => {
    const affinity = await open([{ kind: 'person', id: 9, first_name: 'Lu' }]);
    await harness.control.addFault(affinity.id, { kind: 'empty_page', match: { path: 'persons', afterRequests: 1 } });
    const first = (await affinity.call('GET', '/v2/persons?limit=2')).body;
    const empty = (await affinity.call('GET', first.pagination.nextUrl)).body;
    expect(empty.data).toEqual([]);
    const third = (await affinity.call('GET', empty.pagination.nextUrl)).body;
    expect(third.data.map((row: { id: number }) => row.id)).toEqual([9, 90]);

    await harness.control.addFault(affinity.id, { kind: 'empty_page', match: { path: '/persons' } });
    const v1 = (await affinity.call('GET', '/persons?page_size=2')).body;
    expect(v1.persons).toEqual([]);
    const next = await affinity.call('GET', `/persons?page_size=2&page_token=${v1.next_page_token}`);
    expect(next.body.persons.map((row: { id: number }) => row.id)).toEqual([7, 8]);
  });

  it('stay right when a person is deleted between two of them', async () => {
    const affinity = await open([{ kind: 'person', id: 9, first_name: 'Lu' }]);
    await harness.control.addFault(affinity.id, {
      kind: 'vanish',
      ids: { persons: [7, 9] },
      match: { path: '/v2/persons', afterRequests: 1 },
    });
    const first = (await affinity.call('GET', '/v2/persons?limit=2')).body;
    expect(first.data.map((row: { id: number }) => row.id)).toEqual([7, 8]);
    const second = (await affinity.call('GET', first.pagination.nextUrl)).body;
    expect(second.data.map((row: { id: number }) => row.id)).toEqual([90, 91]);
    expect((await affinity.call('GET', '/persons/7')).status).toBe(404);
  });
});

describe('the monthly budget', () => {
  it('may be used up in part before the first request, and starts anew with the month', async () => {
    const affinity = await open([], { limits: { perMonth: 100, usedThisMonth: 99 } });
    expect((await affinity.call('GET', '/rate-limit')).body.rate.org_monthly).toMatchObject({ remaining: 1, used: 99 });
    expect((await affinity.call('GET', '/v2/persons')).status).toBe(200);
    expect((await affinity.call('GET', '/v2/persons')).status).toBe(429);
    const before = harness.clock.nowMs;
    harness.clock.nowMs = Date.UTC(2026, 1, 1);
    expect((await affinity.call('GET', '/v2/persons')).status).toBe(200);
    harness.clock.nowMs = before;
    const free = await open([], { limits: { perMonth: null } });
    expect((await free.call('GET', '/rate-limit')).body.rate.org_monthly.limit).toBe('unlimited');
  });
});
