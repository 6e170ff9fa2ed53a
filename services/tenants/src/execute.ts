import type { EventMetadata, TenantEvent } from '@freight/contracts';
import type { Executed, VersionMismatch } from '@freight/eventstore';
import { err, ok, type Result } from '@freight/kernel';
import { isUniqueViolation, type TenantSql } from '@freight/postgres';
import type { TenantCommand, TenantRejection } from './domain/tenant/decide.ts';
import type { TenantState } from './domain/tenant/state.ts';
import { tenantStore } from './store.ts';

export type Refusal = TenantRejection | VersionMismatch['code'] | 'slug_taken';

export interface Execution {
  readonly tenantId: string;
  readonly command: TenantCommand;
  readonly metadata: EventMetadata;
  readonly now: Date;
  /** The version that the stream is to be at; any unless given. */
  readonly expected?: number | undefined;
  /** Stores the facts beside the log (hashes, sealed credentials) that the read models look up. */
  readonly facts?: (sql: TenantSql) => Promise<unknown>;
}

class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

/**
 * Stores the facts, decides and records; refused, nothing of it stays, and the transaction goes on (hence the savepoint: a slug that is
 * taken shows only as a violated constraint, since no tenant can see another's).
 */
export const execute = async (
  sql: TenantSql,
  { tenantId, command, metadata, now, expected, facts }: Execution,
): Promise<Result<Executed<TenantState, TenantEvent>, Refusal>> => {
  try {
    const executed = await sql.savepoint(async raw => {
      const inner = raw as TenantSql;
      await facts?.(inner);
      const result = await tenantStore.execute(inner, {
        tenantId,
        streamId: tenantId,
        command,
        expected: expected ?? 'any',
        metadata,
        now,
      });
      if (!result.ok) throw new Refused(typeof result.error === 'string' ? result.error : result.error.code);
      return result.value;
    });
    return ok(executed);
  } catch (error) {
    if (error instanceof Refused) return err(error.refusal);
    const constraint = isUniqueViolation(error) && (error as { constraint_name?: string }).constraint_name;
    if (constraint === 'tenants_slug_key') return err('slug_taken');
    throw error;
  }
};
