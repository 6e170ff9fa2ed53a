import { slugMax } from '@freight/contracts';

/** A title as a slug: ASCII, lower case, words parted by `_`; `field` where nothing of it is left. */
export const slugOf = (title: string): string => {
  const words = title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '_')
    .replace(/^[0-9_]+|_+$/gu, '');
  return words.slice(0, slugMax).replace(/_+$/u, '') || 'field';
};

/** A slug that is not taken: the title's own, else with the prefix, else with a number at its end. Adds it to `taken`. */
export const takeSlug = (title: string, prefix: string, taken: Set<string>): string => {
  const candidates = function* (): Generator<string> {
    yield slugOf(title);
    const prefixed = slugOf(`${prefix} ${title}`);
    yield prefixed;
    for (let n = 2; ; n++) yield `${prefixed.slice(0, slugMax - String(n).length - 1)}_${n}`;
  };
  for (const slug of candidates()) {
    if (taken.has(slug)) continue;
    taken.add(slug);
    return slug;
  }
  throw new RangeError('unreachable: numbers do not end');
};
