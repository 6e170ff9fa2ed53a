import { randomUUID } from 'node:crypto';
import { durables, subscriberServices } from '@freight/contracts';
import { encodeAccount, encodeActivation, encodeGeneric, encodeUser, fmtCreds } from '@nats-io/jwt';
import { createAccount, createUser } from '@nats-io/nkeys';
import { pairOf, publicOf, seedOf } from './keys.ts';
import type { SigningKeys } from './signing.ts';

/** Who a subscription is for the broker. Public keys only: the account's own seed is thrown away, since others sign for it. */
export interface SubscriberIdentity {
  readonly subscriptionId: string;
  /** Public key of its account. */
  readonly accountKey: string;
  /** Public key of its one user; the seed belongs to whoever made the subscription. */
  readonly userKey: string;
}

/** What a subscriber may hold of the broker at once. Several connections, so that a program may be replaced by its successor. */
const limits = { conn: 5, subs: 50, data: -1, payload: 4096, imports: 8, exports: 0, wildcards: false, leaf: 0 };

/** A new account's public key. Nobody keeps the seed. */
export const makeAccountKey = (): string => createAccount().getPublicKey();

/** The token of a subscriber's account: it imports what belongs to its one durable, and nothing else. */
export const subscriberAccount = async (
  signing: SigningKeys,
  { subscriptionId, accountKey }: Omit<SubscriberIdentity, 'userKey'>,
): Promise<string> => {
  const signer = pairOf(signing.freightSigning);
  const imports = await Promise.all(
    subscriberServices(durables.subscription(subscriptionId)).map(async ({ name, subject, said }) => ({
      name,
      subject,
      local_subject: said,
      type: 'service' as const,
      account: signing.freightAccount,
      token: await encodeActivation(name, accountKey, signing.freightAccount, 'service', { subject }, { signer }),
    })),
  );
  return encodeAccount(
    durables.subscription(subscriptionId),
    accountKey,
    {
      limits,
      imports,
      signing_keys: [publicOf(signing.subscribers)],
      // Tokens count whole seconds. To the server, a token that it had before it forgot the account is no news, and the account stays shut.
      tags: [`issue:${randomUUID()}`],
    },
    { signer: pairOf(signing.operatorSigning) },
  );
};

/** The token of a subscriber's user. It is worth nothing without the seed of its key. */
export const subscriberUser = (signing: SigningKeys, identity: SubscriberIdentity): Promise<string> =>
  encodeUser(
    durables.subscription(identity.subscriptionId),
    identity.userKey,
    identity.accountKey,
    {
      pub: { allow: subscriberServices(durables.subscription(identity.subscriptionId)).map(one => one.said) },
      sub: { allow: ['_INBOX.>'] },
    },
    { signer: pairOf(signing.subscribers) },
  );

/** A new user's key: the public half travels, the seed is shown once and kept by nobody here. */
export const makeUserKey = (): { readonly publicKey: string; readonly seed: string } => {
  const pair = createUser();
  return { publicKey: pair.getPublicKey(), seed: seedOf(pair) };
};

/** Token and seed as a `.creds` text, as every NATS client reads it. */
export const credentialsText = (token: string, seed: string): string =>
  new TextDecoder().decode(fmtCreds(token, pairOf(seed)));

/** What tells the broker to forget accounts. */
export const forgetAccounts = (signing: SigningKeys, accountKeys: readonly string[]): Promise<string> =>
  encodeGeneric('forget', pairOf(signing.operatorSigning), 'generic', { accounts: [...accountKeys] });
