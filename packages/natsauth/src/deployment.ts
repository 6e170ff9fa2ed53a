import { claimSubjects, serviceRights, subscriberServices } from '@freight/contracts';
import { encodeAccount, encodeOperator, encodeUser, fmtCreds, type Permissions } from '@nats-io/jwt';
import { type NatsKeys, type NatsUser, pairOf, publicOf } from './keys.ts';
import { type SigningKeys } from './signing.ts';

/** What a broker and its users are given: tokens that say who is who and may do what. The first three are no secrets. */
export interface NatsDeployment {
  readonly operatorToken: string;
  readonly systemAccount: { readonly id: string; readonly token: string };
  readonly freightAccount: { readonly id: string; readonly token: string };
  /** A `.creds` text for each user. */
  readonly credentials: Readonly<Record<NatsUser, string>>;
  /** What the tenant service signs subscribers' accounts with. */
  readonly signing: SigningKeys;
}

const unlimited = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: 0 };
const jetStream = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

const rightsOf = (user: NatsUser): Permissions => {
  switch (user) {
    case 'admin':
    case 'system':
      return {};
    case 'claims':
      return { pub: { allow: Object.values(claimSubjects) }, sub: { allow: ['_INBOX_claims.>'] } };
    default: {
      const { publish, subscribe } = serviceRights[user];
      return { pub: { allow: [...publish] }, sub: { allow: [...subscribe] } };
    }
  }
};

/**
 * Makes the tokens from the keys: the same keys always mean the same operator, accounts and users, with the rights of this version.
 * A subscriber's account may import what is exported here only with an activation that names its own durable.
 */
export const describeDeployment = async (keys: NatsKeys): Promise<NatsDeployment> => {
  const operator = pairOf(keys.operator);
  const signedByOperator = { signer: pairOf(keys.operatorSigning) };
  const system = publicOf(keys.system);
  const freight = publicOf(keys.freight);
  const credentialsOf = async (user: NatsUser): Promise<string> => {
    const pair = pairOf(keys.users[user]);
    const inSystem = user === 'system' || user === 'claims';
    const token = await encodeUser(
      inSystem ? `freight-${user}` : user,
      pair,
      inSystem ? pairOf(keys.system) : freight,
      rightsOf(user),
      inSystem ? {} : { signer: pairOf(keys.freightSigning) },
    );
    return new TextDecoder().decode(fmtCreds(token, pair));
  };
  const credentials = Object.fromEntries(
    await Promise.all(
      (Object.keys(keys.users) as NatsUser[]).map(async user => [user, await credentialsOf(user)] as const),
    ),
  ) as Record<NatsUser, string>;
  return {
    operatorToken: await encodeOperator('freight', operator, {
      signing_keys: [publicOf(keys.operatorSigning)],
      system_account: system,
    }),
    systemAccount: { id: system, token: await encodeAccount('SYS', system, { limits: unlimited }, signedByOperator) },
    freightAccount: {
      id: freight,
      token: await encodeAccount(
        'FREIGHT',
        freight,
        {
          limits: { ...unlimited, ...jetStream },
          signing_keys: [publicOf(keys.freightSigning)],
          exports: subscriberServices('*').map(({ name, subject, responses }) => ({
            name,
            subject,
            type: 'service',
            token_req: true,
            response_type: responses,
          })),
        },
        signedByOperator,
      ),
    },
    credentials,
    signing: {
      operatorSigning: keys.operatorSigning,
      freightSigning: keys.freightSigning,
      subscribers: keys.subscribers,
      freightAccount: freight,
      claims: credentials.claims,
    },
  };
};
