import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attributeBody, type Caller, type Harness, startHarness, values } from '../../../test/harness.ts';
import { type Damage, type DamageKind, damageKinds } from '../../control/types.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

const members = [
  { email: 'ines@birch.example', firstName: 'Ines', lastName: 'Holm' },
  { email: 'per@birch.example', firstName: 'Per', lastName: 'Aakre' },
  { email: 'jon@birch.example', firstName: 'Jon', lastName: 'Bell' },
];

const must = async (answer: Promise<{ status: number; body: { data: Record<string, unknown> } }>) => {
  const { status, body } = await answer;
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.data as Record<string, Record<string, string>>;
};

/** A workspace in which every kind of damage finds something to strike, all of it written through the API. */
const openWorkspace = async (): Promise<Caller> => {
  const attio = await harness.attio({ options: { members, dealsEnabled: true, autoCreateCompanies: false } });
  const post = (path: string, body: unknown) => must(attio.call('POST', path, body));
  for (const target of ['objects/companies', 'lists/flow', 'lists/watch']) {
    if (target.startsWith('lists/')) {
      const slug = target.slice(6);
      await post('/v2/lists', {
        data: {
          name: slug,
          api_slug: slug,
          parent_object: 'companies',
          workspace_access: 'full-access',
          workspace_member_access: [],
        },
      });
    }
    for (const [slug, type, extra] of [
      ['remark', 'text', {}],
      ['score', 'number', {}],
      ['since', 'date', {}],
      ['seen_at', 'timestamp', {}],
      ['hot', 'checkbox', {}],
      ['tags', 'select', { is_multiselect: true }],
    ] as const) {
      await post(`/v2/${target}/attributes`, attributeBody(slug, type, extra));
    }
    for (const title of ['A', 'B', 'C']) await post(`/v2/${target}/attributes/tags/options`, { data: { title } });
  }
  const cells = (i: number) => ({
    remark: `Zürich remark ${i}\nsecond line`,
    score: i + 0.5,
    since: `2024-01-${10 + i}`,
    seen_at: `2024-02-${10 + i}T10:00:00Z`,
    hot: i % 2 === 0,
    tags: ['A', 'B'],
  });
  for (let i = 0; i < 4; i++) {
    const company = await post(
      '/v2/objects/companies/records',
      values({ name: `Büro ${i}`, domains: [`a${i}.example`, `b${i}.example`], ...cells(i) }),
    );
    const companyId = company['id']?.['record_id'] ?? '';
    const target = { target_object: 'companies', target_record_id: companyId };
    const person = await post(
      '/v2/objects/people/records',
      values({
        name: `Amari, Noor ${i}`,
        email_addresses: [`n${i}@a.example`, `n${i}@b.example`],
        company: [target],
        job_title: `Gründer ${i}`,
      }),
    );
    const personId = person['id']?.['record_id'] ?? '';
    await post(
      '/v2/objects/deals/records',
      values({
        name: `Deal ${i}`,
        stage: i % 2 === 0 ? 'Lead' : 'Lost',
        owner: 'ines@birch.example',
        value: 1000 + i,
        associated_company: target,
        associated_people: [{ target_object: 'people', target_record_id: personId }],
      }),
    );
    await post(`/v2/lists/${i < 3 ? 'flow' : 'watch'}/entries`, {
      data: { parent_object: 'companies', parent_record_id: companyId, entry_values: cells(i) },
    });
    await post('/v2/notes', {
      data: {
        parent_object: 'companies',
        parent_record_id: companyId,
        title: `Tür ${i}`,
        format: 'plaintext',
        content: `Line one ${i}\nline two\nline thrée`,
        created_at: '2024-01-01T00:00:00Z',
      },
    });
    await post('/v2/tasks', {
      data: {
        content: `Ring ${i}\nspäter`,
        format: 'plaintext',
        deadline_at: '2026-03-10T16:00:00Z',
        is_completed: false,
        linked_records: [{ target_object: 'people', target_record_id: personId }],
        assignees: [{ workspace_member_email_address: 'per@birch.example' }],
      },
    });
  }
  return attio;
};

/** Everything that the API shows, by `object id field`; what only mirrors another record is left out. */
const readAll = async (attio: Caller): Promise<Map<string, string>> => {
  const all = new Map<string, string>();
  const put = (object: string, id: string, fields: Record<string, unknown>): void => {
    for (const [field, value] of Object.entries(fields)) all.set(`${object} ${id} ${field}`, JSON.stringify(value));
  };
  const mirrors = new Set(['team', 'associated_deals', 'record_id', 'entry_id', 'created_by']);
  const shown = (fields: Record<string, unknown[]>) =>
    Object.fromEntries(Object.entries(fields).filter(([slug, list]) => !mirrors.has(slug) && list.length > 0));
  for (const object of ['companies', 'people', 'deals']) {
    const { body } = await attio.call('POST', `/v2/objects/${object}/records/query`, {});
    for (const rec of body.data) put(object, rec.id.record_id, shown(rec.values));
  }
  for (const list of ['flow', 'watch']) {
    const { body } = await attio.call('POST', `/v2/lists/${list}/entries/query`, {});
    for (const entry of body.data) {
      put('entries', entry.id.entry_id, { ...shown(entry.entry_values), parent_record_id: entry.parent_record_id });
    }
  }
  for (const { id, title, content_plaintext: content, created_at, parent_record_id } of (
    await attio.call('GET', '/v2/notes?limit=50')
  ).body.data) {
    put('notes', id.note_id, { title, content, created_at, parent_record_id });
  }
  for (const { id, content_plaintext: content, deadline_at, is_completed, linked_records, assignees } of (
    await attio.call('GET', '/v2/tasks')
  ).body.data) {
    put('tasks', id.task_id, { content, deadline_at, is_completed, linked_records, assignees });
  }
  return all;
};

/** What differs, as `object id field`, or `object id` for what is wholly gone or new. */
const differencesOf = (before: Map<string, string>, after: Map<string, string>): string[] => {
  const thingOf = (key: string): string => key.split(' ').slice(0, 2).join(' ');
  const [old, now] = [before, after].map(all => new Set([...all.keys()].map(thingOf)));
  const found = new Set<string>();
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    if (before.get(key) === after.get(key)) continue;
    const thing = thingOf(key);
    found.add(old?.has(thing) === true && now?.has(thing) === true ? key : thing);
  }
  return [...found].toSorted();
};

/** What the control door says was struck, in the same form. */
const namedBy = (damage: Damage): string[] => {
  const whole = damage.kind === 'double_record' ? damage.ids.slice(1) : damage.ids;
  return [
    ...whole.map(id => (damage.field === null ? `${damage.object} ${id}` : `${damage.object} ${id} ${damage.field}`)),
    ...damage.alsoChanged.map(({ object, id, field }) =>
      field === null ? `${object} ${id}` : `${object} ${id} ${field}`,
    ),
  ].toSorted();
};

const records = ['companies', 'people', 'deals', 'entries'];
const texts = ['companies', 'entries', 'notes', 'tasks'];
const reach: Readonly<Record<DamageKind, readonly string[]>> = {
  lose_record: [...records, 'notes', 'tasks'],
  double_record: [...records, 'notes', 'tasks'],
  truncate_text: [...records, 'notes', 'tasks'],
  mangle_text: [...texts, 'people'],
  lose_line: texts,
  swap_values: [...records, 'notes'],
  re_date: ['companies', 'entries', 'notes', 'tasks'],
  nudge_number: ['companies', 'deals', 'entries'],
  unlink: ['people', 'deals', 'tasks'],
  relink: ['people', 'deals', 'entries', 'notes'],
  drop_one_of_several: ['companies', 'people', 'entries'],
  clear_value: records,
  change_choice: ['companies', 'deals', 'entries'],
  flip_checkbox: ['companies', 'entries', 'tasks'],
  move_entry: ['entries'],
};

// Each test fills a workspace by some sixty calls: a second on a free machine, more on a busy one.
describe('silent damage', { timeout: 60_000 }, () => {
  it.each(damageKinds)(
    '%s strikes everything that it can, and the control door names exactly what differs',
    async kind => {
      const attio = await openWorkspace();
      let before = await readAll(attio);
      for (const object of reach[kind]) {
        const { damages } = await harness.control.damage(attio.id, { kind, object });
        expect({ object, struck: damages.length }).toEqual({ object, struck: 1 });
        const [damage] = damages;
        if (damage === undefined) throw new Error('nothing was struck');
        const after = await readAll(attio);
        expect(differencesOf(before, after)).toEqual(namedBy(damage));
        expect(damage).toMatchObject({ kind, when: 'now', object, stands: true });
        if (damage.field !== null) expect(damage.before).not.toEqual(damage.after);
        before = after;
      }
    },
  );

  it.each(damageKinds)('%s strikes a write that was answered as if all were well', async kind => {
    const object = reach[kind][0] ?? '';
    const attio = await openWorkspace();
    const armed = await harness.control.damage(attio.id, { kind, object, when: 'on_write' });
    expect(armed).toMatchObject({ damages: [], armed: [{ left: 1 }] });
    const before = await readAll(attio);
    // Everything is written once more as it is: the first thing of this kind is then struck.
    for (const [key, parts] of new Map(
      [...before.keys()].map(each => [each.split(' ').slice(0, 2).join(' '), each.split(' ')]),
    )) {
      const id = parts[1] ?? '';
      if (!key.startsWith(`${object} `)) continue;
      const path: Record<string, [string, string, unknown]> = {
        entries: ['PATCH', `/v2/lists/flow/entries/${id}`, { data: { entry_values: {} } }],
        notes: ['PATCH', `/v2/notes/${id}`, { data: {} }],
        tasks: ['PATCH', `/v2/tasks/${id}`, { data: {} }],
      };
      const [method, url, body] = path[object] ?? ['PATCH', `/v2/objects/${object}/records/${id}`, values({})];
      const answer = await attio.call(method, url, body);
      expect(answer.status).toBe(200);
      const { damages } = await harness.control.damages(attio.id);
      const [damage] = damages;
      if (damage === undefined) continue;
      expect(damage.ids[0]).toBe(id);
      expect(differencesOf(before, await readAll(attio))).toEqual(namedBy(damage));
      return;
    }
    throw new Error('no write was struck');
  });

  it('tells the caller what it wrote, and stores something else', async () => {
    const attio = await openWorkspace();
    await harness.control.damage(attio.id, {
      kind: 'truncate_text',
      object: 'companies',
      field: 'name',
      when: 'on_write',
      afterWrites: 1,
      times: 2,
    });
    const names = [];
    for (const name of ['First one', 'Second one', 'Third one', 'Fourth one']) {
      const made = await attio.call('POST', '/v2/objects/companies/records', values({ name }));
      expect(made.body.data.values.name[0].value).toBe(name);
      const read = await attio.call('GET', `/v2/objects/companies/records/${made.body.data.id.record_id}`);
      names.push(read.body.data.values.name[0].value);
    }
    expect(names).toEqual(['First one', 'Secon', 'Third', 'Fourth one']);
    expect(await harness.control.damages(attio.id)).toMatchObject({
      armed: [],
      damages: [{ when: 'on_write' }, { field: 'name' }],
    });
  });

  it('never strikes the same thing twice, nor anything that did not come through the API', async () => {
    const attio = await openWorkspace();
    await harness.control.seed(attio.id, [{ kind: 'company', values: { name: 'There before' } }]);
    const { damages } = await harness.control.damage(attio.id, {
      kind: 'truncate_text',
      object: 'companies',
      times: 100,
    });
    expect(damages).toHaveLength(4);
    const more = await harness.control.damage(attio.id, { kind: 'clear_value', object: 'companies', times: 100 });
    expect(more.damages).toEqual([]);
    const all = await harness.control.damage(attio.id, {
      kind: 'truncate_text',
      object: 'companies',
      times: 100,
      everything: true,
    });
    expect(all.damages).toMatchObject([{ before: [{ value: 'There before' }] }]);
  });

  it('is the same for the same seed', async () => {
    const [one, two] = [await openWorkspace(), await openWorkspace()];
    const strike = async (attio: Caller, seed: number) =>
      (await harness.control.damage(attio.id, { kind: 'nudge_number', times: 3, seed })).damages.map(
        ({ object, field, before }) => ({ object, field, before }),
      );
    const first = await strike(one, 7);
    expect(await strike(two, 7)).toEqual(first);
    expect(await strike(await openWorkspace(), 8)).not.toEqual(first);
  });

  it('doubles a record with its unique values; a look-up by them still finds the first one', async () => {
    const attio = await openWorkspace();
    const { damages } = await harness.control.damage(attio.id, { kind: 'double_record', object: 'companies' });
    expect((await harness.control.doubles(attio.id)).companies).toEqual([damages[0]?.ids.toSorted()]);
    const read = await attio.call('GET', `/v2/objects/companies/records/${damages[0]?.ids[0]}`);
    const { domain } = read.body.data.values.domains[0];
    const path = '/v2/objects/companies/records?matching_attribute=domains';
    const found = await attio.call('PUT', path, values({ domains: [domain] }));
    expect(found.body.data.id.record_id).toBe(damages[0]?.ids[0]);
  });

  it('says when a later write has put something else in its place', async () => {
    const attio = await openWorkspace();
    const { damages } = await harness.control.damage(attio.id, {
      kind: 'truncate_text',
      object: 'companies',
      field: 'name',
    });
    const id = damages[0]?.ids[0] ?? '';
    await attio.call('PATCH', `/v2/objects/companies/records/${id}`, values({ name: 'Whole again' }));
    expect((await harness.control.damages(attio.id)).damages).toMatchObject([{ stands: false }]);
  });

  it('stops waiting for writes when it is told to, and spares fields that it is told to spare', async () => {
    const attio = await openWorkspace();
    await harness.control.damage(attio.id, { kind: 'lose_record', when: 'on_write' });
    await harness.control.disarmDamages(attio.id);
    expect(await harness.control.damages(attio.id)).toEqual({ damages: [], armed: [] });
    const { damages } = await harness.control.damage(attio.id, {
      kind: 'truncate_text',
      object: 'companies',
      times: 9,
      exceptFields: ['name'],
    });
    expect(damages.map(damage => damage.field)).toEqual(['remark', 'remark', 'remark', 'remark']);
    const affinity = await harness.affinity();
    await expect(harness.control.damages(affinity.id)).rejects.toThrow(/only an attio/);
  });
});
