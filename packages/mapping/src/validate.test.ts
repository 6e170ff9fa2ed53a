import type { Mapping } from '@freight/contracts';
import { describe, expect, it } from 'vitest';
import { source, target } from './mapping.testkit.ts';
import { proposeMapping } from './propose.ts';
import { validateMapping } from './validate.ts';

const good = proposeMapping(source, target);
const codesAt = (mapping: Mapping): [string, string][] =>
  validateMapping(mapping, source, target).map(one => [one.pointer, one.code]);
const withFields = (fields: NonNullable<Mapping['objects']['organizations']>['fields']): Mapping => ({
  ...good,
  objects: { ...good.objects, organizations: { to: 'companies', same: 'never', existing: 'create_only', fields } },
});

describe('a mapping is refused', () => {
  it('with everything that is wrong with it at once, each with its place', () => {
    const mapping: Mapping = {
      ...withFields([
        { from: 'field-99', to: 'name' },
        { from: 'name', to: 'nowhere' },
        { from: 'domains', to: 'industry' },
        { from: 'field-1', to: 'name', create: { title: 'Name', type: 'text', isMultiple: false } },
        { from: 'field-2', to: 'employees' },
        { from: 'field-3', to: 'when', create: { title: 'When', type: 'date', isMultiple: false } },
        {
          from: 'field-4',
          to: 'board',
          create: { title: 'Board', type: 'record', isMultiple: true, objects: ['houses'] },
        },
        { from: 'name', skip: 'by_choice' },
      ]),
      users: { members: { '90': 'm-9' }, fallback: 'm-8' },
      lists: { '7': { skip: 'by_choice' }, '26': { to: 'gone', fields: [] } },
    };
    expect(codesAt(mapping)).toEqual([
      ['/users/members/90', 'unknown_member'],
      ['/users/fallback', 'unknown_member'],
      ['/objects/organizations/fields/0/from', 'unknown_field'],
      ['/objects/organizations/fields/1/to', 'unknown_attribute'],
      ['/objects/organizations/fields/2/to', 'incompatible_types'],
      ['/objects/organizations/fields/3/create', 'attribute_exists'],
      ['/objects/organizations/fields/4/to', 'not_writable'],
      ['/objects/organizations/fields/5/create', 'not_creatable'],
      ['/objects/organizations/fields/5/to', 'incompatible_types'],
      ['/objects/organizations/fields/6/create', 'unknown_object'],
      ['/objects/organizations/fields/7', 'mapped_twice'],
      ['/lists/7', 'unknown_list'],
      ['/lists/26/to', 'unknown_list'],
    ]);
  });

  it('when two fields ask for one new attribute in two shapes', () => {
    const mapping = withFields([
      { from: 'field-1', to: 'extra', create: { title: 'Extra', type: 'text', isMultiple: false } },
      { from: 'field-2', to: 'extra', create: { title: 'Extra', type: 'number', isMultiple: false } },
    ]);
    expect(codesAt(mapping)).toEqual([['/objects/organizations/fields/1/create', 'attribute_clash']]);
  });

  it('when what the target requires gets no value', () => {
    const mapping: Mapping = {
      ...good,
      objects: { ...good.objects, opportunities: { to: 'deals', same: 'never', existing: 'create_only', fields: [] } },
    };
    expect(codesAt(mapping)).toEqual([['/objects/opportunities/fields', 'required_unmapped']]);
  });

  it('when it moves a list whose records stay behind', () => {
    const { organizations: _, ...objects } = good.objects;
    expect(codesAt({ ...good, objects })).toEqual([['/lists/26', 'object_missing']]);
  });

  it('when the target has the object, but switched off', () => {
    const off = { ...target, objects: target.objects.map(o => ({ ...o, isEnabled: o.slug !== 'deals' })) };
    expect(validateMapping(good, source, off)).toMatchObject([
      { pointer: '/objects/opportunities/to', code: 'object_disabled' },
    ]);
  });
});
