import { type NatsService, natsServices } from '@freight/contracts';
import { createAccount, createOperator, createUser, fromSeed, type KeyPair } from '@nats-io/nkeys';

/** Who logs in besides the services: a person who looks after the streams, one who looks after the broker, and the tenant service there. */
export const natsUsers = [...natsServices, 'admin', 'system', 'claims'] as const;
export type NatsUser = NatsService | 'admin' | 'system' | 'claims';

/**
 * All keys of a deployment's broker, as seeds: whoever has them is the broker's master. Kept by the installer, not by any service.
 * `operator` is the root; `operatorSigning` signs accounts for it. `freight` is the services' account and `freightSigning` its signer of
 * users and activations; `subscribers` signs the users of every subscriber's account.
 */
export interface NatsKeys {
  readonly operator: string;
  readonly operatorSigning: string;
  readonly system: string;
  readonly freight: string;
  readonly freightSigning: string;
  readonly subscribers: string;
  readonly users: Readonly<Record<NatsUser, string>>;
}

export const seedOf = (pair: KeyPair): string => new TextDecoder().decode(pair.getSeed());

export const pairOf = (seed: string): KeyPair => fromSeed(new TextEncoder().encode(seed));

export const publicOf = (seed: string): string => pairOf(seed).getPublicKey();

export const makeNatsKeys = (): NatsKeys => ({
  operator: seedOf(createOperator()),
  operatorSigning: seedOf(createOperator()),
  system: seedOf(createAccount()),
  freight: seedOf(createAccount()),
  freightSigning: seedOf(createAccount()),
  subscribers: seedOf(createAccount()),
  users: Object.fromEntries(natsUsers.map(user => [user, seedOf(createUser())])) as Record<NatsUser, string>,
});
