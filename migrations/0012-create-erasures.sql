-- Why: a tenant can be exported and erased, and what is sealed with an old version of its key is sealed anew. Each of the three has a role of
-- its own, without log-in, that a service takes on for one transaction in the tenant's scope: no service has these rights all the time.
-- Lock: brief exclusive locks on tenants. Breaking: no.
do $$
declare
  name text;
begin
  foreach name in array array['freight_exporter', 'freight_eraser', 'freight_resealer', 'freight_erasure_lookup'] loop
    begin
      execute format('create role %I nologin noinherit nosuperuser nobypassrls', name);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
end
$$;
grant freight_exporter to freight_gateway;
-- erasure_lookup: sees which tenants are being erased, over all of them.
grant freight_eraser, freight_resealer, freight_erasure_lookup to freight_tenants;
grant usage on schema public to freight_exporter, freight_eraser, freight_resealer, freight_erasure_lookup;

alter table tenants drop constraint tenants_status_check;
alter table tenants add constraint tenants_status_check check (status in ('active', 'suspended', 'erasing', 'erased'));

-- One row for each tenant that is being or was erased: how far it has come, and the certificate that remains. No personal data.
create table erasures (
  tenant_id uuid primary key,
  requested_at timestamptz not null,
  -- The operator's key, by id.
  requested_by text not null,
  -- When the last worker that was at the tenant's work has lost its right to send; null: the work was not stopped yet.
  quiet_at timestamptz,
  -- The keys that were destroyed, by version and id; null: they were not yet.
  keys jsonb,
  -- What was removed: rows by table, messages by stream, keys in Redis. Added to in the transaction that removes, where there is one.
  removed jsonb not null default '{}',
  finished_at timestamptz,
  certificate jsonb
);
create index erasures_unfinished on erasures (requested_at) where finished_at is null;
alter table erasures enable row level security;
alter table erasures force row level security;
create policy tenant_isolation on erasures using (tenant_id = freight_tenant()) with check (tenant_id = freight_tenant());
create policy erasure_lookup_reads on erasures for select to freight_erasure_lookup using (finished_at is null);
grant select, insert, update on erasures to freight_tenants;
grant select on erasures to freight_gateway, freight_eraser;
grant select (tenant_id, requested_at, finished_at) on erasures to freight_erasure_lookup;

-- Gives the eraser, and the exporter where the rows are the tenant's to see, their rights on a table of tenants' data. For migrations: each
-- new table calls it.
create function freight_hand_over(name regclass, exported boolean) returns void
  language plpgsql
  as $$
begin
  execute format('grant select, delete on %s to freight_eraser', name);
  if exported then
    execute format('grant select on %s to freight_exporter', name);
  end if;
end
$$;
revoke execute on function freight_hand_over(regclass, boolean) from public;

do $$
declare
  name text;
begin
  for name in
    select c.relname from pg_class c
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'erasures'
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
  loop
    perform freight_hand_over(name::regclass, name not in ('api_key_hashes', 'connection_secrets', 'staged_keys', 'tenant_streams', 'job_streams'));
  end loop;
end
$$;
-- Its row is no longer the tenant's own data when it is erased, and stays.
grant select (id, name, slug, status, settings, version, created_at, updated_at) on tenants to freight_exporter, freight_eraser;
-- A worker that holds a batch is fenced out.
grant update (state, folded, fence, done_at) on batches to freight_eraser;
-- How far the relays have come.
grant select on relay_positions to freight_eraser;

grant select, update (sealed) on connection_secrets, commands, staged_records to freight_resealer;
grant select, update (sealed_message) on record_outcomes to freight_resealer;

-- Whether a job that has not ended uses a connection.
grant select (tenant_id, id, status, deleted_at, source_connection_id, target_connection_id) on migration_jobs to freight_tenants;
