import type { CommandHandler } from '@freight/commands';
import {
  type CreateJobBody,
  type JobConfig,
  type jobCommands,
  type ProblemIssue,
  problem,
  type SystemName,
  sharedLanes,
} from '@freight/contracts';
import { lockConnections, type TenantSql } from '@freight/postgres';
import type { z } from 'zod';
import { jobStore } from '../store.ts';
import { readTenantSettings } from '../tenantLimits.ts';
import { answerOf } from './answer.ts';

/** Which systems records can come from and go to. */
const sourceSystems: ReadonlySet<SystemName> = new Set(['affinity']);
const targetSystems: ReadonlySet<SystemName> = new Set(['attio']);

interface Ends {
  readonly sourceSystem: SystemName;
  readonly targetSystem: SystemName;
}

interface Found {
  readonly missing: readonly ProblemIssue[];
  readonly wrong: readonly ProblemIssue[];
  readonly systems: readonly (SystemName | undefined)[];
}

/** Looks both connections up in the tenant's scope: another tenant's is as unknown as one that never was. */
const findConnections = async (sql: TenantSql, request: CreateJobBody): Promise<Found> => {
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
  return { missing, wrong, systems: wanted.map(one => systems.get(one.id)) };
};

/** What the request leaves open is settled, and everything that is wrong with it named at once, under the code of what weighs most. */
const settleRequest = async (
  sql: TenantSql,
  request: CreateJobBody,
): Promise<(Ends & { readonly config: JobConfig }) | ReturnType<typeof problem>> => {
  const { missing, wrong, systems } = await findConnections(sql, request);
  const settings = await readTenantSettings(sql);
  const lane = request.config.lane ?? settings.lane;
  const lanes: readonly ProblemIssue[] =
    lane === 'own' && settings.lane !== 'own'
      ? [
          {
            pointer: '/config/lane',
            detail: `the tenant has no lane of its own; use one of: ${sharedLanes.join(', ')}`,
          },
        ]
      : [];
  const all = [...missing, ...wrong, ...lanes];
  if (missing.length > 0)
    return problem('unknown_connection', 'Create the connection first, or name another one.', all);
  const [source, target] = systems;
  if (wrong.length > 0 || !source || !target) return problem('wrong_system', undefined, all);
  if (lanes.length > 0)
    return problem('lane_not_allowed', 'Name another lane, or ask those who run this platform.', all);
  return { sourceSystem: source, targetSystem: target, config: { ...request.config, lane } };
};

export const createJobHandler =
  (now: () => Date): CommandHandler<z.infer<(typeof jobCommands)['create-job']>> =>
  command =>
    Promise.resolve(async sql => {
      const { request, jobId } = command.body;
      await lockConnections(sql, 'shared');
      const settled = await settleRequest(sql, request);
      if ('code' in settled) return { status: settled.status, body: { ...settled } };
      const result = await jobStore.execute(sql, {
        tenantId: command.envelope.tenantId,
        streamId: jobId,
        command: {
          type: 'create-job',
          agreement: {
            name: request.name,
            sourceConnectionId: request.source.connectionId,
            targetConnectionId: request.target.connectionId,
            ...settled,
          },
        },
        expected: 'no_stream',
        metadata: command.metadata,
        now: now(),
      });
      return answerOf(sql, jobId, result, 201);
    });
