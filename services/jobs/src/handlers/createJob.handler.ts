import type { CommandHandler } from '@freight/commands';
import { type CreateJobBody, type jobCommands, type ProblemIssue, problem, type SystemName } from '@freight/contracts';
import { lockConnections, type TenantSql } from '@freight/postgres';
import type { z } from 'zod';
import { jobStore } from '../store.ts';
import { answerOf } from './answer.ts';

/** Which systems records can come from and go to. */
const sourceSystems: ReadonlySet<SystemName> = new Set(['affinity']);
const targetSystems: ReadonlySet<SystemName> = new Set(['attio']);

interface Ends {
  readonly sourceSystem: SystemName;
  readonly targetSystem: SystemName;
}

/** Looks both connections up in the tenant's scope: another tenant's is as unknown as one that never was. */
const checkConnections = async (sql: TenantSql, request: CreateJobBody): Promise<Ends | ReturnType<typeof problem>> => {
  const wanted = [
    { pointer: '/source/connectionId', id: request.source.connectionId, allowed: sourceSystems, role: 'source' },
    { pointer: '/target/connectionId', id: request.target.connectionId, allowed: targetSystems, role: 'target' },
  ];
  const rows = await sql<{ id: string; system: SystemName }[]>`
    select id, system from connections
    where tenant_id = freight_tenant() and deleted_at is null and id in ${sql(wanted.map(one => one.id))}`;
  const systems = new Map(rows.map(row => [row.id, row.system]));
  const missing: ProblemIssue[] = [];
  const wrong: ProblemIssue[] = [];
  for (const one of wanted) {
    const system = systems.get(one.id);
    if (!system) missing.push({ pointer: one.pointer, detail: 'there is no such connection' });
    else if (!one.allowed.has(system)) {
      wrong.push({
        pointer: one.pointer,
        detail: `${system} cannot be a ${one.role}; use one of: ${[...one.allowed].join(', ')}`,
      });
    }
  }
  if (missing.length > 0)
    return problem('unknown_connection', 'Create the connection first, or name another one.', [...missing, ...wrong]);
  const [source, target] = wanted.map(one => systems.get(one.id));
  if (wrong.length > 0 || !source || !target) return problem('wrong_system', undefined, wrong);
  return { sourceSystem: source, targetSystem: target };
};

export const createJobHandler =
  (now: () => Date): CommandHandler<z.infer<(typeof jobCommands)['create-job']>> =>
  command =>
    Promise.resolve(async sql => {
      const { request, jobId } = command.body;
      await lockConnections(sql, 'shared');
      const ends = await checkConnections(sql, request);
      if ('code' in ends) return { status: ends.status, body: { ...ends } };
      const result = await jobStore.execute(sql, {
        tenantId: command.envelope.tenantId,
        streamId: jobId,
        command: {
          type: 'create-job',
          agreement: {
            name: request.name,
            sourceConnectionId: request.source.connectionId,
            targetConnectionId: request.target.connectionId,
            ...ends,
            config: request.config,
          },
        },
        expected: 'no_stream',
        metadata: command.metadata,
        now: now(),
      });
      return answerOf(sql, jobId, result, 201);
    });
