import type { Answer, CommandHandlers } from '@freight/commands';
import { type SubscriptionRow, subscriptionViewOfRow, type tenantCommands } from '@freight/contracts';
import { readRelayPlaces } from '@freight/eventstore';
import { makeAccountKey, type SigningKeys, subscriberUser } from '@freight/natsauth';
import type { Database, TenantSql } from '@freight/postgres';
import { execute } from '../execute.ts';
import { refuse } from '../refuse.ts';
import { firstFloor, storeFirstFloor } from './floors.ts';
import type { Subscriptions } from './startSubscriptions.ts';

export interface SubscriptionHandlerDeps {
  readonly db: Database;
  readonly now: () => Date;
  /** Undefined where the broker has no accounts. */
  readonly signing: SigningKeys | undefined;
  readonly subscriptions: Pick<Subscriptions, 'changed'> | undefined;
  readonly subscriptionsMax: number;
}

type Handlers = Pick<CommandHandlers<typeof tenantCommands>, 'create-subscription' | 'revoke-subscription'>;

const readSubscription = async (sql: TenantSql, id: string) => {
  const rows = await sql<SubscriptionRow[]>`
    select tenant_id, id, name, aggregate, event_type, start_at, created_at, revoked_at from subscriptions
    where tenant_id = freight_tenant() and id = ${id}`;
  return rows.map(subscriptionViewOfRow)[0];
};

/** What the commands of subscriptions do. Only public keys and tokens pass through here; a token is worth nothing without its seed. */
export const createSubscriptionHandlers = (deps: SubscriptionHandlerDeps): Handlers => ({
  'create-subscription': async ({ envelope: { tenantId }, body, metadata }) => {
    const { signing } = deps;
    if (!signing) return () => Promise.resolve(refuse('subscriptions_off'));
    const accountKey = makeAccountKey();
    const { subscriptionId, userKey } = body;
    const token = await subscriberUser(signing, { subscriptionId, accountKey, userKey });
    // Read before the transaction: a relay that goes on meanwhile only makes the floor a little low.
    const floor = firstFloor(body.startAt, await readRelayPlaces(deps.db));
    return async (sql): Promise<Answer> => {
      const result = await execute(sql, {
        tenantId,
        command: { type: 'create-subscription', facts: { ...body, accountKey }, max: deps.subscriptionsMax },
        metadata,
        now: deps.now(),
        facts: inner => storeFirstFloor(inner, subscriptionId, floor),
      });
      if (!result.ok) return refuse(result.error);
      deps.subscriptions?.changed(sql);
      return { status: 201, body: { ...(await readSubscription(sql, subscriptionId)), jwt: token } };
    };
  },

  'revoke-subscription': ({ envelope: { tenantId }, body: { subscriptionId }, metadata }) =>
    Promise.resolve(async sql => {
      const result = await execute(sql, {
        tenantId,
        command: { type: 'revoke-subscription', subscriptionId },
        metadata,
        now: deps.now(),
      });
      if (!result.ok) return refuse(result.error);
      deps.subscriptions?.changed(sql);
      return { status: 204, body: {} };
    }),
});
