import { readFileSync } from 'node:fs';

/**
 * What the tenant service holds: enough to make a subscriber's account and its users, and to tell the broker. With `operatorSigning` one
 * could make any account: the file belongs to this service alone.
 */
export interface SigningKeys {
  readonly operatorSigning: string;
  readonly freightSigning: string;
  readonly subscribers: string;
  /** The public key of the services' account. */
  readonly freightAccount: string;
  /** The `.creds` text of the user that may tell the broker of accounts. */
  readonly claims: string;
}

/** Reads the file that the tenant service is given. @throws an error of the file system, or a SyntaxError, when it is not usable. */
export const readSigningKeys = (file: string | undefined): SigningKeys | undefined =>
  file === undefined ? undefined : (JSON.parse(readFileSync(file, 'utf8')) as SigningKeys);
