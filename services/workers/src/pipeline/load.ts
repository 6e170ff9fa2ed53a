import {
  type ExistingPolicy,
  type LoadPayload,
  type LoadResult,
  loadPayload,
  type ObjectName,
} from '@freight/contracts';
import { createLimit, FreightError, sleep } from '@freight/kernel';
import type { OpenedTarget } from '../connections.ts';
import type { Target, TargetRecord } from '../connectors/connector.ts';
import { CrmError } from '../connectors/crmError.ts';
import { completeBatch, withFence } from './claim.ts';
import type { AccountPlace, BatchContext } from './context.ts';
import { decideGroup, type GroupResult, resultOf, type Step } from './decideGroup.ts';
import { type Group, readGroups } from './groups.ts';
import { type Holders, type Ledger, readHolders, readLedger, writeEffects, writeIntentions } from './ledger.ts';
import { countOutcomes, effectsOf, outcomesOf, storeOutcomes } from './outcomes.ts';
import { throughOutage } from './throughOutage.ts';

/**
 * How often a group is looked up, decided and sent at most. A lost reply may need several looks; a conflict that a second look did not explain
 * stays one.
 */
const triesMax = (why: CrmError): number => (why.kind === 'outcome_unknown' ? 5 : 3);

/** A group that needs another round, and what happened to it. */
type Unsettled = { readonly group: Group; readonly why: CrmError };

/** Why a record failed, as a stable code. */
const reasonOf = (error: CrmError): string => {
  if (error.kind === 'conflict') return 'unique_conflict';
  return error.kind === 'not_found' ? 'target_gone' : 'target_validation';
};

/** Errors that are about one record; all others are about the account and end the attempt at the batch. */
const isRecordError = (error: unknown): error is CrmError =>
  error instanceof CrmError &&
  (error.kind === 'rejected' ||
    error.kind === 'conflict' ||
    error.kind === 'outcome_unknown' ||
    error.kind === 'not_found');

interface Loading {
  readonly context: BatchContext;
  readonly target: Target;
  readonly object: ObjectName;
  readonly policy: ExistingPolicy;
  readonly results: Map<Group, GroupResult>;
  readonly place: AccountPlace;
}

const matches = (group: Group, record: TargetRecord): boolean =>
  record.sourceIds[0] === group.leader ||
  record.sourceIds.includes(group.leader) ||
  record.keys.some(key => group.keys.includes(key));

/** Looks all groups up at once, by marker and key. */
const findAll = ({ target, object, context }: Loading, groups: readonly Group[]): Promise<readonly TargetRecord[]> =>
  target.find(
    object,
    { sourceIds: groups.map(group => group.leader), keys: groups.flatMap(group => group.keys) },
    context.tenure.signal,
  );

interface Planned {
  readonly group: Group;
  readonly step: Exclude<Step, { kind: 'settled' }>;
}

/** Decides each group; those that need nothing are settled. Two groups never change the same record in one round: the second waits. */
const planRound = (
  loading: Loading,
  groups: readonly Group[],
  found: readonly TargetRecord[],
  ledgers: { readonly leaders: Ledger; readonly ours: ReadonlySet<string>; readonly holders: Holders },
): { readonly planned: readonly Planned[]; readonly waiting: readonly Group[] } => {
  const planned: Planned[] = [];
  const waiting: Group[] = [];
  const taken = new Set<string>();
  for (const group of groups) {
    const step = decideGroup(group, {
      change: loading.target.change,
      policy: loading.policy,
      found: found.filter(record => matches(group, record)),
      entry: ledgers.leaders.get(group.leader),
      isOurs: sourceId => ledgers.ours.has(sourceId),
      heldBy: recordId => ledgers.holders.get(recordId)?.find(sourceId => sourceId !== group.leader),
    });
    const recordId =
      step.kind === 'update' ? step.change.recordId : step.kind === 'settled' ? step.result.targetId : null;
    if (recordId !== null && taken.has(recordId)) {
      waiting.push(group);
      continue;
    }
    if (recordId !== null) taken.add(recordId);
    if (step.kind === 'settled') loading.results.set(group, step.result);
    else planned.push({ group, step });
  }
  return { planned, waiting };
};

const send = async ({ target, object, context }: Loading, { group, step }: Planned): Promise<GroupResult> => {
  const { signal } = context.tenure;
  const noteOf = (refused: readonly string[]) => (refused.length > 0 ? 'invalid_value_kept_as_text' : null);
  if (step.kind === 'create') {
    const written = await target.create(group.outgoing, signal);
    return resultOf('created', {
      targetId: written.id,
      reason: noteOf(written.refusedKeys),
      lookAgain: step.lookAgain,
    });
  }
  const written = await target.update(object, step.change, signal);
  return { ...step.result, reason: noteOf(written.refusedKeys) };
};

/** Sends a round's writes side by side. A fault of the account stops the sending of the rest; what was under way is waited for. */
const sendRound = async (loading: Loading, planned: readonly Planned[]): Promise<readonly Unsettled[]> => {
  const limit = createLimit(loading.context.writesInFlight);
  const unsettled: Unsettled[] = [];
  const faults: unknown[] = [];
  await Promise.all(
    planned.map(one =>
      limit(async () => {
        if (faults.length > 0) return;
        try {
          loading.results.set(one.group, await send(loading, one));
          loading.place.progress(loading.results.size);
        } catch (error) {
          if (!isRecordError(error)) faults.push(error);
          else if (error.kind === 'rejected') {
            const parts = { reason: reasonOf(error), message: error.vendorMessage ?? null };
            loading.results.set(one.group, resultOf('failed', parts));
          } else unsettled.push({ group: one.group, why: error });
        }
      }),
    ),
  );
  if (faults.length > 0) throw faults[0];
  return unsettled;
};

const readLedgers = (loading: Loading, groups: readonly Group[], found: readonly TargetRecord[]) => {
  const { claim, db } = loading.context;
  const marked = [...new Set(found.flatMap(record => record.sourceIds.slice(0, 1)))];
  return db.withTenant(claim.tenantId, async sql => {
    const [leaders, held, holders] = await Promise.all([
      readLedger(
        sql,
        claim,
        loading.object,
        groups.map(group => group.leader),
      ),
      readLedger(sql, claim, loading.object, marked),
      readHolders(
        sql,
        claim,
        loading.object,
        found.map(record => record.id),
      ),
    ]);
    const ours = new Set([...held].flatMap(([sourceId, entry]) => (entry.outcome === 'merged' ? [] : [sourceId])));
    return { leaders, ours, holders };
  });
};

/**
 * Says what is to be sent, under the fence and before it is sent.
 * @returns what may be sent, and the groups whose target record another batch took meanwhile: they are decided anew.
 */
const intend = async (
  { context, object }: Loading,
  planned: readonly Planned[],
): Promise<{ readonly sendable: readonly Planned[]; readonly rivalled: readonly Group[] }> => {
  const rivalled = await withFence(context.db, context.claim, sql =>
    writeIntentions(
      sql,
      context.claim,
      object,
      planned.map(({ group, step }) =>
        step.kind === 'create'
          ? { sourceId: group.leader, outcome: 'created', targetId: null }
          : { sourceId: group.leader, outcome: step.result.outcome, targetId: step.change.recordId },
      ),
    ),
  );
  return {
    sendable: planned.filter(one => !rivalled.has(one.group.leader)),
    rivalled: planned.filter(one => rivalled.has(one.group.leader)).map(one => one.group),
  };
};

/** Another try for those that have one left; the others failed. @throws CrmError when it stays unknown whether a write took effect. */
const tryAgain = (loading: Loading, tries: Map<Group, number>, unsettled: readonly Unsettled[]): readonly Unsettled[] =>
  unsettled.filter(({ group, why }) => {
    const count = (tries.get(group) ?? 0) + 1;
    tries.set(group, count);
    if (count < triesMax(why)) return true;
    if (why.kind === 'outcome_unknown') throw why;
    loading.results.set(group, resultOf('failed', { reason: reasonOf(why), message: why.vendorMessage ?? null }));
    return false;
  });

/** What was sent and lost its reply may still be on its way: it gets a little time before we look. Milliseconds. */
const waitBefore = (again: readonly Unsettled[], tries: ReadonlyMap<Group, number>): number => {
  if (again.length === 0) return 0;
  const lost = again.filter(one => one.why.kind === 'outcome_unknown');
  return 100 * 2 ** Math.max(0, ...lost.map(one => (tries.get(one.group) ?? 0) + 1));
};

/**
 * Looks, decides and sends until every group has its result. Each round settles the groups that it sends or costs them a try, of several that
 * meet one record the first is always sent, and who met another batch's record finds its holder in the next round: so it ends.
 */
const runRounds = async (loading: Loading, all: readonly Group[]): Promise<void> => {
  const { context, object } = loading;
  const tries = new Map<Group, number>();
  let left: readonly Group[] = all;
  while (left.length > 0) {
    const found = await findAll(loading, left);
    const ledgers = await readLedgers(loading, left, found);
    const { planned, waiting } = planRound(loading, left, found, ledgers);
    const { sendable, rivalled } = await intend(loading, planned);
    const again = tryAgain(loading, tries, await sendRound(loading, sendable));
    if (waiting.length > 0) {
      // The next round must know whose record it is that they share.
      await withFence(context.db, context.claim, sql =>
        writeEffects(sql, context.claim, object, effectsSoFar(loading)),
      );
    }
    left = [...waiting, ...rivalled, ...again.map(one => one.group)];
    const waitMs = waitBefore(again, tries);
    if (waitMs > 0) await sleep(waitMs, context.tenure.signal);
  }
};

const effectsSoFar = ({ results }: Loading) =>
  Array.from(results, ([group, result]) => outcomesOf(group, result).slice(0, 1)).flatMap(effectsOf);

/** What had taken effect before the attempt broke off, so that the next one does not take it for somebody else's. */
const keepEffects = async (loading: Loading): Promise<void> => {
  const { context } = loading;
  const done = effectsSoFar(loading).filter(effect => effect.outcome === 'created' || effect.outcome === 'updated');
  await throughOutage(context.patienceMs, () =>
    withFence(context.db, context.claim, sql => writeEffects(sql, context.claim, loading.object, done)),
  ).catch(() => {
    // Fenced out, or Postgres stays away: whoever goes on finds the records by their markers.
  });
};

const noPlace: AccountPlace = { progress: () => {}, leave: () => {} };

/** @throws FreightError `account_busy` when another batch of this worker is writing to the same limited account. */
const enter = (context: BatchContext, opened: OpenedTarget, payload: LoadPayload): AccountPlace => {
  if (!opened.isLimited) return noPlace;
  const place = context.accounts.tryEnter(opened.account, payload.toGroup - payload.fromGroup + 1);
  if ('leave' in place) return place;
  throw new FreightError('Another batch is writing to this account', {
    code: 'account_busy',
    retry: 'retryable',
    retryAfterMs: place.takenForMs,
  });
};

/**
 * Loads a batch of groups: look up, decide, say what is intended, send, and store one outcome a record with the batch's result in one
 * fenced transaction.
 */
export const runLoad = async (context: BatchContext): Promise<LoadResult> => {
  const { claim, tenure, connections } = context;
  const payload = loadPayload.parse(claim.payload);
  const opened = await connections.target(claim.tenantId, claim.targetConnectionId, tenure.guard, tenure.signal);
  const place = enter(context, opened, payload);
  const loading: Loading = {
    context,
    target: opened.target,
    object: payload.object,
    policy: claim.config.policies[payload.object].existing,
    results: new Map(),
    place,
  };
  try {
    const groups = await readGroups(context, payload);
    await runRounds(loading, groups);
    const records = groups.flatMap(group => {
      const result = loading.results.get(group);
      return result ? outcomesOf(group, result) : [];
    });
    const result: LoadResult = { counts: countOutcomes(records) };
    // Repeated after a lost commit it finds the batch done, and stores nothing twice.
    await throughOutage(context.patienceMs, () =>
      withFence(context.db, claim, async sql => {
        await storeOutcomes(sql, { claim, vault: context.vault, object: payload.object }, records);
        await completeBatch(sql, claim, result);
      }),
    );
    return result;
  } catch (error) {
    await keepEffects(loading);
    throw error;
  } finally {
    place.leave();
  }
};
