-- Why: the log of the job service is the truth about migration jobs; the read models can be rebuilt from it.
-- Lock: none (new tables). Breaking: no.
create table job_streams (
  tenant_id uuid not null,
  stream_id uuid not null,
  version bigint not null check (version > 0),
  state jsonb not null,
  updated_at timestamptz not null,
  primary key (tenant_id, stream_id)
);

create table job_events (
  tenant_id uuid not null,
  stream_id uuid not null,
  version bigint not null check (version > 0),
  event_id uuid not null,
  type text not null,
  data jsonb not null,
  metadata jsonb not null,
  occurred_at timestamptz not null,
  tx xid8 not null default pg_current_xact_id(),
  seq bigint not null generated always as identity,
  primary key (tenant_id, stream_id, version)
);
create index job_events_order on job_events (tx, seq);

create table migration_jobs (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  source_connection_id uuid not null,
  target_connection_id uuid not null,
  source_system text not null,
  target_system text not null,
  status text not null check (status in ('created', 'running', 'paused', 'cancelling', 'cancelled', 'completed', 'failed')),
  phase text,
  run_id uuid,
  config jsonb not null,
  objects jsonb not null,
  status_reason jsonb,
  total_records bigint not null default 0,
  processed_records bigint not null default 0,
  failed_records bigint not null default 0,
  started_by text,
  started_at timestamptz,
  completed_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  version bigint not null,
  primary key (tenant_id, id)
);
create index migration_jobs_by_status on migration_jobs (tenant_id, status) where deleted_at is null;
create index migration_jobs_by_age on migration_jobs (tenant_id, created_at, id) where deleted_at is null;
-- What the dispatcher looks for, over all tenants.
create index migration_jobs_active on migration_jobs (id) where status in ('running', 'paused', 'cancelling');

create table runs (
  tenant_id uuid not null,
  job_id uuid not null,
  id uuid not null,
  kind text not null,
  status text not null check (status in ('active', 'completed', 'failed', 'cancelled')),
  phase text not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, job_id) references migration_jobs (tenant_id, id) deferrable initially deferred
);
create index runs_by_job on runs (tenant_id, job_id);

do $$
declare
  name text;
begin
  foreach name in array array['job_streams', 'job_events', 'migration_jobs', 'runs'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy tenant_isolation on %I using (tenant_id = freight_tenant()) with check (tenant_id = freight_tenant())', name);
  end loop;
end
$$;
create policy relay_reads on job_events for select to freight_relay using (true);
create policy dispatcher_reads on migration_jobs for select to freight_dispatcher using (true);

grant select, insert, update on job_streams to freight_jobs;
grant select, insert on job_events to freight_jobs;
grant select on job_events to freight_relay, freight_gateway;
grant select, insert, update, delete on migration_jobs, runs to freight_jobs;
grant select on migration_jobs, runs to freight_gateway, freight_workers;
grant select (tenant_id, id, status, run_id, config) on migration_jobs to freight_dispatcher;
