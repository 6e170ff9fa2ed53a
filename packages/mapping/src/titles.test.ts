import { describe, expect, it } from 'vitest';
import { createTitles } from './titles.ts';

describe('titles of options', () => {
  it('stand once, whatever their case and blanks: the first one counts', () => {
    const titles = createTitles([]);
    expect(['Due diligence', 'due  Diligence ', 'Won'].map(titles.add)).toEqual([true, false, true]);
    expect(titles.resolve('DUE DILIGENCE')).toBe('Due diligence');
    expect(titles.resolve('Unheard of')).toBe('Unheard of');
  });

  it('stay as the target has them, doubles and all', () => {
    const titles = createTitles(['won', 'Won']);
    expect(titles.add('WON')).toBe(false);
    expect(['Won', 'won', ' WON'].map(titles.resolve)).toEqual(['Won', 'won', 'won']);
  });
});
