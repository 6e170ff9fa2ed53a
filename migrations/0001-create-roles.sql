-- Why: services log in as roles that own nothing and cannot bypass row-level security; the few cross-tenant readers are roles of
-- their own, without log-in, that a service must take on explicitly (SET LOCAL ROLE), so that no statement reads across tenants
-- by accident. NOINHERIT keeps a service from having their rights all the time.
-- Lock: none on tables. Breaking: no. Roles belong to the whole cluster, hence "if not exists".
do $$
declare
  name text;
begin
  foreach name in array array['freight_gateway', 'freight_tenants', 'freight_jobs', 'freight_workers'] loop
    begin
      execute format('create role %I login noinherit nosuperuser nocreatedb nocreaterole nobypassrls', name);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
  -- relay: reads the logs below the snapshot horizon; dispatcher: sees which batches and jobs wait; key_lookup: finds a key by its
  -- prefix; operator: lists tenants; sweeper: finds commands that were never answered.
  foreach name in array array['freight_relay', 'freight_dispatcher', 'freight_key_lookup', 'freight_operator', 'freight_sweeper'] loop
    begin
      execute format('create role %I nologin noinherit nosuperuser nobypassrls', name);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
end
$$;

grant freight_key_lookup, freight_operator, freight_sweeper to freight_gateway;
grant freight_relay to freight_tenants;
grant freight_relay, freight_dispatcher to freight_jobs;

revoke create on schema public from public;
grant usage on schema public to freight_gateway, freight_tenants, freight_jobs, freight_workers,
  freight_relay, freight_dispatcher, freight_key_lookup, freight_operator, freight_sweeper;

-- The tenant whose rows the transaction may see; null (nothing is visible) when no scope was set.
-- After a transaction with a local setting, the setting reads '' on that connection, hence nullif.
create function freight_tenant() returns uuid
  language sql stable parallel safe
  return nullif(current_setting('freight.tenant_id', true), '')::uuid;
