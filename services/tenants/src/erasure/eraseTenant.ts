import type { Bus } from '@freight/bus';
import { platformTenantId } from '@freight/contracts';
import { sleep } from '@freight/kernel';
import type { RedisStore } from '@freight/lease';
import type { Database } from '@freight/postgres';
import { removeRows, tenantTables } from '@freight/tenant-data';
import type { KeyProvider, Signer } from '@freight/vault';
import type { RevocationLog } from '../revocations.ts';
import { countRemoved, isQuiet, readErasure } from './erasures.ts';
import { finishErasure } from './finish.ts';
import { fenceOut, isRelayed } from './stopWork.ts';

export interface EraseOptions {
  readonly db: Database;
  readonly bus: Pick<Bus, 'purgeTenant'>;
  readonly redis: Pick<RedisStore, 'removeTenant'>;
  readonly keys: Pick<KeyProvider, 'destroy'>;
  readonly signer: Signer;
  readonly revocations: RevocationLog;
  readonly now: () => Date;
  /** How long after the work was stopped what was under way elsewhere has ended: requests, deliveries, counts of keys' use. Milliseconds. */
  readonly settleMs: number;
  /** Whether the broker is told of the end of subscriptions here: then an erasure waits for it, since nobody could find them afterwards. */
  readonly endsSubscriptions: boolean;
  /** Told after each step. */
  readonly onStep?: (step: string) => void;
}

/** What makes others do something, or lets them go on; the rest follows when nobody is at it any more. */
const drivers: ReadonlySet<string> = new Set(['commands', 'runs', 'migration_jobs', 'job_streams']);

/** Between two looks at the streams: long enough for who has a message at hand to park it. Milliseconds. */
const purgeEveryMs = 500;

const removedTables = tenantTables.filter(table => table.kept === undefined).map(table => table.name);

const remove = (db: Database, tenantId: string, table: string): Promise<void> =>
  removeRows(db, tenantId, table, (sql, rows) => countRemoved(sql, ['rows', table], rows));

/**
 * The operators' own commands about the tenant hold its name.
 * @param wishToo the wish to erase it, which somebody may still wait for an answer to.
 */
const removeCommandsOfOperators = async (db: Database, tenantId: string, wishToo: boolean): Promise<void> => {
  const removed = await db.withTenantAs('freight_eraser', platformTenantId, async sql => {
    const { count } = await sql`
      delete from commands where tenant_id = ${platformTenantId} and subject_tenant_id = ${tenantId}
        and (type <> 'erase-tenant' or (${wishToo} and state = 'done'))`;
    return count;
  });
  if (removed > 0) await db.withTenant(tenantId, sql => countRemoved(sql, ['rows', 'commands'], removed));
};

const read = (db: Database, tenantId: string) => db.withTenant(tenantId, readErasure);

const purge = async ({ db, bus, redis }: EraseOptions, tenantId: string): Promise<void> => {
  for (let looks = 0, found = 0; looks < 2 || found > 0; looks++) {
    if (looks > 0) await sleep(purgeEveryMs);
    found = 0;
    const messages = await bus.purgeTenant(tenantId);
    const redisKeys = await redis.removeTenant(tenantId);
    await db.withTenant(tenantId, async sql => {
      for (const [stream, count] of Object.entries(messages)) {
        found += count;
        await countRemoved(sql, ['messages', stream], count);
      }
      await countRemoved(sql, ['redisKeys'], redisKeys);
    });
  }
};

/** Whether the broker still lets somebody take the tenant's events. */
const hasSubscribers = (db: Database, tenantId: string): Promise<boolean> =>
  db.withTenant(tenantId, async sql => {
    const [row] = await sql`
      select 1 from subscriptions s
      where s.tenant_id = freight_tenant() and not exists (
        select 1 from subscription_floors f
        where f.tenant_id = s.tenant_id and f.subscription_id = s.id and f.ended_at is not null)`;
    return row !== undefined;
  });

/**
 * Takes an erasure as far as it goes now. Every step can be done again, and is, when a process was killed: what is gone is gone, and counted.
 * Order and reasons: docs/spec/erasure.md.
 * @returns `waiting` when others have to end first: call again.
 */
export const eraseTenant = async (options: EraseOptions, tenantId: string): Promise<'done' | 'waiting'> => {
  const { db } = options;
  const step = (name: string) => options.onStep?.(name);
  if ((await read(db, tenantId)).finished_at) return 'done';

  for (const table of removedTables) if (drivers.has(table)) await remove(db, tenantId, table);
  await removeCommandsOfOperators(db, tenantId, false);
  step('drivers removed');

  if ((await read(db, tenantId)).quiet_at === null) {
    const quietAt = await fenceOut(db, tenantId);
    step('workers fenced out');
    await db.withTenant(tenantId, sql => sql`update erasures set quiet_at = ${quietAt} where quiet_at is null`);
  }
  step('work stopped');
  if (!(await isQuiet(db, tenantId, 0))) return 'waiting';

  if ((await read(db, tenantId)).keys === null) {
    const { at, names } = await options.keys.destroy(tenantId);
    step('key destroyed');
    await db.withTenant(
      tenantId,
      sql => sql`update erasures set keys = ${sql.json({ destroyedAt: at, names } as never)} where keys is null`,
    );
  }
  step('key noted');

  const relayed = await db.withTenantAs(
    'freight_eraser',
    tenantId,
    async sql => (await isRelayed(sql, 'job_events')) && (await isRelayed(sql, 'tenant_events')),
  );
  if (!relayed) return 'waiting';
  if (options.endsSubscriptions && (await hasSubscribers(db, tenantId))) return 'waiting';
  for (const table of removedTables) {
    await remove(db, tenantId, table);
    step(`${table} removed`);
  }
  if (!(await isQuiet(db, tenantId, options.settleMs))) return 'waiting';
  // Again: what came meanwhile from who was still at it.
  for (const table of removedTables) await remove(db, tenantId, table);
  await removeCommandsOfOperators(db, tenantId, true);
  await purge(options, tenantId);
  step('streams purged');
  const finished = await finishErasure(options, tenantId, removedTables);
  if (finished) step('finished');
  return finished ? 'done' : 'waiting';
};
