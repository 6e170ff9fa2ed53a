/** Texts and values that something somewhere has stumbled over. */
import fc from 'fast-check';
import { leaf, raw, type Tree } from './json.ts';

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '\0',
      'a\0b',
      '\ud800',
      'x\udfff\ud800',
      '\u202e\u2066',
      '\ufeff',
      '\u2028\n\r\t',
      '\u0001\u001b[2J\u007f',
      '👩‍👩‍👧‍👦'.repeat(20),
      'e\u0301'.repeat(100),
      '__proto__',
      'constructor',
      'toString',
      'null',
      'NaN',
      '1e400',
      "' or 1=1 --",
      '${7*7}{{7*7}}%s%n',
      '../../etc/passwd',
      'http://[::1]:1/',
      'https://a@b:c@d/?#',
      'javascript:alert(1)',
      'a\r\nX-Injected: 1',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '0000-01-01T00:00:00Z',
      '0000-02-29T23:59:59.999Z',
      '9999-12-31T23:59:59.999999999999Z',
      '2026-02-30T00:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01T00:00:60Z',
      '1969-12-31T23:59:59Z',
      '+275760-09-13T00:00:00Z',
      '2026-01-01',
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('a', 'é', '\u{1F600}', '\\', '"'), fc.constantFrom(101, 201, 256, 4097, 70_000))
      .map(([unit, times]) => unit.repeat(times)),
  },
);

export const hostileName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'then', 'toJSON', '', '~', '/', 'a/b~c'),
  hostileText,
);

const deep = (open: string, close: string, inner: string) => (levels: number) =>
  raw(open.repeat(levels) + inner + close.repeat(levels));

/** Values of every wrong kind. */
export const hostileValue: fc.Arbitrary<Tree> = fc.oneof(
  { weight: 6, arbitrary: hostileText.map(leaf) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(
        'null',
        'true',
        'false',
        '0',
        '-0',
        '-1',
        '1.5',
        '1e400',
        '-1e400',
        '1e-400',
        '9007199254740993',
        '1E5',
        '2147483648',
        '9223372036854775808',
        '[]',
        '{}',
        '[[]]',
        '[null]',
        '{"":null}',
        '"\\ud800"',
        '{"__proto__":{"x":1}}',
        '{"constructor":{"prototype":{"x":1}}}',
        '{"toString":1,"valueOf":2}',
        '123456789'.repeat(40),
      )
      .map(raw),
  },
  {
    weight: 2,
    arbitrary: fc.array(hostileText.map(leaf), { maxLength: 5 }).map((items): Tree => ({ kind: 'array', items })),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.tuple(hostileName, hostileText.map(leaf)), { maxLength: 5 })
      .map((entries): Tree => ({ kind: 'object', entries })),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.constantFrom(50, 1000, 20_000).map(deep('[', ']', '')),
      fc.constantFrom(50, 1000, 20_000).map(deep('{"a":', '}', '1')),
      fc.constantFrom(50, 1000, 20_000).map(deep('{"a":[', ']}', '"\\u0000"')),
      fc.constantFrom(200, 5000).map(count => raw(`[${'"\\u0000",'.repeat(count)}1]`)),
      fc
        .constantFrom(200, 5000)
        .map(count => raw(`{${Array.from({ length: count }, (_, i) => `"k${i}":${i}`).join(',')}}`)),
    ),
  },
);
