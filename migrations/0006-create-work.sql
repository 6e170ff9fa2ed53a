-- Why: the facts of moving records: batches with their fences, staged records, the ledger of what was sent, one outcome a record and run.
-- A batch's occupancy (a tenant's slots) is derived from these rows and never counted beside them.
-- Lock: none (new tables). Breaking: no.
create table batches (
  tenant_id uuid not null,
  id uuid not null,
  job_id uuid not null,
  run_id uuid not null,
  kind text not null check (kind in ('prepare', 'extract', 'load', 'settle')),
  object text,
  -- The order in which batches of a run are issued.
  seq bigint not null,
  lane text not null,
  payload jsonb not null,
  state text not null default 'pending' check (state in ('pending', 'issued', 'claimed', 'done')),
  issue int not null default 0,
  issued_at timestamptz,
  -- Raised by every claim; what is stored for the batch must show the current one.
  fence bigint not null default 0,
  claimed_by text,
  leased_until timestamptz,
  -- Claims that did not end in a result; reset when a person resumes the job.
  attempts int not null default 0,
  next_attempt_at timestamptz not null default now(),
  last_error jsonb,
  result jsonb,
  -- Whether the job's log has taken the result in.
  folded boolean not null default false,
  -- The trace of the request that started the run: the batch's work belongs to it.
  traceparent text,
  created_at timestamptz not null default now(),
  done_at timestamptz,
  primary key (tenant_id, id)
);
create index batches_by_run on batches (tenant_id, run_id, state, seq);
create index batches_open on batches (state, next_attempt_at) where state <> 'done';
create index batches_unfolded on batches (tenant_id, job_id) where state = 'done' and not folded;

create table staged_records (
  tenant_id uuid not null,
  job_id uuid not null,
  run_id uuid not null,
  object text not null,
  source_id text collate "C" not null,
  -- The record as read, sealed with the tenant's key.
  sealed bytea not null,
  -- Place in the order of source ids (by length, then text: numeric for numbers), set when extraction of the object is complete.
  ordinal bigint,
  -- The smallest ordinal among the records that are the same one.
  group_ordinal bigint,
  primary key (tenant_id, run_id, object, source_id)
);
create index staged_records_by_group on staged_records (tenant_id, run_id, object, group_ordinal, ordinal);

-- HMACs of what identifies a record. same: who shares one is the same record. exclusive: only one target record may hold it.
create table staged_keys (
  tenant_id uuid not null,
  run_id uuid not null,
  object text not null,
  kind text not null check (kind in ('same', 'exclusive')),
  key bytea not null,
  source_id text collate "C" not null,
  primary key (tenant_id, run_id, object, kind, key, source_id)
);
create index staged_keys_by_record on staged_keys (tenant_id, run_id, object, source_id);

create table record_ids (
  tenant_id uuid not null,
  job_id uuid not null,
  object text not null,
  source_id text collate "C" not null,
  state text not null check (state in ('intended', 'done')),
  target_id text,
  -- What became of the record in the run that made or matched its target record.
  outcome text,
  batch_id uuid not null,
  fence bigint not null,
  -- A write was under way when its worker was lost: looked at again before the run ends.
  taken_over boolean not null default false,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, job_id, object, source_id)
);
create index record_ids_taken_over on record_ids (tenant_id, job_id) where taken_over;

create table record_outcomes (
  tenant_id uuid not null,
  job_id uuid not null,
  run_id uuid not null,
  object text not null,
  source_id text collate "C" not null,
  outcome text not null check (outcome in ('created', 'updated', 'merged', 'unchanged', 'skipped', 'failed')),
  reason text,
  -- The target's own words may hold values: sealed with the tenant's key.
  sealed_message bytea,
  target_id text,
  merged_into text,
  batch_id uuid,
  at timestamptz not null default now(),
  primary key (tenant_id, job_id, run_id, object, source_id)
);
create index record_outcomes_by_outcome on record_outcomes (tenant_id, job_id, outcome, object, source_id);

-- A target account's calls while Redis is away: the next moment at which one may be made. No tenant's data.
create table rate_pacing (
  account text not null,
  call_class text not null,
  next_at timestamptz not null,
  primary key (account, call_class)
);

do $$
declare
  name text;
begin
  foreach name in array array['batches', 'staged_records', 'staged_keys', 'record_ids', 'record_outcomes'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy tenant_isolation on %I using (tenant_id = freight_tenant()) with check (tenant_id = freight_tenant())', name);
  end loop;
end
$$;
create policy dispatcher_reads on batches for select to freight_dispatcher using (true);

grant select, insert, update on batches to freight_jobs;
grant select, update on batches to freight_workers;
grant select (tenant_id, id, job_id, run_id, kind, lane, seq, state, issue, issued_at, leased_until, next_attempt_at, folded, attempts, traceparent)
  on batches to freight_dispatcher;
grant select (tenant_id, job_id, run_id, object, source_id, ordinal, group_ordinal), update (ordinal, group_ordinal) on staged_records to freight_jobs;
grant select, insert on staged_records to freight_workers;
grant select on staged_keys to freight_jobs;
grant select, insert on staged_keys to freight_workers;
grant select, insert, update on record_ids to freight_workers;
grant select on record_ids to freight_jobs;
grant select, insert on record_outcomes to freight_workers, freight_jobs;
grant select on record_outcomes to freight_gateway;
grant select, insert, update on rate_pacing to freight_workers;

-- Gathers statistics of what was just staged, which only a table's owner may do. Returns nothing and takes nothing, so there is nothing to
-- learn from it. The search path is fixed: nobody can put a table of his own in front.
create function freight_analyze_staged() returns void
  language plpgsql security definer set search_path = public, pg_temp
  as $$
begin
  analyze staged_records;
  analyze staged_keys;
end
$$;
revoke execute on function freight_analyze_staged() from public;
grant execute on function freight_analyze_staged() to freight_jobs;
