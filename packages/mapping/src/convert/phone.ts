import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js';

/** A phone number in E.164. @param country of numbers that name none, ISO 3166-1 alpha-2. @returns null for what is no number there could be. */
export const normalisePhone = (text: string, country: string | null): string | null => {
  const parsed = parsePhoneNumberFromString(text, country === null ? {} : { defaultCountry: country as CountryCode });
  return parsed?.isPossible() === true ? parsed.number : null;
};
