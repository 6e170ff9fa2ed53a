import type { CommandEnvelope, CommandReply, CommandService } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';

/** What is known of a recorded command: not there, still without an answer, or answered. */
export type CommandRow =
  | { readonly state: 'missing' }
  | { readonly state: 'pending' }
  | { readonly state: 'done'; readonly reply: CommandReply };

/**
 * Runs something under the caller's scope inside a transaction of the subject's scope, and puts the scope back. The two differ only
 * when an operator acts on a tenant.
 */
const asCaller = async <T>(sql: TenantSql, envelope: CommandEnvelope, work: () => Promise<T>): Promise<T> => {
  if (envelope.callerTenantId === envelope.tenantId) return work();
  await sql`select set_config('freight.tenant_id', ${envelope.callerTenantId}, true)`;
  const result = await work();
  await sql`select set_config('freight.tenant_id', ${envelope.tenantId}, true)`;
  return result;
};

/**
 * Locks the command's row, so that a repeat of the message waits and then finds the answer. A message that names another service, type or tenant than was
 * recorded under its id is no command of ours: its row is missing.
 */
export const lockCommand = (sql: TenantSql, envelope: CommandEnvelope, service: CommandService): Promise<CommandRow> =>
  asCaller(sql, envelope, async () => {
    const [row] = await sql<{ state: string; reply_status: number; reply_body: Record<string, unknown> }[]>`
      select state, reply_status, reply_body from commands
      where tenant_id = ${envelope.callerTenantId} and id = ${envelope.id} and service = ${service} and type = ${envelope.type}
        and subject_tenant_id = ${envelope.tenantId}
      for update`;
    if (!row) return { state: 'missing' };
    if (row.state !== 'done') return { state: 'pending' };
    return { state: 'done', reply: { commandId: envelope.id, status: row.reply_status, body: row.reply_body } };
  });

/** Stores the reply, in the transaction of the command's events. */
export const storeReply = (sql: TenantSql, envelope: CommandEnvelope, reply: CommandReply): Promise<unknown> =>
  asCaller(
    sql,
    envelope,
    () => sql`
      update commands set state = 'done', reply_status = ${reply.status}, reply_body = ${sql.json(reply.body as never)},
        replied_at = now()
      where tenant_id = ${envelope.callerTenantId} and id = ${envelope.id}`,
  );
