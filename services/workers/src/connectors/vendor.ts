import type { CrmErrorKind } from './crmError.ts';

/** What a vendor says in the body of a refusal. */
export interface VendorFault {
  readonly code?: string;
  readonly message?: string;
  readonly paths?: readonly string[];
}

/** How one vendor speaks HTTP: everything in which the CRMs differ below the level of records. Pure. */
export interface Vendor {
  /** As people write it. */
  readonly name: string;
  /** Sent with every call; holds the credentials. */
  headers(apiKey: string): Readonly<Record<string, string>>;
  /** Reads the body of a refusal, whatever it may be. */
  readFault(body: unknown): VendorFault;
  /** What a 4xx other than 429 means. `unavailable` only for what was certainly not carried out and may be repeated at once. */
  kindOf(status: number, code: string | undefined): CrmErrorKind;
  /** The wait after a 429 without `Retry-After`, in milliseconds; null when no header tells. */
  waitMs(headers: Headers): number | null;
}

/** An entry of an object that came from outside, or undefined. */
export const entryOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;

/** The value where it is text, else undefined. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
