import { expect, it } from 'vitest';
import { findTextProblems } from './textProblems.ts';

it('points at texts that could not be stored, with names escaped', () => {
  const json: unknown = { a: ['fine', 'nul\0'], 'b/c': { 'd~': '\ud800' }, ok: '😀' };
  expect(
    findTextProblems(json, 100)
      .map(one => one.pointer)
      .sort(),
  ).toEqual(['/a/1', '/b~1c/d~0']);
});

it('does not fall over deep nesting', () => {
  const depth = 200_000;
  const json: unknown = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  expect(findTextProblems(json, 100)).toEqual([]);
});

it('looks at names too, and does not repeat them', () => {
  expect(findTextProblems({ 'x\0': 1 }, 100)).toEqual([
    { pointer: '', detail: 'a name in it holds a character that cannot be stored' },
  ]);
});
