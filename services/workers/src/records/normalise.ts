/**
 * Text as records carry it: composed Unicode, plain line ends, no control characters, no blanks around it. What a database or a JSON
 * parser would choke on (NUL, half a surrogate pair) goes; everything visible stays.
 */
export const normaliseText = (text: string): string =>
  text
    .toWellFormed()
    .normalize('NFC')
    .replace(/\r\n?/gu, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .trim();

/** The text, or null where nothing of it is left. */
export const textOrNull = (text: string | null | undefined): string | null => normaliseText(text ?? '') || null;

/** The first of each, in order. */
export const distinct = <T>(values: Iterable<T>): T[] => [...new Set(values)];

const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/u;

/** A bare host name of at least two labels, in ASCII and lower case; null for anything else, addresses in numbers included. */
const hostOf = (url: string): string | null => {
  if (!URL.canParse(url)) return null;
  const host = new URL(url).hostname.replace(/\.$/u, '');
  const labels = host.split('.');
  if (host.length > 253 || labels.length < 2 || !labels.every(part => label.test(part))) return null;
  return /^(?:[a-z]{2,}|xn--.+)$/u.test(labels.at(-1) ?? '') ? host : null;
};

/**
 * The host of what people type into a field for a website: scheme, `www.`, port and path go, other scripts become punycode.
 * @returns null for what names no host, or more than one.
 */
export const normaliseDomain = (text: string): string | null => {
  const typed = normaliseText(text).toLowerCase();
  if (typed === '' || /[\s@]/u.test(typed)) return null;
  const host = hostOf(/^[a-z][a-z0-9+.-]*:\/\//u.test(typed) ? typed : `http://${typed}`);
  if (host === null) return null;
  const bare = host.replace(/^www\./u, '');
  return bare.includes('.') ? bare : host;
};

const localPart = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/u;

/**
 * An e-mail address in lower case. Stricter than the RFCs on purpose (no quotes, no comments, ASCII before the @): what passes here, CRMs take.
 * @returns null for what is no such address.
 */
export const normaliseEmail = (text: string): string | null => {
  const typed = normaliseText(text).toLowerCase();
  const at = typed.lastIndexOf('@');
  const local = typed.slice(0, Math.max(0, at));
  const domain = typed.slice(at + 1);
  if (local.length > 64 || !localPart.test(local) || /[\s/:?#\\]/u.test(domain)) return null;
  const host = hostOf(`http://${domain}`);
  return host === null ? null : `${local}@${host}`;
};

/** What a list of keys comes to: the good ones in order and without doubles, and the others as they were written. */
export interface SortedKeys {
  readonly valid: string[];
  readonly invalid: string[];
}

/** Normalises each with `normalise`; blanks are nothing at all. */
export const sortKeys = (texts: Iterable<string>, normalise: (text: string) => string | null): SortedKeys => {
  const valid: string[] = [];
  const invalid: string[] = [];
  for (const text of texts) {
    const key = normalise(text);
    if (key !== null) valid.push(key);
    else if (textOrNull(text) !== null) invalid.push(normaliseText(text));
  }
  return { valid: distinct(valid), invalid: distinct(invalid) };
};

/**
 * A name reduced to what makes it the same name: letters and digits, without accents, case, blanks and marks. A name of marks alone stays as it is,
 * so that two of those are not taken for one.
 */
export const normaliseName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase() || name.trim();
