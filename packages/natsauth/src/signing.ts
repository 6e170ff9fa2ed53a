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
