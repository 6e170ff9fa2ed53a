import type { ObjectName } from '@freight/contracts';
import type { CrmAccess, Outgoing, Target, TargetRecord, Written } from '../connector.ts';
import { CrmError } from '../crmError.ts';
import { type CrmClient, createCrmClient } from '../http.ts';
import { applyChanges } from './applyChanges.ts';
import { changedValues, newValues, type Writing } from './change.ts';
import { attioObjects, markerSlug } from './objects.ts';
import { prepareObject } from './prepare.ts';
import { findRecords, writeRecord } from './records.ts';
import { readAttioSchema } from './schema.ts';
import { checkAttio, readSelf } from './self.ts';
import { attio } from './vendor.ts';
import { sendWithoutRefused } from './write.ts';

const recordPath = (object: ObjectName, id: string): string =>
  `/v2/objects/${attioObjects[object].slug}/records/${encodeURIComponent(id)}`;

/** The record that a call of ours made whose reply was lost: it bears this very marker. */
const findOwn = async (
  client: CrmClient,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<TargetRecord | undefined> => {
  const { id } = outgoing.record;
  const found = await findRecords(client, attioObjects[outgoing.object], { sourceIds: [id], keys: [] }, signal);
  return found.find(record => record.sourceIds[0] === id);
};

/**
 * A plain create, not Attio's assert: an assert would also overwrite a record of somebody else that came to hold the key since we looked, against
 * the job's policy. The key's uniqueness keeps a second one out all the same, so that a repeat or a late first call is refused; whose the
 * record is, the marker then says.
 */
const createRecord = async (client: CrmClient, outgoing: Outgoing, signal: AbortSignal): Promise<Written> => {
  const object = attioObjects[outgoing.object];
  try {
    const { reply, refusedKeys } = await sendWithoutRefused(object, newValues(outgoing), values =>
      writeRecord(
        client,
        {
          method: 'POST',
          route: '/v2/objects/{object}/records',
          path: `/v2/objects/${object.slug}/records`,
          body: { data: { values } },
          callClass: 'write',
          isRepeatable: values[object.keys?.slug ?? markerSlug] !== undefined,
        },
        signal,
      ),
    );
    return { id: reply, refusedKeys };
  } catch (error) {
    if (!(error instanceof CrmError && error.kind === 'conflict')) throw error;
    const own = await findOwn(client, outgoing, signal);
    if (own === undefined) throw error;
    return { id: own.id, refusedKeys: [] };
  }
};

const removeRecord = async (client: CrmClient, object: ObjectName, id: string, signal: AbortSignal): Promise<void> => {
  try {
    await client.call(
      {
        method: 'DELETE',
        route: '/v2/objects/{object}/records/{record}',
        path: recordPath(object, id),
        callClass: 'write',
        isRepeatable: true,
      },
      signal,
    );
  } catch (error) {
    if (!(error instanceof CrmError && error.kind === 'not_found')) throw error;
  }
};

/**
 * Attio as the target: organizations become companies, persons become people. Changes go by PATCH, which adds to lists and takes nothing away;
 * new domains and addresses come to stand in front of those that are there.
 */
export const createAttioTarget = (access: CrmAccess): Target => {
  const client = createCrmClient(access, attio);
  return {
    readAccount: async signal => (await readSelf(client, signal)).workspace_id,
    check: signal => checkAttio(client, signal),
    readSchema: signal => readAttioSchema(client, signal),
    async prepare(objects, changes, signal) {
      for (const object of objects) await prepareObject(client, attioObjects[object], signal);
      await applyChanges(client, changes, signal);
    },
    find: (object, wanted, signal) => findRecords(client, attioObjects[object], wanted, signal),
    create: (outgoing, signal) => createRecord(client, outgoing, signal),
    change(outgoing, existing, policy) {
      const writing = changedValues(outgoing, existing.values, policy);
      return Object.keys(writing.values).length === 0 ? null : { recordId: existing.id, values: writing };
    },
    async update(object, change, signal) {
      const path = recordPath(object, change.recordId);
      const { reply, refusedKeys } = await sendWithoutRefused(attioObjects[object], change.values as Writing, values =>
        writeRecord(
          client,
          {
            method: 'PATCH',
            route: '/v2/objects/{object}/records/{record}',
            path,
            body: { data: { values } },
            callClass: 'write',
            isRepeatable: true,
          },
          signal,
        ),
      );
      return { id: reply, refusedKeys };
    },
    remove: (object, recordId, signal) => removeRecord(client, object, recordId, signal),
  };
};
