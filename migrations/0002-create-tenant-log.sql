-- Why: the log of the tenant service is the truth about tenants, keys and connections.
-- The global order is (tx, seq): a reader that stays below the snapshot horizon never misses an event that commits late.
-- Lock: none (new tables). Breaking: no.
create table tenant_streams (
  tenant_id uuid not null,
  stream_id uuid not null,
  version bigint not null check (version > 0),
  state jsonb not null,
  updated_at timestamptz not null,
  primary key (tenant_id, stream_id)
);

create table tenant_events (
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
create index tenant_events_order on tenant_events (tx, seq);

alter table tenant_streams enable row level security;
alter table tenant_streams force row level security;
create policy tenant_isolation on tenant_streams using (tenant_id = freight_tenant()) with check (tenant_id = freight_tenant());
alter table tenant_events enable row level security;
alter table tenant_events force row level security;
create policy tenant_isolation on tenant_events using (tenant_id = freight_tenant()) with check (tenant_id = freight_tenant());
create policy relay_reads on tenant_events for select to freight_relay using (true);

grant select, insert, update on tenant_streams to freight_tenants;
grant select, insert on tenant_events to freight_tenants;
grant select on tenant_events to freight_relay;

-- How far each relay has come. No tenant's data: one row a relay, written by the relays only.
create table relay_positions (
  relay text primary key,
  tx xid8 not null,
  seq bigint not null,
  -- When the JetStream stream that was filled was made: another moment means that the broker lost it, and the relay starts over.
  stream_created_at text,
  updated_at timestamptz not null default now()
);
grant select, insert, update on relay_positions to freight_tenants, freight_jobs;
