import { CrmError } from '../crmError.ts';
import type { Writing } from './change.ts';
import type { AttioObject } from './objects.ts';
import { joinList, type WriteValues } from './values.ts';

export interface Sent<T> {
  readonly reply: T;
  readonly refusedKeys: readonly string[];
}

const blames = (error: CrmError, slug: string): boolean =>
  error.faultPaths.some(path => path.split('.').includes(slug)) || (error.vendorMessage ?? '').includes(slug);

/** The keys that a refusal is about: those at the places or in the words it names, else all, since one of them it must be. */
const refusedOf = (error: CrmError, slug: string, keys: readonly string[]): readonly string[] => {
  const words = (error.vendorMessage ?? '').toLowerCase();
  const places = error.faultPaths.map(path => new RegExp(`(?:^|\\.)${slug}\\.(\\d+)`, 'u').exec(path)?.[1]);
  const guesses = [
    keys.filter((_, place) => places.includes(String(place))),
    keys.filter(key => words.includes(`"${key}"`)),
    keys.filter(key => words.includes(key)),
  ];
  return guesses.find(guess => guess.length > 0) ?? keys;
};

/**
 * Writes; when the target finds domains or addresses malformed, writes again with those kept as text, so that a record is never lost for one
 * of its keys. At most three writes: as wanted, without what was named, without any key.
 */
export const sendWithoutRefused = async <T>(
  object: AttioObject,
  writing: Writing,
  send: (values: WriteValues) => Promise<T>,
): Promise<Sent<T>> => {
  if (object.keys === null) return { reply: await send(writing.values), refusedKeys: [] };
  const { slug, others: otherKeys } = object.keys;
  const refusedKeys: string[] = [];
  let values = writing.values;
  for (let round = 1; ; round++) {
    try {
      return { reply: await send(values), refusedKeys };
    } catch (error) {
      const keys = values[slug] as readonly string[] | undefined;
      const isRefusal =
        error instanceof CrmError && error.kind === 'rejected' && error.vendorCode === 'validation_type';
      if (keys === undefined || !isRefusal || !blames(error, slug)) throw error;
      const refused = round === 1 ? refusedOf(error, slug, keys) : keys;
      refusedKeys.push(...refused);
      const left = keys.filter(key => !refused.includes(key));
      const { [slug]: _, ...others } = values;
      values = {
        ...others,
        ...(left.length === 0 ? {} : { [slug]: left }),
        [otherKeys]: joinList([...writing.otherKeys, ...refusedKeys]),
      };
    }
  }
};
