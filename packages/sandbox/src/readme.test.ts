import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rowSchema } from './affinity/rowSchemas.ts';
import { damageKinds, faultInputSchema } from './control/types.ts';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

/** What the first column of the tables below a heading names, in order. */
const namesBelow = (heading: string): string[] => {
  const section = readme.split(/^#{2,3} /m).find(part => part.startsWith(`${heading}\n`)) ?? '';
  return section
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .flatMap(line => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
};

describe('the page of the sandbox', () => {
  it('lists every kind of fault and of damage, and no other', () => {
    expect(namesBelow('Faults').slice(1)).toEqual(faultInputSchema.shape.kind.options.slice());
    expect(namesBelow('Silent damage').slice(1)).toEqual([...damageKinds]);
  });

  it('names every kind of row of the source', () => {
    const [, named = ''] = /for Affinity ([^;]*);/.exec(readme) ?? [];
    const kinds = rowSchema.options.map(option => option.shape.kind.value);
    expect([...named.matchAll(/`(\w+)`/g)].map(([, kind = '']) => kind).toSorted()).toEqual([...kinds].toSorted());
  });
});
