import type { Answer, CommandHandlers, ReceivedCommand } from '@freight/commands';
import {
  type ApiKeyRow,
  apiKeyViewOfRow,
  type ConnectionRow,
  connectionViewOfRow,
  type ProblemCode,
  problem,
  problems,
  type Scope,
  type TenantRow,
  type tenantCommands,
  tenantViewOfRow,
} from '@freight/contracts';
import { lockConnections, type TenantSql } from '@freight/postgres';
import type { TenantCommand } from './domain/tenant/decide.ts';
import { execute, type Refusal } from './execute.ts';
import type { RevocationLog } from './revocations.ts';

/** What a new tenant's first key is called and may do. */
const firstKey = { label: 'First key', scopes: ['read', 'write'] as Scope[], expiresAt: null };

const problemOf: Record<Refusal, ProblemCode> = {
  slug_taken: 'slug_taken',
  not_found: 'not_found',
  // An id that is used twice, or a version that nobody asked for: no client can cause it.
  tenant_exists: 'invalid_command',
  id_taken: 'invalid_command',
  version_mismatch: 'version_mismatch',
  last_write_key: 'last_write_key',
  key_not_usable: 'key_not_usable',
};

const detailOf: Partial<Record<Refusal, string>> = {
  last_write_key: 'Make another key first, or revoke it all the same with ?force=true.',
};

const refuse = (refusal: Refusal): Answer => {
  const code = problemOf[refusal];
  return { status: problems[code].status, body: { ...problem(code, detailOf[refusal]) } };
};

const readTenant = async (sql: TenantSql) => {
  const rows = await sql<TenantRow[]>`
    select id, name, slug, status, settings, created_at, updated_at from tenants where id = freight_tenant()`;
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
    select id, name, system, base_url, created_at, updated_at from connections
    where tenant_id = freight_tenant() and id = ${connectionId}`;
  return rows.map(connectionViewOfRow)[0];
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

export interface HandlerDeps {
  readonly now: () => Date;
  /** Makes known what ended or limited keys, once the transaction has committed. */
  readonly revocations: Pick<RevocationLog, 'record'>;
}

/** What each command does: decide, store, answer with what a later read will show. */
export const createHandlers = ({ now, revocations }: HandlerDeps): CommandHandlers<typeof tenantCommands> => {
  /** A command that changes the tenant itself: answered with the tenant. */
  const changeTenant =
    ({ envelope: { tenantId }, metadata }: ReceivedCommand<unknown>, command: TenantCommand) =>
    async (sql: TenantSql): Promise<Answer> => {
      const result = await execute(sql, { tenantId, command, metadata, now: now() });
      if (!result.ok) return refuse(result.error);
      await revocations.record(sql, tenantId, result.value.events);
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
      const { name, settings } = command.body;
      return Promise.resolve(changeTenant(command, { type: 'update-tenant', name, settings }));
    },

    'suspend-tenant': command => Promise.resolve(changeTenant(command, { type: 'suspend-tenant' })),

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
        const { connectionId, name, baseUrl, sealedCredentials } = body;
        const at = now();
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
  };
};
