import { AttioError } from './errors.ts';
import type { AttioState } from './model/state.ts';
import type { Table } from './model/types.ts';

/** What a plan allows. All of these throw AttioError 400 `quota_exceeded` when there is no room for one more. */

export function requireRoomForRecord(state: AttioState): void {
  const { records } = state.options.quotas;
  if (records === undefined) return;
  let count = 0;
  for (const { table } of state.objects.values()) count += table.records.size;
  refuseAbove(count, records, 'records');
}

export const requireRoomForObject = (state: AttioState): void =>
  refuseAbove(state.objects.size, state.options.quotas.objects, 'objects');

export const requireRoomForAttribute = (state: AttioState, table: Table): void =>
  refuseAbove(table.attributes.length, state.options.quotas.attributes, 'attributes');

function refuseAbove(count: number, quota: number | undefined, what: string): void {
  if (quota === undefined || count < quota) return;
  throw new AttioError(400, 'quota_exceeded', `The plan of this workspace allows ${quota} ${what}.`);
}
