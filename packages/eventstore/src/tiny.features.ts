/** A domain of two lines over the job log, with a read model of its own: for the tests of the event store. */
import type { Decider } from '@freight/kernel';
import { err, ok } from '@freight/kernel';
import type { TestDatabase } from '../../../test/harness/database.ts';
import { createStore, type Projection, type Store } from './index.ts';

export interface TinyState {
  readonly sum: number;
  readonly last: string;
}
export interface TinyEvent {
  readonly type: 'added';
  readonly data: { readonly n: number; readonly note: string };
}
export type TinyCommand = { readonly add: readonly number[]; readonly note?: string } | { readonly refuse: true };

export const tinyDecider: Decider<TinyState, TinyCommand, TinyEvent, 'no'> = {
  initialState: { sum: 0, last: '' },
  decide: command =>
    'refuse' in command
      ? err('no')
      : ok(command.add.map(n => ({ type: 'added', data: { n, note: command.note ?? 'é "\\ 😀' } }))),
  // Order matters: who folds two events the other way round gets another state.
  evolve: (state, event) => ({ sum: (state.sum * 3 + event.data.n) % 1_000_003, last: event.data.note }),
};

/** Order matters here too. */
export const tinyProjection: Projection<TinyEvent> = {
  name: 'tiny',
  tables: ['tiny'],
  apply: async (sql, recorded) => {
    await sql`
      insert into tiny (tenant_id, id, digest, version, at)
      values (${recorded.tenantId}, ${recorded.streamId}, ${String(recorded.event.data.n)}, ${recorded.version}, ${recorded.occurredAt})
      on conflict (tenant_id, id) do update set digest = md5(tiny.digest || excluded.digest), version = excluded.version, at = excluded.at`;
  },
};

export const createTinyStore = (
  projections: readonly Projection<TinyEvent>[] = [tinyProjection],
): Store<TinyState, TinyCommand, TinyEvent, 'no'> => createStore({ log: 'job', decider: tinyDecider, projections });

export const createTinyTable = async ({ admin }: TestDatabase): Promise<void> => {
  await admin`create table tiny (tenant_id uuid, id uuid, digest text, version bigint, at timestamptz, primary key (tenant_id, id))`;
  await admin`alter table tiny enable row level security`;
  await admin`alter table tiny force row level security`;
  await admin`create policy tenant_isolation on tiny using (tenant_id = freight_tenant()) with check (tenant_id = freight_tenant())`;
  await admin`grant select, insert, update, delete on tiny to freight_jobs`;
};

/** Waits for something to become true. */
export const until = async (what: string, condition: () => Promise<boolean> | boolean, withinMs = 10_000) => {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
};

/** A moment that a test decides. */
export const moment = (): { readonly come: Promise<void>; readonly now: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { come: promise, now: resolve };
};
