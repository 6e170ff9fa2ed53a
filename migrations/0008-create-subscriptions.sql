-- Why: subscriptions of downstream systems, and how far each has come, in a form that outlives the broker's store. A place in the log
-- stays what it is when the broker has lost its stream and numbers anew; the number in the stream does not.
-- Lock: brief exclusive lock on relay_positions. Breaking: no.
create table subscriptions (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  aggregate text,
  event_type text,
  start_at text not null check (start_at in ('new', 'all')),
  -- Public keys: of the subscription's NATS account and of its user.
  account_key text not null,
  user_key text not null,
  created_at timestamptz not null,
  revoked_at timestamptz,
  primary key (tenant_id, id)
);
create index subscriptions_by_age on subscriptions (tenant_id, created_at, id);

-- A fact beside the log: up to which places of the two logs everything was acknowledged, and the same place as a number of the stream
-- that was made at that moment. `ended_at`: the broker has forgotten the revoked subscription.
create table subscription_floors (
  tenant_id uuid not null,
  subscription_id uuid not null,
  tenant_tx xid8 not null,
  tenant_seq bigint not null,
  job_tx xid8 not null,
  job_seq bigint not null,
  stream_created_at text,
  stream_seq bigint not null,
  ended_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, subscription_id)
);

do $$
declare
  name text;
begin
  foreach name in array array['subscriptions', 'subscription_floors'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy tenant_isolation on %I using (tenant_id = freight_tenant()) with check (tenant_id = freight_tenant())', name);
  end loop;
  begin
    create role freight_subscriptions nologin noinherit nosuperuser nobypassrls;
  exception when duplicate_object or unique_violation then null;
  end;
end
$$;

-- Who compares all subscriptions with what the broker has. It reads only; what it finds out it writes in the tenant's own scope.
grant freight_subscriptions to freight_tenants;
grant usage on schema public to freight_subscriptions;
create policy subscriptions_reads on subscriptions for select to freight_subscriptions using (true);
create policy subscriptions_reads on subscription_floors for select to freight_subscriptions using (true);
create policy subscriptions_reads on tenants for select to freight_subscriptions using (true);
grant select (tenant_id, id, aggregate, event_type, account_key, revoked_at) on subscriptions to freight_subscriptions;
grant select on subscription_floors to freight_subscriptions;
grant select (id, status) on tenants to freight_subscriptions;

grant select, insert, update, delete on subscriptions to freight_tenants;
grant select, insert, update on subscription_floors to freight_tenants;
grant select on subscriptions to freight_gateway;

-- Every event of the log at or below the relay's position is in the stream at or below this number.
alter table relay_positions add column stream_seq bigint not null default 0;

-- The same of places that the relay has passed, a few a second at most: from an acknowledged number of the stream back to a place in
-- the log. No tenant's data.
create table relay_marks (
  relay text not null,
  stream_created_at text not null,
  stream_seq bigint not null,
  tx xid8 not null,
  seq bigint not null,
  primary key (relay, stream_created_at, stream_seq)
);
grant select, insert on relay_marks to freight_tenants, freight_jobs;
grant delete on relay_marks to freight_tenants;
