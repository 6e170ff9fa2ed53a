import {
  type ListedObject,
  mapping as mappingSchema,
  type ObjectName,
  type SourceSchema,
  sourceSchema,
  type TargetSchema,
  targetSchema,
} from '@freight/contracts';
import { type Agreement, type CompiledField, compileObject, proposeMapping } from '@freight/mapping';
import type { Database } from '@freight/postgres';
import { sealContexts, type TenantVault } from '@freight/vault';
import { z } from 'zod';
import type { Connections } from '../connections.ts';
import type { Claim } from './claim.ts';
import { BatchFailure } from './failure.ts';
import type { Tenure } from './tenure.ts';

const stored = z.object({ source: sourceSchema, target: targetSchema, mapping: mappingSchema });

/** What a run moves by, ready for use. */
export interface RunAgreement extends Agreement {
  fieldsOf(object: ObjectName): readonly CompiledField[];
  isMultiple(object: ObjectName, fieldId: string): boolean;
}

interface Options {
  readonly db: Database;
  readonly claim: Claim;
  readonly vault: TenantVault;
  readonly connections: Connections;
  readonly tenure: Tenure;
}

/** Fields that are parts of the record itself, and not values beside it: the connectors write them by rules of their own. */
const recordParts: Partial<Record<ListedObject, readonly string[]>> = {
  organizations: ['name', 'domains'],
  persons: ['name', 'emails', 'organizations'],
  opportunities: ['name', 'organizations', 'persons'],
};
const isPart = (object: ObjectName, { id, role }: CompiledField['from']): boolean =>
  recordParts[object]?.includes(id) === true || (object === 'opportunities' && role === 'owners');

const compiled = (agreement: Agreement): RunAgreement => {
  const byObject = new Map<ObjectName, readonly CompiledField[]>();
  const multiple = new Set(
    agreement.source.objects.flatMap(({ object, fields }) =>
      fields.filter(field => field.isMultiple).map(field => `${object} ${field.id}`),
    ),
  );
  return {
    ...agreement,
    fieldsOf: object => {
      let fields = byObject.get(object);
      if (fields === undefined) {
        fields = compileObject(agreement, object).filter(one => !isPart(object, one.from));
        byObject.set(object, fields);
      }
      return fields;
    },
    isMultiple: (object, fieldId) => multiple.has(`${object} ${fieldId}`),
  };
};

const read = async ({ db, claim, vault }: Options): Promise<RunAgreement | undefined> => {
  const [row] = await db.withTenant(
    claim.tenantId,
    sql => sql<{ sealed: Buffer }[]>`
      select sealed from run_agreements where tenant_id = ${claim.tenantId} and run_id = ${claim.runId}`,
  );
  if (!row) return undefined;
  const text = vault.open(row.sealed, sealContexts.agreement(claim.tenantId, claim.runId));
  return compiled(stored.parse(JSON.parse(text)));
};

/**
 * An object that the target has switched off may be left out where the source has no records of it.
 * @throws BatchFailure where it has: only an administrator of the target can switch it on.
 */
const demandHomes = (source: SourceSchema, target: TargetSchema, objects: readonly ObjectName[]): void => {
  const homeOf = (object: ObjectName) => target.objects.find(home => home.object === object);
  const missing = objects.filter(
    object => homeOf(object)?.isEnabled !== true && source.objects.find(one => one.object === object)?.count !== 0,
  );
  if (missing.length === 0) return;
  const names = missing.map(object => `${object} (there: ${homeOf(object)?.slug ?? 'nothing'})`).join(', ');
  const detail =
    `The target has no place for ${names}. ` +
    'An administrator can switch it on in the settings there; or make a job whose objects leave it out.';
  throw new BatchFailure({ code: 'object_switched_off', detail, side: 'target' }, 'last');
};

/** Reads both systems and agrees on what moves where: the proposal, narrowed to the objects of the job. */
const agree = async ({ claim, connections, tenure }: Options): Promise<Agreement> => {
  const { signal, guard } = tenure;
  const source = await (await connections.source(claim.tenantId, claim.sourceConnectionId, guard)).readSchema(signal);
  const { target: writer } = await connections.target(claim.tenantId, claim.targetConnectionId, guard, signal);
  const target = await writer.readSchema(signal);
  demandHomes(source, target, claim.config.objects);
  const proposed = proposeMapping(source, target);
  const objects = Object.fromEntries(
    Object.entries(proposed.objects).filter(([object]) => claim.config.objects.includes(object as ObjectName)),
  );
  return { source, target, mapping: { ...proposed, objects, lists: {} } };
};

/**
 * What the batch's run moves by. The first batch that asks settles it for all: whoever comes second takes what the first one stored. Kept sealed, since it
 * names the customer's fields and people.
 */
const readAgreement = async (options: Options): Promise<RunAgreement> => {
  const known = await read(options);
  if (known) return known;
  const { db, claim, vault } = options;
  const text = JSON.stringify(await agree(options));
  const sealed = vault.seal(text, sealContexts.agreement(claim.tenantId, claim.runId));
  await db.withTenant(
    claim.tenantId,
    sql => sql`
      insert into run_agreements (tenant_id, run_id, sealed) values (${claim.tenantId}, ${claim.runId}, ${sealed})
      on conflict do nothing`,
  );
  const settled = await read(options);
  if (!settled) throw new Error('An agreement that was stored is not there');
  return settled;
};

/** Agreements of the runs that were worked on last; at most so many. */
const keptMax = 20;

export type Agreements = (options: Options) => Promise<RunAgreement>;

/** Remembers agreements by run: a run's agreement never changes. */
export const createAgreements = (): Agreements => {
  const kept = new Map<string, Promise<RunAgreement>>();
  return options => {
    const { tenantId, runId } = options.claim;
    const key = `${tenantId} ${runId}`;
    let agreement = kept.get(key);
    if (agreement === undefined) {
      agreement = readAgreement(options);
      agreement.catch(() => kept.delete(key));
      kept.set(key, agreement);
      const [oldest] = kept.keys();
      if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
    }
    return agreement;
  };
};
