-- Why: what a tenant may hold and run is limited by its settings, what nobody needs any more is removed after a time, a key's hash follows
-- the cost setting, and two batches that meet one target record at once find that out.
-- Lock: writes to record_ids, batches and commands wait while their indexes are built: minutes where these hold hundreds of millions of
-- rows. Breaking: no.

-- Who holds a target record: asked for every record that the target had before.
create index record_ids_by_target on record_ids (tenant_id, job_id, object, target_id) where target_id is not null;

-- What a tenant has staged is the sum of what its extractions say that they staged, each in the transaction of its rows.
-- A run counts for as long as it has a row. Run by run: a join would read every row that is staged.
create index batches_extract on batches (tenant_id, run_id) where kind = 'extract';
create function freight_stored_bytes() returns bigint
  language sql stable
  return (
    select coalesce(sum(said.bytes), 0)::bigint
    from (select distinct run_id from batches where tenant_id = freight_tenant() and kind = 'extract') runs
    cross join lateral (
      select 1 from staged_records s where s.tenant_id = freight_tenant() and s.run_id = runs.run_id limit 1
    ) held
    cross join lateral (
      select sum((b.result ->> 'bytes')::bigint) as bytes from batches b
      where b.tenant_id = freight_tenant() and b.run_id = runs.run_id and b.kind = 'extract'
    ) said);
grant select (id, settings) on tenants to freight_workers;
grant select (status_reason) on migration_jobs to freight_dispatcher;
-- Extractions of the version before did not say it: the last one of each object says it for all.
alter table batches no force row level security;
alter table staged_records no force row level security;
update batches b set result = b.result || jsonb_build_object('bytes', s.bytes)
from (
  select tenant_id, run_id, object, sum(octet_length(sealed)) as bytes from staged_records group by tenant_id, run_id, object
) s
where b.tenant_id = s.tenant_id and b.id = (
  select l.id from batches l
  where l.tenant_id = s.tenant_id and l.run_id = s.run_id and l.kind = 'extract' and l.object = s.object and l.result is not null
  order by l.done_at desc nulls last, l.id limit 1);
alter table batches force row level security;
alter table staged_records force row level security;

-- The right to remove, and the right to renew a hash, belong to roles that a service takes on for one transaction in one tenant's scope.
do $$
declare
  name text;
begin
  foreach name in array array['freight_retention', 'freight_key_rehash'] loop
    begin
      execute format('create role %I nologin noinherit nosuperuser nobypassrls', name);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
end
$$;
grant freight_retention to freight_jobs;
grant freight_key_rehash to freight_gateway;
grant usage on schema public to freight_retention, freight_key_rehash;

create index commands_answered on commands (tenant_id, replied_at) where state = 'done';
grant select (tenant_id, id, state, replied_at), delete on commands to freight_retention;
grant select (tenant_id, id, job_id, ended_at) on runs to freight_retention;
grant select (tenant_id, job_id, run_id, object, source_id), delete on record_outcomes to freight_retention;
grant select (tenant_id, run_id, object, source_id), delete on staged_records to freight_retention;
grant select (tenant_id, run_id, object, kind, key, source_id), delete on staged_keys to freight_retention;

grant select, update (hash) on api_key_hashes to freight_key_rehash;
grant select (id, api_key_hash), update (api_key_hash) on tenants to freight_key_rehash;

-- What a client that changes a connection has read: the version of the tenant's stream at the connection's last change.
alter table connections add column version bigint not null default 0;
alter table tenant_events no force row level security;
alter table connections no force row level security;
update connections c set version = (
  select max(e.version) from tenant_events e
  where e.tenant_id = c.tenant_id and e.type like 'connection-%' and e.data ->> 'connectionId' = c.id::text);
alter table connections force row level security;
alter table tenant_events force row level security;
