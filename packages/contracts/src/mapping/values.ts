import { z } from 'zod';

/**
 * The kinds of values that a field may hold, in any system. A value of each is plain JSON:
 * `text`, `email`, `domain`, `phone` a string · `number` a number · `checkbox` true or false · `date` `YYYY-MM-DD` · `timestamp` ISO 8601 in UTC ·
 * `option` and `status` (ranked options) an option's title · `user` a user's id at the source · `record` the object and source id of a record ·
 * `currency`, `location`, `personName` as below.
 */
export const valueTypes = [
  'text',
  'number',
  'checkbox',
  'currency',
  'date',
  'timestamp',
  'option',
  'status',
  'email',
  'domain',
  'phone',
  'location',
  'personName',
  'user',
  'record',
] as const;
export const valueType = z.enum(valueTypes);
export type ValueType = z.infer<typeof valueType>;

/** The type of a field; `other` where Freight moves no value of its kind. */
export const fieldType = z.enum([...valueTypes, 'other']);
export type FieldType = z.infer<typeof fieldType>;

/** An amount of money. The code is ISO 4217; null where the source does not say. */
export const currencyValue = z.object({ amount: z.number(), code: z.string().length(3).nullable() });
export type CurrencyValue = z.infer<typeof currencyValue>;

const part = z.string().nullable();
/** A place. `country` is an ISO 3166-1 alpha-2 code, `countryText` what the source wrote where no code is known for it. */
export const locationValue = z.object({
  line1: part,
  locality: part,
  region: part,
  postcode: part,
  country: z.string().length(2).nullable(),
  countryText: part,
});
export type LocationValue = z.infer<typeof locationValue>;

export const personNameValue = z.object({ firstName: z.string(), lastName: z.string(), fullName: z.string() });
export type PersonNameValue = z.infer<typeof personNameValue>;

/** A record of the source, by its object and its source id. */
export const recordValue = z.object({ object: z.string(), id: z.string() });
export type RecordValue = z.infer<typeof recordValue>;

/** What a value of each type is. */
export interface ValueOf {
  readonly text: string;
  readonly number: number;
  readonly checkbox: boolean;
  readonly currency: CurrencyValue;
  readonly date: string;
  readonly timestamp: string;
  readonly option: string;
  readonly status: string;
  readonly email: string;
  readonly domain: string;
  readonly phone: string;
  readonly location: LocationValue;
  readonly personName: PersonNameValue;
  readonly user: string;
  readonly record: RecordValue;
}
