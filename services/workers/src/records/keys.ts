import type { ObjectName, SamePolicy } from '@freight/contracts';
import type { OrganizationRecord, PersonRecord, RecordOf } from './model.ts';
import { distinct, normaliseName } from './normalise.ts';

/** By what a record meets others. */
export interface RecordKeys {
  /** Two records that share one of these are the same one, by the job's policy. Tell apart per object; not for the eye. */
  readonly same: readonly string[];
  /** Values that only one record of the target may hold, as the target holds them. */
  readonly exclusive: readonly string[];
}

const sameKeys = (keys: readonly string[], names: readonly string[], policy: SamePolicy): string[] => {
  switch (policy) {
    case 'never':
      return [];
    case 'key':
      return distinct(keys);
    case 'key_and_name': {
      // No key holds a blank, so that no two pairs read the same.
      return distinct(keys.flatMap(key => distinct(names).map(name => `${key} ${name}`)));
    }
  }
};

const organizationKeys = (record: OrganizationRecord, policy: SamePolicy): RecordKeys => ({
  same: sameKeys(record.domains, [record.name, ...record.formerNames].map(normaliseName), policy),
  exclusive: distinct(record.domains),
});

/**
 * The names that a person goes by: the whole one, and its first and last word, since middle names come and go (Henry A. Lee, Henry Lee). Loose, but
 * only ever held beside an address that two share.
 */
const personNames = (fullName: string): string[] => {
  const words = fullName.split(/\s+/u).filter(word => /[\p{L}\p{N}]/u.test(word));
  const [first, last] = [words[0], words.at(-1)];
  return [
    normaliseName(fullName),
    ...(first !== undefined && words.length > 2 ? [normaliseName(`${first}${last}`)] : []),
  ];
};

const personKeys = (record: PersonRecord, policy: SamePolicy): RecordKeys => ({
  same: sameKeys(record.emails, personNames(record.fullName), policy),
  exclusive: distinct(record.emails),
});

const keyReaders: { readonly [O in ObjectName]: (record: RecordOf[O], policy: SamePolicy) => RecordKeys } = {
  organizations: organizationKeys,
  persons: personKeys,
  // Nothing but its id tells an opportunity from another one: a company is financed more than once, in rounds of one name.
  opportunities: () => ({ same: [], exclusive: [] }),
};

/** Works out the keys of one record. Pure; a record without domain or address has none and stays alone. */
export const keysOf = <O extends ObjectName>(object: O, record: RecordOf[O], policy: SamePolicy): RecordKeys =>
  keyReaders[object](record, policy);
