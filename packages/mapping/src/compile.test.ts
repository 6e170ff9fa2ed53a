import { describe, expect, it } from 'vitest';
import { compileObject } from './compile.ts';
import { source, target } from './mapping.testkit.ts';
import { proposeMapping } from './propose.ts';

describe('a compiled mapping', () => {
  const agreement = { source, target, mapping: proposeMapping(source, target) };

  it('knows both ends of each field that moves, whether the attribute is there or to be made', () => {
    const short = compileObject(agreement, 'organizations').map(({ from, to }) => [
      from.id,
      to.slug,
      to.type,
      to.isMultiple,
    ]);
    expect(short).toEqual([
      ['name', 'name', 'text', false],
      ['domains', 'domains', 'domain', true],
      ['field-1', 'affinity_industry', 'option', true],
      ['field-2', 'affinity_employees', 'text', false],
      ['field-4', 'board', 'record', true],
    ]);
  });

  it('is empty for an object that stays behind', () => {
    expect(compileObject({ ...agreement, mapping: { ...agreement.mapping, objects: {} } }, 'persons')).toEqual([]);
  });
});
