/** Good values made wrong. */
import fc from 'fast-check';
import { hostileName, hostileValue } from './corpus.ts';
import { raw, type Tree } from './json.ts';

/** Everything in a tree that can be exchanged for something else. */
const countPlaces = (tree: Tree): number => {
  switch (tree.kind) {
    case 'raw':
      return 1;
    case 'array':
      return tree.items.reduce((sum, one) => sum + countPlaces(one), 1);
    case 'object':
      return tree.entries.reduce((sum, [, one]) => sum + countPlaces(one), 1);
  }
};

type Change = (tree: Tree) => Tree;

const changeAt = (tree: Tree, place: number, change: Change): Tree => {
  let left = place;
  const walk = (node: Tree): Tree => {
    if (left-- === 0) return change(node);
    if (node.kind === 'array') return { kind: 'array', items: node.items.map(walk) };
    if (node.kind === 'object') {
      return { kind: 'object', entries: node.entries.map(([name, value]) => [name, walk(value)] as const) };
    }
    return node;
  };
  return walk(tree);
};

/** One thing made wrong, somewhere. */
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 5, arbitrary: hostileValue.map(value => () => value) },
  {
    weight: 2,
    arbitrary: fc.tuple(hostileName, hostileValue).map(
      ([name, value]): Change =>
        tree =>
          tree.kind === 'object' ? { kind: 'object', entries: [...tree.entries, [name, value]] } : value,
    ),
  },
  // A name twice, with another value the second time.
  {
    weight: 1,
    arbitrary: hostileValue.map(
      (value): Change =>
        tree => {
          const [first] = tree.kind === 'object' ? tree.entries : [];
          return tree.kind === 'object' && first
            ? { kind: 'object', entries: [...tree.entries, [first[0], value]] }
            : tree;
        },
    ),
  },
  { weight: 1, arbitrary: fc.constant<Change>(tree => ({ kind: 'array', items: [tree] })) },
  {
    weight: 1,
    arbitrary: fc.nat(9).map(
      (nth): Change =>
        tree =>
          tree.kind === 'object' && tree.entries.length > 0
            ? { kind: 'object', entries: tree.entries.filter((_, i) => i !== nth % tree.entries.length) }
            : raw('null'),
    ),
  },
);

/** A value with up to three things made wrong. */
export const spoil = (value: fc.Arbitrary<Tree>): fc.Arbitrary<Tree> =>
  fc
    .tuple(value, fc.array(fc.tuple(fc.nat(9999), change), { minLength: 1, maxLength: 3 }))
    .map(([tree, changes]) =>
      changes.reduce((before, [place, one]) => changeAt(before, place % countPlaces(before), one), tree),
    );

/** A text with something wrong in its bytes. */
export const spoilBytes = (text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> =>
  fc.tuple(text, fc.nat(9999), fc.nat(12)).map(([whole, at, how]) => {
    const bytes = Buffer.from(whole);
    const place = bytes.length === 0 ? 0 : at % bytes.length;
    const [front, back] = [bytes.subarray(0, place), bytes.subarray(place)];
    const inserted = (...middle: number[]) => Buffer.concat([front, Buffer.from(middle), back]);
    switch (how) {
      case 0:
        return front;
      case 1:
        return inserted(0xff);
      case 2:
        // Overlong and half encodings of UTF-8.
        return inserted(0xc0, 0xaf);
      case 3:
        return inserted(0xed, 0xa0, 0x80);
      case 4:
        return inserted(0);
      case 5:
        return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
      case 6:
        return Buffer.from(whole, 'utf16le');
      case 7:
        return Buffer.concat([bytes, bytes]);
      case 8:
        return Buffer.from(`/* */ ${whole},`);
      case 9:
        return Buffer.from(' '.repeat(5000) + whole);
      case 10:
        return Buffer.from(`${'['.repeat(200_000)}${place % 2 === 0 ? ']'.repeat(200_000) : ''}`);
      case 11:
        return Buffer.from(`{"${'k'.repeat(50_000)}":[${'"\\u0000",'.repeat(300)}0]}`);
      default:
        return Buffer.alloc(0);
    }
  });
