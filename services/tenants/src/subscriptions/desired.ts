import { durables, type SubscriptionRow, subjectOfSubscription } from '@freight/contracts';
import type { LogName, Places } from '@freight/eventstore';
import type { Database } from '@freight/postgres';

/** What everything up to there was acknowledged of a subscription, said twice: in the logs, and as a number of one stream. */
export interface Floor {
  readonly places: Places;
  /** When the stream was made that `streamSeq` counts in; null where no stream was known. */
  readonly streamCreatedAt: string | null;
  readonly streamSeq: number;
}

/** A subscription that the broker has something to do with. */
export interface Desired {
  readonly tenantId: string;
  readonly id: string;
  readonly accountKey: string;
  readonly durable: string;
  readonly subject: string;
  /** The logs that its subject may match. */
  readonly logs: readonly LogName[];
  /** `paused`: its tenant is suspended; nobody gets in, and what happens waits. */
  readonly state: 'open' | 'paused' | 'revoked';
  readonly floor: Floor;
}

type Row = Pick<SubscriptionRow, 'tenant_id' | 'id' | 'aggregate' | 'event_type'> & {
  readonly account_key: string;
  readonly revoked: boolean;
  readonly status: 'active' | 'suspended' | 'erasing' | 'erased';
  readonly tenant_tx: string;
  readonly tenant_seq: number;
  readonly job_tx: string;
  readonly job_seq: number;
  readonly stream_created_at: string | null;
  readonly stream_seq: number;
};

const stateOf = ({ revoked, status }: Row): Desired['state'] => {
  // Of a tenant that is being erased nothing may stay at the broker, and its rows go soon.
  if (revoked || status === 'erasing' || status === 'erased') return 'revoked';
  return status === 'suspended' ? 'paused' : 'open';
};

const toDesired = (row: Row): Desired => ({
  tenantId: row.tenant_id,
  id: row.id,
  accountKey: row.account_key,
  durable: durables.subscription(row.id),
  subject: subjectOfSubscription(row),
  logs: row.aggregate === null ? ['tenant', 'job'] : [row.aggregate === 'jobs' ? 'job' : 'tenant'],
  state: stateOf(row),
  floor: {
    places: { tenant: { tx: row.tenant_tx, seq: row.tenant_seq }, job: { tx: row.job_tx, seq: row.job_seq } },
    streamCreatedAt: row.stream_created_at,
    streamSeq: row.stream_seq,
  },
});

/** All subscriptions but the revoked ones that the broker has forgotten already. */
export const readDesired = async (db: Database): Promise<readonly Desired[]> => {
  const rows = await db.withRole(
    'freight_subscriptions',
    sql => sql<Row[]>`
      select s.tenant_id, s.id, s.aggregate, s.event_type, s.account_key, s.revoked_at is not null as revoked, t.status,
        f.tenant_tx::text, f.tenant_seq, f.job_tx::text, f.job_seq, f.stream_created_at, f.stream_seq
      from subscriptions s
      join subscription_floors f on f.tenant_id = s.tenant_id and f.subscription_id = s.id
      join tenants t on t.id = s.tenant_id
      where f.ended_at is null`,
  );
  return rows.map(toDesired);
};

/** Which of these accounts are subscriptions' of ours, revoked and forgotten ones included. */
export const ownAccounts = async (db: Database, accountKeys: readonly string[]): Promise<readonly string[]> => {
  const rows = await db.withRole(
    'freight_subscriptions',
    sql => sql<{ account_key: string }[]>`
      select account_key from subscriptions where account_key = any(${[...accountKeys]}::text[])`,
  );
  return rows.map(row => row.account_key);
};

/** Writes that the broker has forgotten a revoked subscription. */
export const markEnded = (db: Database, { tenantId, id }: Desired): Promise<unknown> =>
  db.withTenant(
    tenantId,
    sql => sql`
      update subscription_floors set ended_at = now()
      where tenant_id = freight_tenant() and subscription_id = ${id} and ended_at is null`,
  );
