import type { Mapping } from '@freight/contracts';
import { describe, expect, it } from 'vitest';
import { schemaChanges } from './changes.ts';
import { compileObject } from './compile.ts';
import { convert } from './convert/convert.ts';
import { source, target } from './mapping.testkit.ts';
import { proposeMapping } from './propose.ts';

const short = (changes: ReturnType<typeof schemaChanges>): string[] =>
  changes.map(one => {
    switch (one.kind) {
      case 'list':
        return `list ${one.slug} of ${one.objectSlug} for ${one.access}, owner ${one.ownerId ?? 'nobody'}`;
      case 'attribute':
        return `attribute ${one.home.slug}.${one.slug}: ${one.attribute.type}`;
      case 'option':
        return `option ${one.home.slug}.${one.slug}: ${one.title}`;
    }
  });

describe('what a mapping adds to the target', () => {
  const mapping = proposeMapping(source, target);

  it('is everything that is missing, each once, and lists before attributes before options', () => {
    expect(short(schemaChanges(mapping, source, target))).toEqual([
      'list watch_list of companies for owner, owner m-1',
      'list pipeline of deals for everybody, owner nobody',
      'list fund_ii of deals for everybody, owner nobody',
      'attribute companies.affinity_industry: option',
      'attribute companies.affinity_employees: text',
      'attribute companies.board: record',
      'attribute watch_list.priority: status',
      'option companies.affinity_industry: SaaS',
      'option companies.affinity_industry: Health',
      'option deals.status: Won',
      'option deals.status: Lost',
      'option watch_list.priority: High',
      'option watch_list.priority: Low',
    ]);
  });

  it('adds no second option for a title that differs in case and blanks only, and values find the one that stands', () => {
    const variants = {
      ...source,
      lists: source.lists.map(list =>
        list.id === '29'
          ? { ...list, fields: list.fields.map(field => ({ ...field, options: ['new ', 'WON', 'Lost'] })) }
          : list,
      ),
    };
    const options = short(schemaChanges(mapping, variants, target)).filter(one => one.startsWith('option deals'));
    expect(options).toEqual(['option deals.status: Won', 'option deals.status: Lost']);
    const compiled = compileObject({ source: variants, target, mapping }, 'opportunities');
    const ofFund = compiled.find(one => one.from.id === 'field-7');
    if (ofFund === undefined) throw new Error('the field moves');
    const found = convert(['new ', 'WON', 'Lost'], {
      ...ofFund,
      defaultCountry: null,
      memberOf: () => null,
      recordOf: () => null,
      nameOf: () => undefined,
    });
    // Of several values the attribute takes the first; here only their titles matter.
    expect(found.values).toEqual(['New']);
    expect(['WON', 'Lost'].map(title => ofFund.options?.resolve(title))).toEqual(['Won', 'Lost']);
  });

  it('follows the titles that the mapping gives, and adds none that it leaves out', () => {
    const fields = mapping.objects.opportunities?.fields.map(one =>
      'to' in one && one.to === 'status' ? { ...one, values: { Won: 'Closed', Lost: null } } : one,
    );
    const renamed: Mapping = {
      ...mapping,
      objects: { opportunities: { to: 'deals', same: 'never', existing: 'create_only', fields: fields ?? [] } },
      lists: {},
    };
    expect(short(schemaChanges(renamed, source, target))).toEqual(['option deals.status: Closed']);
  });
});
