import type { AttributeType, Value } from '../model/types.ts';
import { select, status } from './choices.ts';
import { domain, emailAddress } from './contact.ts';
import { location, personalName } from './names.ts';
import { phoneNumber } from './phone.ts';
import { actorReference, recordReference } from './references.ts';
import { checkbox, currency, date, number, rating, text, timestamp } from './scalars.ts';
import type { ValueType } from './valueType.ts';

/** Read-only everywhere; never written, so it needs only a name and nothing to look at. */
const interaction: ValueType<string> = { ...text, type: 'interaction', fields: {}, defaultField: 'interacted_at' };

/**
 * Every attribute's cells are made by its own type's `parse` and by nothing else, which is why each type may be spoken to
 * as if it took any `Value` (the compiler lets methods be that generous).
 */
const types: Readonly<Record<AttributeType, ValueType<Value>>> = {
  text,
  number,
  checkbox,
  currency,
  date,
  timestamp,
  rating,
  status,
  select,
  location,
  domain,
  interaction,
  'record-reference': recordReference,
  'actor-reference': actorReference,
  'email-address': emailAddress,
  'phone-number': phoneNumber,
  'personal-name': personalName,
};

export const valueTypeOf = (type: AttributeType): ValueType<Value> => types[type];
