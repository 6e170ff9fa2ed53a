import { platformTenantId } from '@freight/contracts';
import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { openExport } from '../../export/openExport.ts';
import { notFound, refuse } from '../../http/answer.ts';
import { defineRoute } from '../../http/defineRoute.ts';
import { getTenant } from '../../queries/tenants.query.ts';
import { tenantParams } from './tenantParams.ts';

const stallMs = 60_000;
/** Exports at once on one gateway: each holds a connection of the pool as long as it lasts. */
const exportsMax = 2;

const open = new WeakMap<Deps, number>();

const wantsGzip = (accepted: string | undefined): boolean =>
  accepted?.split(',').some(one => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(one)) ?? false;

export const exportTenantRoute = defineRoute({
  method: 'post',
  path: '/v1/tenants/{tenantId}/export',
  operationId: 'exportTenant',
  tag: 'tenants',
  summary: 'Export everything of a tenant',
  description:
    'Lines of JSON as of one moment, with records opened; no credentials. The last line is a trailer with counts and a digest: without it the download was cut off. A tenant exports itself; an operator any tenant. One at a time for each tenant.',
  scope: 'write',
  operatorsToo: true,
  params: tenantParams,
  headers: z.object({ 'accept-encoding': z.string().max(500).optional() }),
  responses: {
    200: {
      description: 'Everything of the tenant: see docs/reference/export-format.md.',
      schema: z.string().meta({ id: 'TenantExport' }),
      mediaType: 'application/x-ndjson',
    },
  },
  problems: ['not_found', 'export_running', 'tenant_erased'],
  handle: async ({ caller, params: { tenantId }, headers, signal }, deps) => {
    const isOwn = caller.tenantId === tenantId && caller.scopes.includes('write');
    if (tenantId === platformTenantId || !(isOwn || caller.scopes.includes('operator'))) return notFound();
    const tenant = await getTenant(deps.db, tenantId);
    if (!tenant) return notFound();
    if (tenant.status === 'erasing' || tenant.status === 'erased') return refuse('tenant_erased');
    const taken = open.get(deps) ?? 0;
    if (taken >= exportsMax) {
      return refuse('rate_limited', 'Try again in half a minute.', { headers: { 'retry-after': '30' } });
    }
    open.set(deps, taken + 1);
    const watch = deps.revocations.watch(caller);
    const onEnd = () => {
      watch.stop();
      open.set(deps, (open.get(deps) ?? 1) - 1);
    };
    const vault = await deps.vault.of(tenantId).catch((error: unknown) => {
      onEnd();
      throw error;
    });
    const stream = await openExport({
      db: deps.db,
      tenantId,
      vault,
      now: deps.now(),
      stallMs,
      signals: [deps.stopping, signal(), watch.signal],
      onError: error => deps.logger.warn({ err: error, tenantId }, 'an export ended early'),
      onEnd,
    });
    if (!stream) return refuse('export_running', 'Wait for its end, or end its download.');
    const zip = wantsGzip(headers['accept-encoding']);
    return {
      status: 200,
      headers: {
        'content-type': 'application/x-ndjson',
        'content-disposition': `attachment; filename="freight-${tenantId}.ndjson"`,
        vary: 'accept-encoding',
        ...(zip ? { 'content-encoding': 'gzip' } : {}),
      },
      stream: zip ? stream.pipeThrough(new CompressionStream('gzip')) : stream,
    };
  },
});
