import type { CommandReply, CommandService } from '@freight/contracts';
import type { Database } from '@freight/postgres';

/** A recorded command, as far as a repeat or a reader needs it. */
export interface CommandRecord {
  readonly id: string;
  readonly type: string;
  readonly fingerprint: Buffer;
  readonly reply: CommandReply | undefined;
  readonly createdAt: Date;
  readonly repliedAt: Date | null;
}

export interface NewCommand {
  readonly id: string;
  readonly service: CommandService;
  readonly type: string;
  readonly subjectTenantId: string;
  readonly idempotencyKey: string | undefined;
  readonly fingerprint: Buffer;
  readonly sealed: Buffer;
  /** The key that may not be used while the command is pending. */
  readonly holdsKey: string | undefined;
}

interface Row {
  id: string;
  type: string;
  fingerprint: Buffer;
  state: 'pending' | 'done';
  reply_status: number | null;
  reply_body: Record<string, unknown> | null;
  created_at: Date;
  replied_at: Date | null;
}

const toRecord = (row: Row): CommandRecord => ({
  id: row.id,
  type: row.type,
  fingerprint: row.fingerprint,
  reply:
    row.state === 'done' && row.reply_status !== null
      ? { commandId: row.id, status: row.reply_status, body: row.reply_body ?? {} }
      : undefined,
  createdAt: row.created_at,
  repliedAt: row.replied_at,
});

export const findCommand = (
  db: Database,
  tenantId: string,
  by: { readonly id: string } | { readonly idempotencyKey: string },
): Promise<CommandRecord | undefined> =>
  db.withTenant(tenantId, async sql => {
    const rows = await sql<Row[]>`
      select id, type, fingerprint, state, reply_status, reply_body, created_at, replied_at from commands
      where tenant_id = freight_tenant()
        and ${'id' in by ? sql`id = ${by.id}` : sql`idempotency_key = ${by.idempotencyKey}`}`;
    return rows.map(toRecord)[0];
  });

/**
 * Records a command as pending. Of two requests with one idempotency key the second waits for the first's transaction, and then finds its
 * row.
 * @returns false when the idempotency key is taken.
 */
export const recordCommand = (db: Database, tenantId: string, command: NewCommand): Promise<boolean> =>
  db.withTenant(tenantId, async sql => {
    const rows = await sql`
      insert into commands (tenant_id, id, service, type, subject_tenant_id, idempotency_key, fingerprint, sealed,
        holds_key)
      values (${tenantId}, ${command.id}, ${command.service}, ${command.type}, ${command.subjectTenantId},
        ${command.idempotencyKey ?? null}, ${command.fingerprint}, ${command.sealed}, ${command.holdsKey ?? null})
      on conflict (tenant_id, idempotency_key) where idempotency_key is not null do nothing
      returning 1 as recorded`;
    return rows.length > 0;
  });
