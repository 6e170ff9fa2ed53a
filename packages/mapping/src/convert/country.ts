const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

const plain = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/&/gu, 'and')
    .replace(/\b(?:the|of)\b|[^a-z]+/gu, '');

/** Codes that the CLDR has names for and that are no countries of ISO 3166-1. */
const notCountries: ReadonlySet<string> = new Set([
  'EU',
  'EZ',
  'UN',
  'QO',
  'XA',
  'XB',
  'ZZ',
  'AC',
  'CP',
  'CQ',
  'DG',
  'EA',
  'IC',
  'TA',
]);

/** Other ways to write some countries' names than the CLDR's. */
const otherNames: Readonly<Record<string, string>> = {
  'United States of America': 'US',
  USA: 'US',
  'U.S.': 'US',
  UK: 'GB',
  'Great Britain': 'GB',
  England: 'GB',
  Scotland: 'GB',
  Wales: 'GB',
  'Czech Republic': 'CZ',
  Turkey: 'TR',
  Holland: 'NL',
  'Hong Kong': 'HK',
  Macau: 'MO',
  'Ivory Coast': 'CI',
  'Cape Verde': 'CV',
  Swaziland: 'SZ',
  Burma: 'MM',
  Macedonia: 'MK',
  'Republic of Korea': 'KR',
  'Korea, Republic of': 'KR',
  'Viet Nam': 'VN',
  'Russian Federation': 'RU',
  UAE: 'AE',
};

const letters = Array.from({ length: 26 }, (_, i) => String.fromCodePoint(65 + i));
const codes: ReadonlyMap<string, string> = new Map([
  ...letters.flatMap(a =>
    letters.flatMap((b): [string, string][] => {
      const code = a + b;
      const name = notCountries.has(code) ? undefined : names.of(code);
      return name === undefined ? [] : [[plain(name), code]];
    }),
  ),
  ...Object.entries(otherNames).map(([name, code]): [string, string] => [plain(name), code]),
]);

/** The ISO 3166-1 alpha-2 code of a country by its English name or its code; null for what names none. */
export const countryCode = (text: string): string | null => {
  const typed = text.trim();
  if (/^[A-Z]{2}$/u.test(typed) && !notCountries.has(typed) && names.of(typed) !== undefined) return typed;
  return codes.get(plain(typed)) ?? null;
};
