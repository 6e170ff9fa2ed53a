import type { ConnectionTest } from '@freight/contracts';
import { schemaChanges } from '@freight/mapping';
import { completeBatch, withFence } from './claim.ts';
import type { BatchContext } from './context.ts';
import { BatchFailure } from './failure.ts';

/** Verdicts about the moment, not about the connection: the next attempt may find another. */
const passing = new Set(['unavailable', 'rate_limited']);

const demand = (verdict: ConnectionTest, side: 'source' | 'target'): void => {
  if (verdict.ok) return;
  const detail = verdict.problems.map(one => one.detail).join(' ');
  const passes = verdict.problems.every(one => passing.has(one.code));
  throw new BatchFailure(
    { code: verdict.problems[0]?.code ?? 'check_failed', detail, side },
    passes ? 'counts' : 'last',
  );
};

/** Checks both connections and makes what the target lacks. Safe to repeat. */
export const runPrepare = async (context: BatchContext): Promise<void> => {
  const { claim, connections, tenure } = context;
  const source = await connections.source(claim.tenantId, claim.sourceConnectionId, tenure.guard);
  demand(await source.check(tenure.signal), 'source');
  const { target } = await connections.target(claim.tenantId, claim.targetConnectionId, tenure.guard, tenure.signal);
  demand(await target.check(tenure.signal), 'target');
  const agreement = await context.agreement();
  // What the target has switched off is not needed: an agreement is not made otherwise.
  const objects = claim.config.objects.filter(object => agreement.mapping.objects[object] !== undefined);
  const changes = schemaChanges(agreement.mapping, agreement.source, agreement.target);
  await target.prepare(objects, changes, tenure.signal);
  await withFence(context.db, claim, sql => completeBatch(sql, claim, {}));
};
