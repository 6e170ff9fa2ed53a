/** The environments a deployment can be; a key names its own and is refused by every other. */
export const environments = ['live', 'test', 'dev'] as const;
export type Environment = (typeof environments)[number];

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomLength = 26;
const checksumLength = 6;
const lookupLength = 8;
const pattern = /^frt_(live|test|dev)_([0-9A-Za-z]{26})([0-9A-Za-z]{6})$/;

/** CRC-32 (IEEE), as a number below 2^32. Enough to tell a typing error or garbage from a key; it protects nothing. */
const crc32 = (text: string): number => {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
};

const checksum = (text: string): string => {
  let rest = crc32(text);
  let out = '';
  for (let i = 0; i < checksumLength; i++) {
    out = alphabet.charAt(rest % 62) + out;
    rest = Math.floor(rest / 62);
  }
  return out;
};

const randomCharacters = (count: number): string => {
  let out = '';
  while (out.length < count) {
    for (const byte of globalThis.crypto.getRandomValues(new Uint8Array(2 * count))) {
      // 248 = 4 * 62: bytes above it are thrown away, so that every character is equally likely.
      if (byte < 248 && out.length < count) out += alphabet.charAt(byte % 62);
    }
  }
  return out;
};

export interface ParsedApiKey {
  readonly environment: Environment;
  /** `frt_<environment>_` and the first eight random characters: what is stored in clear and looked up by. */
  readonly prefix: string;
}

/** A new API key: `frt_<environment>_` + 26 random characters (154 bits) + a checksum of 6. */
export const generateApiKey = (environment: Environment): string => {
  const body = `frt_${environment}_${randomCharacters(randomLength)}`;
  return body + checksum(body);
};

/** Reads a key without any I/O; undefined for whatever is not a well-formed key with a right checksum. */
export const parseApiKey = (text: string): ParsedApiKey | undefined => {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const body = text.slice(0, -checksumLength);
  if (checksum(body) !== match[3]) return undefined;
  return { environment: match[1] as Environment, prefix: body.slice(0, body.length - randomLength + lookupLength) };
};
