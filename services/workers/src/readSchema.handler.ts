import type { Answer, CommandHandler } from '@freight/commands';
import { problem, type workerCommands } from '@freight/contracts';
import { FreightError } from '@freight/kernel';
import { sealContexts, type Vault } from '@freight/vault';
import type { z } from 'zod';
import type { Connections } from './connections.ts';

/** How long the reading may take, milliseconds: a large workspace has hundreds of lists, each worth two calls. */
const readTimeoutMs = 120_000;

/** What the system holds, as the JSON of a `ConnectionSchema` without its connection; or the answer of a refusal. */
const readSchema = async (
  connections: Connections,
  tenantId: string,
  connectionId: string,
): Promise<{ readonly text: string } | { readonly refusal: Answer }> => {
  const signal = AbortSignal.timeout(readTimeoutMs);
  try {
    const system = await connections.describable(tenantId, connectionId);
    const held =
      'source' in system
        ? { source: await system.source.readSchema(signal), target: null }
        : { source: null, target: await system.target.readSchema(signal) };
    return { text: JSON.stringify(held) };
  } catch (error) {
    if (!(error instanceof FreightError)) throw error;
    if (error.code === 'connection_missing') return { refusal: { status: 404, body: { ...problem('not_found') } } };
    const detail = `${error.message}. Test the connection to see what is missing.`;
    return { refusal: { status: 422, body: { ...problem('connection_not_usable', detail) } } };
  }
};

/** Reads what the system behind a connection holds, and keeps it sealed: its names are the customer's, and no reply may hold them. */
export const createReadSchema =
  (
    connections: Connections,
    vault: Vault,
    now: () => Date,
  ): CommandHandler<z.output<(typeof workerCommands)['read-schema']>> =>
  async ({ envelope: { tenantId }, body: { connectionId } }) => {
    const read = await readSchema(connections, tenantId, connectionId);
    if ('refusal' in read) return () => Promise.resolve(read.refusal);
    const sealed = (await vault.of(tenantId)).seal(read.text, sealContexts.schema(tenantId, connectionId));
    const readAt = now();
    return async sql => {
      await sql`
        insert into connection_schemas (tenant_id, connection_id, sealed, read_at)
        values (${tenantId}, ${connectionId}, ${sealed}, ${readAt})
        on conflict (tenant_id, connection_id) do update set sealed = excluded.sealed, read_at = excluded.read_at`;
      return { status: 200, body: { readAt: readAt.toISOString() } };
    };
  };
