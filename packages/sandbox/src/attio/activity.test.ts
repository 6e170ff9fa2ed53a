import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attributeBody, type Caller, type Harness, startHarness, values } from '../../test/harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

const members = [
  { email: 'ines@birch.example', firstName: 'Ines', lastName: 'Holm' },
  { email: 'per@birch.example', firstName: 'Per', lastName: 'Aakre', accessLevel: 'suspended' as const },
];

const make = async (attio: Caller, object: string, fields: Record<string, unknown>): Promise<string> =>
  (await attio.call('POST', `/v2/objects/${object}/records`, values(fields))).body.data.id.record_id;

const memberId = async (attio: Caller, email: string): Promise<string> =>
  (await attio.call('GET', '/v2/workspace_members')).body.data.find(
    (member: { email_address: string }) => member.email_address === email,
  ).id.workspace_member_id;

const task = (changes: Record<string, unknown> = {}) => ({
  data: {
    content: 'Ask for the cap table',
    format: 'plaintext',
    deadline_at: '2026-03-10T16:00:00Z',
    is_completed: false,
    linked_records: [],
    assignees: [],
    ...changes,
  },
});

describe('workspace members', () => {
  it('may be suspended, and can then still be referred to', async () => {
    const attio = await harness.attio({ options: { members } });
    const { body } = await attio.call('GET', '/v2/workspace_members');
    expect(body.data.map((member: { access_level: string }) => member.access_level)).toEqual(['admin', 'suspended']);
    const made = await attio.call(
      'POST',
      '/v2/tasks',
      task({ assignees: [{ workspace_member_email_address: 'PER@birch.example' }] }),
    );
    expect(made.status).toBe(200);
  });
});

describe('tasks', () => {
  it('are made whole, linked and assigned, found by their links, and completed', async () => {
    const attio = await harness.attio({ options: { members } });
    const company = await make(attio, 'companies', { name: 'Quayside', domains: ['quayside.example'] });
    const made = await attio.call(
      'POST',
      '/v2/tasks',
      task({
        linked_records: [{ target_object: 'companies', domains: [{ domain: 'quayside.example' }] }],
        assignees: [
          {
            referenced_actor_type: 'workspace-member',
            referenced_actor_id: await memberId(attio, 'ines@birch.example'),
          },
        ],
      }),
    );
    expect(made.body.data).toMatchObject({
      content_plaintext: 'Ask for the cap table',
      deadline_at: '2026-03-10T16:00:00.000000000Z',
      is_completed: false,
      linked_records: [{ target_record_id: company }],
    });
    const id = made.body.data.id.task_id;
    const linked = await attio.call(
      'GET',
      `/v2/tasks?linked_object=companies&linked_record_id=${company}&is_completed=false`,
    );
    expect(linked.body.data).toHaveLength(1);
    expect((await attio.call('GET', '/v2/tasks?assignee=per@birch.example')).body.data).toEqual([]);
    const done = await attio.call('PATCH', `/v2/tasks/${id}`, { data: { is_completed: true } });
    expect(done.body.data.completed_at).not.toBeNull();
    expect((await attio.call('PATCH', `/v2/tasks/${id}`, { data: { content: 'other' } })).status).toBe(400);

    await attio.call('DELETE', `/v2/objects/companies/records/${company}`);
    expect((await attio.call('GET', `/v2/tasks/${id}`)).body.data.linked_records).toEqual([]);
  });

  it('are refused when they are too long, incomplete or linked to what cannot have any', async () => {
    const attio = await harness.attio({ options: { members, dealsEnabled: true } });
    const owner = await memberId(attio, 'ines@birch.example');
    const deal = await make(attio, 'deals', {
      name: 'A',
      stage: 'Lead',
      owner: { referenced_actor_type: 'workspace-member', referenced_actor_id: owner },
    });
    const refusals: [Record<string, unknown>, string][] = [
      [{ content: 'x'.repeat(2001) }, 'validation_type'],
      [{ deadline_at: undefined }, 'validation_type'],
      [{ assignees: undefined }, 'validation_type'],
      [{ format: 'markdown' }, 'validation_type'],
      [{ linked_records: [{ target_object: 'deals', target_record_id: deal }] }, 'validation_type'],
      [{ linked_records: [{ target_object: 'people', target_record_id: deal }] }, 'value_not_found'],
      [{ assignees: [{ workspace_member_email_address: 'nobody@birch.example' }] }, 'value_not_found'],
    ];
    for (const [changes, code] of refusals) {
      expect((await attio.call('POST', '/v2/tasks', task(changes))).body).toMatchObject({ status_code: 400, code });
    }
    expect((await harness.control.counts(attio.id)).tasks).toBe(0);
  });
});

describe('comments', () => {
  it('keep author and date, on a record and in its thread', async () => {
    const attio = await harness.attio({ options: { members } });
    const company = await make(attio, 'companies', { name: 'Quayside' });
    const author = { type: 'workspace-member', id: await memberId(attio, 'per@birch.example') };
    const first = await attio.call('POST', '/v2/comments', {
      data: {
        format: 'plaintext',
        content: 'Old remark',
        author,
        created_at: '2020-01-01T00:00:00Z',
        record: { object: 'companies', record_id: company },
      },
    });
    expect(first.body.data).toMatchObject({ author, created_at: '2020-01-01T00:00:00.000000000Z' });
    const reply = { format: 'plaintext', content: 'And more', author, thread_id: first.body.data.thread_id };
    expect((await attio.call('POST', '/v2/comments', { data: reply })).status).toBe(200);
    const threads = (await attio.call('GET', `/v2/threads?object=companies&record_id=${company}`)).body.data;
    expect(threads).toHaveLength(1);
    expect(threads[0].comments).toHaveLength(2);
    const stranger = { ...reply, author: { type: 'workspace-member', id: company } };
    expect((await attio.call('POST', '/v2/comments', { data: stranger })).body.code).toBe('value_not_found');
  });
});

describe('notes', () => {
  it('can be changed, and are refused above the size that the workspace takes', async () => {
    const attio = await harness.attio({ options: { noteContentMaxBytes: 10 } });
    const parent = { parent_object: 'companies', parent_record_id: await make(attio, 'companies', { name: 'Q' }) };
    const made = await attio.call('POST', '/v2/notes', {
      data: { ...parent, title: 'Call', format: 'plaintext', content: 'short' },
    });
    const path = `/v2/notes/${made.body.data.id.note_id}`;
    expect((await attio.call('PATCH', path, { data: { title: 'Visit' } })).body.data).toMatchObject({
      title: 'Visit',
      content_plaintext: 'short',
    });
    expect((await attio.call('PATCH', path, { data: { content: 'more than ten' } })).status).toBe(413);
    expect(
      (
        await attio.call('POST', '/v2/notes', {
          data: { ...parent, title: 'x', format: 'plaintext', content: 'more than ten' },
        })
      ).status,
    ).toBe(413);
  });

  it('are listed at most ten times a second, whatever the limit on reads', async () => {
    const attio = await harness.attio({ limits: { readBurst: 100 } });
    for (let i = 0; i < 10; i++) expect((await attio.call('GET', '/v2/notes')).status).toBe(200);
    expect((await attio.call('GET', '/v2/notes')).status).toBe(429);
    expect((await attio.call('GET', '/v2/lists')).status).toBe(200);
    harness.clock.nowMs += 1000;
    expect((await attio.call('GET', '/v2/notes')).status).toBe(200);
  });
});

describe('the plan of a workspace', () => {
  const list = (changes: Record<string, unknown> = {}) => ({
    data: {
      name: 'Pipeline',
      api_slug: 'pipeline',
      parent_object: 'companies',
      workspace_access: 'full-access',
      workspace_member_access: [],
      ...changes,
    },
  });

  it('may lack finer permissions of lists: 403 billing_error, and nothing is made', async () => {
    const attio = await harness.attio({ options: { members, advancedListPermissions: false } });
    const access = [{ workspace_member_id: await memberId(attio, 'ines@birch.example'), level: 'full-access' }];
    const refused = await attio.call(
      'POST',
      '/v2/lists',
      list({ workspace_access: null, workspace_member_access: access }),
    );
    expect(refused.body).toMatchObject({ status_code: 403, code: 'billing_error' });
    expect((await attio.call('GET', '/v2/lists')).body.data).toEqual([]);
    expect((await attio.call('POST', '/v2/lists', list())).status).toBe(200);
    expect(
      (
        await attio.call('PATCH', '/v2/lists/pipeline', {
          data: { workspace_access: 'read-only', workspace_member_access: access },
        })
      ).status,
    ).toBe(403);
  });

  it('with them takes members that there are, and somebody with full access', async () => {
    const attio = await harness.attio({ options: { members } });
    const id = await memberId(attio, 'ines@birch.example');
    const [nobody, level] = [
      { workspace_member_id: attio.id, level: 'full-access' },
      { workspace_member_id: id, level: 'all' },
    ];
    expect(
      (await attio.call('POST', '/v2/lists', list({ workspace_access: null, workspace_member_access: [nobody] }))).body
        .code,
    ).toBe('value_not_found');
    expect(
      (await attio.call('POST', '/v2/lists', list({ workspace_access: null, workspace_member_access: [level] }))).body
        .code,
    ).toBe('validation_type');
    expect((await attio.call('POST', '/v2/lists', list({ workspace_access: null }))).body.code).toBe('validation_type');
    const member = { workspace_member_id: id, level: 'full-access' };
    expect(
      (await attio.call('POST', '/v2/lists', list({ workspace_access: null, workspace_member_access: [member] })))
        .status,
    ).toBe(200);
  });

  it('has quotas of objects, records and attributes', async () => {
    const attio = await harness.attio({
      options: { quotas: { objects: 2, records: 2, attributes: 33 }, autoCreateCompanies: false },
    });
    const object = { data: { api_slug: 'funds', singular_noun: 'Fund', plural_noun: 'Funds' } };
    expect((await attio.call('POST', '/v2/objects', object)).body.code).toBe('quota_exceeded');
    await make(attio, 'companies', { name: 'A' });
    await make(attio, 'people', { name: 'B, C' });
    expect((await attio.call('POST', '/v2/objects/companies/records', values({ name: 'D' }))).body).toMatchObject({
      status_code: 400,
      code: 'quota_exceeded',
    });
    const attributes = (await attio.call('GET', '/v2/objects/companies/attributes')).body.data.length;
    for (let i = attributes; i < 33; i++) {
      expect(
        (await attio.call('POST', '/v2/objects/companies/attributes', attributeBody(`a${i}`, 'text'))).status,
      ).toBe(200);
    }
    expect(
      (await attio.call('POST', '/v2/objects/companies/attributes', attributeBody('last', 'text'))).body.code,
    ).toBe('quota_exceeded');
  });
});

describe('enrichment', () => {
  it('fills what is empty by itself, after its time, and cannot be overridden; what was written stays', async () => {
    const attio = await harness.attio({ options: { enrichment: { afterMs: 5000 } } });
    const id = await make(attio, 'companies', { name: 'Quayside', domains: ['quayside.example'], description: 'Ours' });
    const read = async () => (await attio.call('GET', `/v2/objects/companies/records/${id}`)).body.data.values;
    expect((await read()).employee_range).toEqual([]);
    harness.clock.nowMs += 5000;
    const now = await read();
    expect(now.description).toMatchObject([{ value: 'Ours', created_by_actor: { type: 'api-token' } }]);
    expect(now.categories[0]).toMatchObject({ created_by_actor: { type: 'system' } });
    expect(now.logo_url[0].value).toContain('quayside.example');
    const path = `/v2/objects/companies/records/${id}`;
    expect((await attio.call('PATCH', path, values({ linkedin: 'x' }))).body.code).toBe('immutable_value');
    expect((await attio.call('PATCH', path, values({ description: 'New' }))).status).toBe(200);
  });
});

describe('what is Attio’s own', () => {
  it('are the options of its selects; the stages of deals are the workspace’s', async () => {
    const attio = await harness.attio({ options: { dealsEnabled: true } });
    const option = { data: { title: 'Mine' } };
    const refused = await attio.call('POST', '/v2/objects/companies/attributes/categories/options', option);
    expect(refused.body).toMatchObject({ status_code: 400, code: 'system_edit_unauthorized' });
    const stages = '/v2/objects/deals/attributes/stage/statuses';
    expect((await attio.call('POST', stages, option)).status).toBe(200);
    expect((await attio.call('PATCH', `${stages}/Lead`, { data: { is_archived: true } })).status).toBe(200);
    expect((await attio.call('GET', stages)).body.data.map((each: { title: string }) => each.title)).toEqual([
      'In Progress',
      'Won 🎉',
      'Lost',
      'Mine',
    ]);
    expect((await attio.call('POST', stages, { data: { title: 'Lead' } })).body.code).toBe('slug_conflict');
  });

  it('is the link to the company of a new person’s address', async () => {
    const attio = await harness.attio();
    const id = await make(attio, 'people', { email_addresses: ['noor@quayside.example'] });
    const { values: now } = (await attio.call('GET', `/v2/objects/people/records/${id}`)).body.data;
    expect(now.company[0].created_by_actor.type).toBe('system');
    expect(now.email_addresses[0].created_by_actor.type).toBe('api-token');
    const { damages } = await harness.control.damage(attio.id, { kind: 'unlink', object: 'people' });
    expect(damages).toEqual([]);
  });
});

describe('a record that was there before', () => {
  it('is no enriched one: its values may be written', async () => {
    const attio = await harness.attio();
    await harness.control.seed(attio.id, [{ kind: 'company', values: { name: 'Old', domains: ['old.example'] } }]);
    const query = await attio.call('POST', '/v2/objects/companies/records/query', {});
    const path = `/v2/objects/companies/records/${query.body.data[0].id.record_id}`;
    for (const domain of ['a.example', 'b.example']) {
      expect((await attio.call('PATCH', path, values({ domains: [domain], name: domain }))).status).toBe(200);
    }
  });
});

describe('what a person does in Attio’s own windows', () => {
  it('is theirs by actor and time, beside what the token wrote', async () => {
    const attio = await harness.attio({ options: { members } });
    const id = await make(attio, 'companies', { name: 'Quayside', linkedin: 'q' });
    harness.clock.nowMs += 60_000;
    await harness.control.editAttio(attio.id, {
      kind: 'update_record',
      object: 'companies',
      recordId: id,
      values: { name: 'Quayside Ltd' },
      member: 'per@birch.example',
    });
    const { values: now } = (await attio.call('GET', `/v2/objects/companies/records/${id}`)).body.data;
    expect(now.name[0]).toMatchObject({
      value: 'Quayside Ltd',
      created_by_actor: { type: 'workspace-member', id: await memberId(attio, 'per@birch.example') },
    });
    expect(Date.parse(now.name[0].active_from)).toBe(harness.clock.nowMs);
    expect(now.linkedin[0].created_by_actor.type).toBe('api-token');
    const history = await attio.call(
      'GET',
      `/v2/objects/companies/records/${id}/attributes/name/values?show_historic=true`,
    );
    expect(
      history.body.data.map((value: { created_by_actor: { type: string } }) => value.created_by_actor.type),
    ).toEqual(['workspace-member', 'api-token']);
  });

  it('may merge two records into a third one, which takes over what hung on them', async () => {
    const attio = await harness.attio({ options: { members } });
    const [one, two] = [
      await make(attio, 'companies', { name: 'One', domains: ['one.example'] }),
      await make(attio, 'companies', { name: 'Two', domains: ['two.example'], linkedin: 'two' }),
    ];
    const person = await make(attio, 'people', {
      name: 'Amari, Noor',
      company: [{ target_object: 'companies', target_record_id: two }],
    });
    await attio.call('POST', '/v2/notes', {
      data: { parent_object: 'companies', parent_record_id: one, title: 'a', format: 'plaintext', content: 'b' },
    });
    const { id } = await harness.control.editAttio(attio.id, {
      kind: 'merge_records',
      object: 'companies',
      primaryId: one,
      secondaryId: two,
    });
    for (const gone of [one, two]) {
      expect((await attio.call('GET', `/v2/objects/companies/records/${gone}`)).status).toBe(404);
    }
    const { values: now } = (await attio.call('GET', `/v2/objects/companies/records/${id}`)).body.data;
    expect(now.name[0].value).toBe('One');
    expect(now.linkedin[0].value).toBe('two');
    expect(now.domains.map((each: { domain: string }) => each.domain)).toEqual(['one.example', 'two.example']);
    expect(now.team[0].target_record_id).toBe(person);
    expect((await attio.call('GET', `/v2/notes?parent_record_id=${id}`)).body.data).toHaveLength(1);
    const path = '/v2/objects/companies/records?matching_attribute=domains';
    expect((await attio.call('PUT', path, values({ domains: ['two.example'] }))).body.data.id.record_id).toBe(id);
  });

  it('reaches everything, and is refused in Attio’s words', async () => {
    const attio = await harness.attio({ options: { members } });
    const { id } = await harness.control.editAttio(attio.id, {
      kind: 'create_record',
      object: 'people',
      values: { name: 'Amari, Noor' },
    });
    const note = await attio.call('POST', '/v2/notes', {
      data: { parent_object: 'people', parent_record_id: id, title: 'a', format: 'plaintext', content: 'b' },
    });
    const noteId = note.body.data.id.note_id;
    await harness.control.editAttio(attio.id, { kind: 'update_note', noteId, content: 'c' });
    expect((await attio.call('GET', `/v2/notes/${noteId}`)).body.data.content_plaintext).toBe('c');
    const taskId = (await attio.call('POST', '/v2/tasks', task())).body.data.id.task_id;
    await harness.control.editAttio(attio.id, { kind: 'update_task', taskId, isCompleted: true });
    await harness.control.editAttio(attio.id, { kind: 'delete_note', noteId });
    await harness.control.editAttio(attio.id, { kind: 'delete_task', taskId });
    await harness.control.editAttio(attio.id, { kind: 'delete_record', object: 'people', recordId: id });
    expect(await harness.control.counts(attio.id)).toMatchObject({ people: 0, notes: 0, tasks: 0 });
    await expect(
      harness.control.editAttio(attio.id, { kind: 'create_record', object: 'people', values: { nonsense: 1 } }),
    ).rejects.toThrow(/value_not_found/);
    const affinity = await harness.affinity();
    await expect(harness.control.editAttio(affinity.id, { kind: 'delete_note', noteId })).rejects.toThrow(
      /not an attio/,
    );
  });
});
