import { describe, expect, it } from 'vitest';
import { field, source, target } from './mapping.testkit.ts';
import { proposeMapping } from './propose.ts';
import { validateMapping } from './validate.ts';

describe('a proposed mapping', () => {
  const proposed = proposeMapping(source, target);

  it('can be carried out as it is', () => {
    expect(validateMapping(proposed, source, target)).toEqual([]);
  });

  it('puts a field where the target has a place for it, and makes one where not', () => {
    expect(proposed.objects.organizations?.fields).toEqual([
      { from: 'name', to: 'name' },
      { from: 'domains', to: 'domains' },
      // `industry` is taken by a number, which no option becomes.
      { from: 'field-1', to: 'affinity_industry', create: { title: 'Industry', type: 'option', isMultiple: true } },
      // Numbers stand alone at the target: several of them are kept as one text.
      { from: 'field-2', to: 'affinity_employees', create: { title: 'Employees', type: 'text', isMultiple: false } },
      { from: 'field-3', skip: 'enriched' },
      {
        from: 'field-4',
        to: 'board',
        create: { title: 'Board', type: 'record', isMultiple: true, objects: ['people'] },
      },
    ]);
  });

  it('leads the fields of one name on several pipelines to one attribute', () => {
    expect(proposed.objects.opportunities?.fields).toEqual([
      { from: 'name', to: 'name' },
      { from: 'field-6', to: 'status' },
      { from: 'field-7', to: 'status' },
    ]);
  });

  it('keeps a private list to its owner', () => {
    expect(proposed.lists['26']).toEqual({
      to: 'watch_list',
      create: { name: 'Watch list', access: 'owner' },
      fields: [{ from: 'field-5', to: 'priority', create: { title: 'Priority', type: 'status', isMultiple: false } }],
    });
    expect(proposed.lists['28']).toMatchObject({ create: { access: 'everybody' }, fields: [] });
  });

  it('finds a member by any address of a user, an active one first, and invents none', () => {
    expect(proposed.users).toEqual({ members: { '90': 'm-1' }, fallback: null });
  });

  it('leaves notes that were private behind', () => {
    expect(proposed.notes?.private).toBe('skip');
  });

  it('leaves an object out that the target has not switched on, and with it its lists', () => {
    const without = {
      ...target,
      objects: target.objects.map(o => (o.slug === 'deals' ? { ...o, isEnabled: false } : o)),
    };
    const mapping = proposeMapping(source, without);
    expect(mapping.objects.opportunities).toBeUndefined();
    expect(mapping.lists['28']).toEqual({ skip: 'by_choice' });
    expect(validateMapping(mapping, source, without)).toEqual([]);
  });

  it('never gives two fields one new slug, whatever they are called', () => {
    const names = [
      'Größe',
      'grosse',
      'Grosse',
      '大きさ',
      '規模',
      '',
      '9 lives',
      'created at',
      'x'.repeat(80),
      'x'.repeat(81),
    ];
    const odd = {
      ...source,
      lists: [],
      objects: [
        {
          object: 'organizations' as const,
          count: null,
          fields: names.map((name, i) => field({ id: `field-${i}`, name, type: 'text' })),
        },
      ],
    };
    const fields = proposeMapping(odd, target).objects.organizations?.fields ?? [];
    const slugs = fields.flatMap(one => ('to' in one ? [one.to] : []));
    expect(slugs).toHaveLength(names.length);
    expect(new Set(slugs).size).toBe(names.length);
    expect(slugs).not.toContain('created_at');
    for (const slug of slugs) expect(slug).toMatch(/^[a-z][a-z0-9_]{0,49}$/);
    expect(validateMapping(proposeMapping(odd, target), odd, target)).toEqual([]);
  });
});
