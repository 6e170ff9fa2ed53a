import { invalid } from '../errors.ts';
import type { Phone } from '../model/types.ts';
import { isObject, TEXT_OPERATORS, type ValueType } from './valueType.ts';

/** Calling codes, longest first where one begins another; the country that most numbers of a shared code belong to. */
const CODES: readonly (readonly [code: string, country: string])[] = (
  '1 US,7 RU,20 EG,27 ZA,30 GR,31 NL,32 BE,33 FR,34 ES,36 HU,39 IT,40 RO,41 CH,43 AT,44 GB,45 DK,46 SE,47 NO,48 PL,49 DE,' +
  '51 PE,52 MX,54 AR,55 BR,56 CL,57 CO,60 MY,61 AU,62 ID,63 PH,64 NZ,65 SG,66 TH,81 JP,82 KR,84 VN,86 CN,90 TR,91 IN,92 PK,' +
  '94 LK,98 IR,212 MA,216 TN,233 GH,234 NG,254 KE,256 UG,351 PT,352 LU,353 IE,354 IS,356 MT,357 CY,358 FI,359 BG,370 LT,' +
  '371 LV,372 EE,380 UA,381 RS,385 HR,386 SI,420 CZ,421 SK,423 LI,598 UY,852 HK,880 BD,886 TW,961 LB,962 JO,965 KW,966 SA,' +
  '971 AE,972 IL,974 QA,977 NP,995 GE'
)
  .split(',')
  .map(pair => pair.split(' ') as [string, string]);
const countryByCode = new Map(CODES);
const codeByCountry = new Map(CODES.map(([code, country]) => [country, code]));
codeByCountry.set('CA', '1');

/** Kept as E.164. A number without its country fails, as does one of an impossible length. */
export const phoneNumber: ValueType<Phone> = {
  type: 'phone-number',
  mayBeMulti: true,
  parse(raw, attribute) {
    const original = isObject(raw) ? (raw.original_phone_number ?? raw.phone_number) : raw;
    const country = isObject(raw) && typeof raw.country_code === 'string' ? raw.country_code : undefined;
    const phone = typeof original === 'string' ? toPhone(original, country) : undefined;
    if (phone === undefined) {
      throw invalid(`${JSON.stringify(original)} is not a valid phone number.`, ['data', 'values', attribute.slug]);
    }
    return phone;
  },
  render: phone => ({
    original_phone_number: phone.original,
    country_code: phone.countryCode,
    phone_number: phone.e164,
  }),
  key: phone => phone.e164,
  fields: {
    phone_number: {
      operators: TEXT_OPERATORS,
      read: phone => phone.e164,
      operand: raw => (typeof raw === 'string' && /^\d{6,}$/.test(raw) ? `+${raw}` : asText(raw)),
    },
    original_phone_number: { operators: TEXT_OPERATORS, read: phone => phone.original },
    country_code: { operators: TEXT_OPERATORS, read: phone => phone.countryCode ?? undefined },
  },
  defaultField: 'phone_number',
};

const asText = (raw: unknown): string | undefined => (typeof raw === 'string' ? raw : undefined);

function toPhone(original: string, country: string | undefined): Phone | undefined {
  const compact = original.trim().replace(/[\s().\-/]/g, '');
  let digits: string;
  if (/^\+\d+$/.test(compact)) digits = compact.slice(1);
  else {
    const code = country === undefined ? undefined : codeByCountry.get(country.toUpperCase());
    if (code === undefined || !/^\d+$/.test(compact)) return undefined;
    digits = code + compact.replace(/^0/, '');
  }
  if (digits.length < 8 || digits.length > 15 || digits.startsWith('0')) return undefined;
  if (digits.startsWith('1') && digits.length !== 11) return undefined;
  const found = [3, 2, 1].map(length => countryByCode.get(digits.slice(0, length))).find(match => match !== undefined);
  return { original, e164: `+${digits}`, countryCode: country?.toUpperCase() ?? found ?? null };
}
