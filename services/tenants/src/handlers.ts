import type { Answer, CommandHandlers, ReceivedCommand } from '@freight/commands';
import {
  type ApiKeyRow,
  apiKeyViewOfRow,
  type ConnectionRow,
  connectionViewOfRow,
  type ErasureView,
  problem,
  type Scope,
  type TenantRow,
  type tenantCommands,
  tenantViewOfRow,
} from '@freight/contracts';
import { lockConnections, type TenantSql } from '@freight/postgres';
import type { TenantCommand } from './domain/tenant/decide.ts';
import { readErasure, recordErasure } from './erasure/erasures.ts';
import { execute } from './execute.ts';
import { refuse } from './refuse.ts';
import type { RevocationLog } from './revocations.ts';
import { createSubscriptionHandlers, type SubscriptionHandlerDeps } from './subscriptions/handlers.ts';

/** What a new tenant's first key is called and may do. */
const firstKey = { label: 'First key', scopes: ['read', 'write'] as Scope[], expiresAt: null };

const readTenant = async (sql: TenantSql) => {
  const rows = await sql<TenantRow[]>`
    select id, name, slug, status, settings, created_at, updated_at, version from tenants where id = freight_tenant()`;
  return rows.map(tenantViewOfRow)[0];
};

const readApiKey = async (sql: TenantSql, keyId: string) => {
  const rows = await sql<ApiKeyRow[]>`
    select id, prefix, label, scopes, expires_at, created_at from api_keys
    where tenant_id = freight_tenant() and id = ${keyId}`;
  return rows.map(apiKeyViewOfRow)[0];
};

const readConnection = async (sql: TenantSql, connectionId: string) => {
  const rows = await sql<ConnectionRow[]>`
    select id, name, system, base_url, created_at, updated_at, version from connections
    where tenant_id = freight_tenant() and id = ${connectionId}`;
  return rows.map(connectionViewOfRow)[0];
};

/**
 * Whether a connection is there at another version than the client read. Locks the tenant's stream, so that it stays so until the change is
 * decided.
 */
const hasChanged = async (sql: TenantSql, connectionId: string, version: number): Promise<boolean> => {
  await sql`select 1 from tenant_streams where tenant_id = freight_tenant() and stream_id = freight_tenant() for update`;
  const [row] = await sql<{ version: number }[]>`
    select version from connections where tenant_id = freight_tenant() and id = ${connectionId} and deleted_at is null`;
  return row !== undefined && row.version !== version;
};

/** A job that has not ended and reads from or writes to a connection. */
const findUser = async (sql: TenantSql, connectionId: string): Promise<string | undefined> => {
  const [row] = await sql<{ id: string }[]>`
    select id from migration_jobs
    where tenant_id = freight_tenant() and deleted_at is null and status in ('created', 'running', 'paused', 'cancelling')
      and ${connectionId} in (source_connection_id, target_connection_id)
    order by id limit 1`;
  return row?.id;
};

/** Stores a key's hash; it stands beside the log and never in it. */
export const storeHash = (sql: TenantSql, tenantId: string, key: { readonly keyId: string; readonly hash: string }) =>
  sql`insert into api_key_hashes (tenant_id, key_id, hash) values (${tenantId}, ${key.keyId}, ${key.hash})`;

const storeCredentials = (sql: TenantSql, tenantId: string, connectionId: string, sealed: string, now: Date) =>
  sql`
    insert into connection_secrets (tenant_id, connection_id, sealed, updated_at)
    values (${tenantId}, ${connectionId}, ${Buffer.from(sealed, 'base64')}, ${now})
    on conflict (tenant_id, connection_id) do update set sealed = excluded.sealed, updated_at = excluded.updated_at`;

export interface HandlerDeps extends SubscriptionHandlerDeps {
  /** Makes known what ended or limited keys, once the transaction has committed. */
  readonly revocations: Pick<RevocationLog, 'record'>;
}

/** What each command does: decide, store, answer with what a later read will show. */
export const createHandlers = (deps: HandlerDeps): CommandHandlers<typeof tenantCommands> => {
  const { now, revocations, subscriptions } = deps;
  /** A command that changes the tenant itself: answered with the tenant. */
  const changeTenant =
    ({ envelope: { tenantId }, metadata }: ReceivedCommand<unknown>, command: TenantCommand, expected?: number) =>
    async (sql: TenantSql): Promise<Answer> => {
      const result = await execute(sql, { tenantId, command, metadata, now: now(), expected });
      if (!result.ok) return refuse(result.error);
      await revocations.record(sql, tenantId, result.value.events);
      // A suspended tenant's subscribers are out, an active one's are let in.
      if (result.value.events.length > 0) subscriptions?.changed(sql);
      return { status: 200, body: { ...(await readTenant(sql)) } };
    };

  return {
    'create-tenant': ({ envelope: { tenantId }, body: { request, key }, metadata }) =>
      Promise.resolve(async sql => {
        const { name, slug, settings } = request;
        const result = await execute(sql, {
          tenantId,
          command: {
            type: 'create-tenant',
            name,
            slug,
            settings,
            key: { keyId: key.keyId, prefix: key.prefix, ...firstKey },
          },
          metadata,
          now: now(),
          facts: inner => storeHash(inner, tenantId, key),
        });
        if (!result.ok) return refuse(result.error);
        return { status: 201, body: { tenant: await readTenant(sql), apiKey: await readApiKey(sql, key.keyId) } };
      }),

    'create-api-key': ({ envelope: { tenantId }, body: { key, label, scopes, expiresAt }, metadata }) =>
      Promise.resolve(async sql => {
        const result = await execute(sql, {
          tenantId,
          command: { type: 'create-api-key', key: { keyId: key.keyId, prefix: key.prefix, label, scopes, expiresAt } },
          metadata,
          now: now(),
          facts: inner => storeHash(inner, tenantId, key),
        });
        if (!result.ok) return refuse(result.error);
        return { status: 201, body: { ...(await readApiKey(sql, key.keyId)) } };
      }),

    'revoke-api-key': ({ envelope: { tenantId }, body: { keyId, force }, metadata }) =>
      Promise.resolve(async sql => {
        const at = now();
        const command = { type: 'revoke-api-key', keyId, force, now: at } as const;
        const result = await execute(sql, { tenantId, command, metadata, now: at });
        if (!result.ok) return refuse(result.error);
        await revocations.record(sql, tenantId, result.value.events);
        return { status: 204, body: {} };
      }),

    'rotate-api-key': ({ envelope: { tenantId }, body, metadata }) =>
      Promise.resolve(async sql => {
        const { keyId, key, overlapSeconds, expiresAt } = body;
        const at = now();
        const result = await execute(sql, {
          tenantId,
          command: {
            type: 'rotate-api-key',
            keyId,
            key: { keyId: key.keyId, prefix: key.prefix, expiresAt },
            overlapSeconds,
            now: at,
          },
          metadata,
          now: at,
          facts: inner => storeHash(inner, tenantId, key),
        });
        if (!result.ok) return refuse(result.error);
        await revocations.record(sql, tenantId, result.value.events);
        const old = await readApiKey(sql, keyId);
        return {
          status: 201,
          body: { apiKey: await readApiKey(sql, key.keyId), replaced: { id: keyId, expiresAt: old?.expiresAt } },
        };
      }),

    'update-tenant': command => {
      const { name, settings, ifVersion } = command.body;
      return Promise.resolve(changeTenant(command, { type: 'update-tenant', name, settings }, ifVersion));
    },

    'suspend-tenant': command => Promise.resolve(changeTenant(command, { type: 'suspend-tenant' })),

    'erase-tenant': ({ envelope: { tenantId, actor }, body: { slug }, metadata }) =>
      Promise.resolve(async sql => {
        const at = now();
        const command = { type: 'erase-tenant', slug } as const;
        const result = await execute(sql, { tenantId, command, metadata, now: at });
        if (!result.ok) return refuse(result.error);
        await recordErasure(sql, tenantId, { at, requestedBy: actor.id });
        await revocations.record(sql, tenantId, result.value.events);
        const { requested_at: requestedAt, finished_at: finishedAt } = await readErasure(sql);
        return {
          status: 200,
          body: {
            tenantId,
            status: finishedAt ? 'erased' : 'erasing',
            requestedAt: requestedAt.toISOString(),
          } satisfies ErasureView,
        };
      }),

    'activate-tenant': command => Promise.resolve(changeTenant(command, { type: 'activate-tenant' })),

    'create-connection': ({ envelope: { tenantId }, body, metadata }) =>
      Promise.resolve(async sql => {
        const { sealedCredentials, ...facts } = body;
        const at = now();
        const result = await execute(sql, {
          tenantId,
          command: { type: 'create-connection', ...facts },
          metadata,
          now: at,
          facts: inner => storeCredentials(inner, tenantId, body.connectionId, sealedCredentials, at),
        });
        if (!result.ok) return refuse(result.error);
        return { status: 201, body: { ...(await readConnection(sql, body.connectionId)) } };
      }),

    'update-connection': ({ envelope: { tenantId }, body, metadata }) =>
      Promise.resolve(async sql => {
        const { connectionId, name, baseUrl, sealedCredentials, ifVersion } = body;
        const at = now();
        if (ifVersion !== undefined && (await hasChanged(sql, connectionId, ifVersion)))
          return refuse('version_mismatch');
        const result = await execute(sql, {
          tenantId,
          command: {
            type: 'update-connection',
            connectionId,
            name,
            baseUrl,
            credentialsChanged: sealedCredentials !== undefined,
          },
          metadata,
          now: at,
          ...(sealedCredentials === undefined
            ? {}
            : { facts: inner => storeCredentials(inner, tenantId, connectionId, sealedCredentials, at) }),
        });
        if (!result.ok) return refuse(result.error);
        return { status: 200, body: { ...(await readConnection(sql, connectionId)) } };
      }),

    'delete-connection': ({ envelope: { tenantId }, body: { connectionId }, metadata }) =>
      Promise.resolve(async sql => {
        await lockConnections(sql, 'exclusive');
        const jobId = await findUser(sql, connectionId);
        if (jobId !== undefined) {
          const body = problem('connection_in_use', `Cancel the job ${jobId} first, or wait for its end.`);
          return { status: body.status, body: { ...body } };
        }
        const result = await execute(sql, {
          tenantId,
          command: { type: 'delete-connection', connectionId },
          metadata,
          now: now(),
          facts: inner => inner`
          with secrets as (
            delete from connection_secrets where tenant_id = ${tenantId} and connection_id = ${connectionId}
          )
          delete from connection_schemas where tenant_id = ${tenantId} and connection_id = ${connectionId}`,
        });
        return result.ok ? { status: 204, body: {} } : refuse(result.error);
      }),

    ...createSubscriptionHandlers(deps),
  };
};
