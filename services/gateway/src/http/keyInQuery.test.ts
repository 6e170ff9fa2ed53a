import { expect, it } from 'vitest';
import { hasKeyInQuery } from './keyInQuery.ts';

it.each([
  'http://h/p?api_key=x',
  'http://h/p?ACCESS_TOKEN=x',
  'http://h/p?a=1&key=x',
  'http://h/p?cursor=frt_live_abc',
  'http://h/p?x=%46rt%5Flive_abc',
  'http://h/p?frt_dev_abc',
])('sees a key in %s', url => expect(hasKeyInQuery(url)).toBe(true));

it.each(['http://h/p', 'http://h/frt_x', 'http://h/p?limit=5&cursor=eyJ2IjoxfQ', 'http://h/p?outcome=failed'])(
  'sees none in %s',
  url => expect(hasKeyInQuery(url)).toBe(false),
);
