import { type AuditFilter, readAudit, readAuditHead } from '@freight/audit';
import { auditEntry, auditOutcomes, uuid, zonedInstant } from '@freight/contracts';
import { z } from 'zod';
import { downloadAudit, downloadFormat, downloadTypes } from '../../audit/download.ts';
import type { Deps } from '../../deps.ts';
import type { Answer } from '../../http/answer.ts';
import type { RouteRequest } from '../../http/defineRoute.ts';
import { pageOf, pageQuery } from '../../http/fields.ts';
import { answerPage } from '../../queries/answerPage.ts';

const name = z.string().regex(/^[\w-]{1,100}$/, 'must be a name');

export const auditQuery = z.strictObject({
  ...pageQuery(1000),
  from: zonedInstant.optional().describe('Only entries that were written at this time or later.'),
  to: zonedInstant.optional().describe('Only entries that were written before this time.'),
  actorId: name.optional().describe('Only what was done with this key.'),
  operation: name.optional().describe('Only this operation, by its `operationId`.'),
  resourceKind: name.optional(),
  resourceId: uuid.optional(),
  outcome: z.enum(auditOutcomes).optional(),
});

export const auditHeaders = z.object({ accept: z.string().optional() });

export const auditDescription =
  'A page, newest first. With `Accept: application/x-ndjson` or `text/csv` all of it as a download, oldest first; that is an entry of its own. `Freight-Audit-Head` is where the log ends, as `<seq>:<hash>`: keep it, and a log that was cut off later is found out.';

export const auditResponses = {
  200: {
    description: 'Entries of the audit log.',
    schema: pageOf(auditEntry).meta({ id: 'AuditPage' }),
    alsoAs: downloadTypes,
  },
};

/** Shows a tenant's log, or hands it out. */
export const answerAudit = async (
  deps: Deps,
  request: RouteRequest<unknown, z.output<typeof auditQuery>, z.output<typeof auditHeaders>>,
  tenantId: string,
): Promise<Answer> => {
  const { limit, cursor, ...filter } = request.query;
  const head = await readAuditHead(deps.db, tenantId);
  const headers = { 'freight-audit-head': `${head.seq}:${head.hash}` };
  const format = request.method === 'GET' ? downloadFormat(request.headers.accept) : undefined;
  if (format) {
    const watch = deps.revocations.watch(request.caller);
    return {
      status: 200,
      headers: {
        ...headers,
        'content-type': format.type,
        'content-disposition': `attachment; filename="audit-${tenantId}.${format.extension}"`,
      },
      stream: downloadAudit({ db: deps.db, head, filter, format, signal: watch.signal, onEnd: watch.stop }),
    };
  }
  const page = await answerPage({
    deps,
    tenantId: request.caller.tenantId,
    query: { limit, cursor },
    purpose: `audit ${tenantId} ${JSON.stringify(filter satisfies AuditFilter)}`,
    read: (after, more) =>
      readAudit(deps.db, tenantId, filter, {
        order: 'newest',
        after: after === undefined ? undefined : Number(after[0]),
        limit: more,
      }),
    keysOf: entry => [String(entry.seq)],
    show: entry => entry,
  });
  return { ...page, headers };
};
