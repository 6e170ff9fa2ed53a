import type { Mapping } from '@freight/contracts';
import { describe, expect, it } from 'vitest';
import { schemaChanges } from './changes.ts';
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
