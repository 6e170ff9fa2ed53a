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
      const short = distinct(names.map(normaliseName));
      // No key holds a blank, so that no two pairs read the same.
      return distinct(keys.flatMap(key => short.map(name => `${key} ${name}`)));
    }
  }
};

const organizationKeys = (record: OrganizationRecord, policy: SamePolicy): RecordKeys => ({
  same: sameKeys(record.domains, [record.name, ...record.formerNames], policy),
  exclusive: distinct(record.domains),
});

const personKeys = (record: PersonRecord, policy: SamePolicy): RecordKeys => ({
  same: sameKeys(record.emails, [record.fullName], policy),
  exclusive: distinct(record.emails),
});

/** Works out the keys of one record. Pure; a record without domain or address has none and stays alone. */
export const keysOf = <O extends ObjectName>(object: O, record: RecordOf[O], policy: SamePolicy): RecordKeys =>
  object === 'organizations'
    ? organizationKeys(record as OrganizationRecord, policy)
    : personKeys(record as PersonRecord, policy);
