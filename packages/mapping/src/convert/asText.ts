import type { LocationValue, ValueOf, ValueType } from '@freight/contracts';

/** What people call a user or a record of the source. */
type NameOf = (id: string) => string | undefined;

const placeAsText = (place: LocationValue): string =>
  [place.line1, place.locality, place.region, place.postcode, place.countryText ?? place.country]
    .filter(part => part !== null && part !== '')
    .join(', ');

const asIs = (text: string): string => text;

const writers: { readonly [T in ValueType]: (value: ValueOf[T], nameOf: NameOf) => string } = {
  text: asIs,
  number: String,
  checkbox: String,
  currency: ({ amount, code }) => (code === null ? String(amount) : `${amount} ${code}`),
  date: asIs,
  timestamp: asIs,
  option: asIs,
  status: asIs,
  email: asIs,
  domain: asIs,
  phone: asIs,
  location: placeAsText,
  personName: name => name.fullName,
  user: (id, nameOf) => nameOf(id) ?? id,
  record: ({ id }, nameOf) => nameOf(id) ?? id,
};

/** A value as a person would write it; users and records by the names that `nameOf` knows, else by their ids. */
export const asText = <T extends ValueType>(type: T, value: ValueOf[T], nameOf: NameOf): string =>
  writers[type](value, nameOf);
