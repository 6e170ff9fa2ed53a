-- Why: what a system holds (fields, options, lists, colleagues) is read by a worker and shown by the gateway, which calls no CRM. Names of fields
-- and people are the customer's: sealed with the tenant's key, as records are.
-- Lock: none (new table). Breaking: no.
create table connection_schemas (
  tenant_id uuid not null,
  connection_id uuid not null,
  sealed bytea not null,
  read_at timestamptz not null,
  primary key (tenant_id, connection_id)
);
alter table connection_schemas enable row level security;
alter table connection_schemas force row level security;
create policy tenant_isolation on connection_schemas using (tenant_id = freight_tenant()) with check (tenant_id = freight_tenant());

grant select, insert, update on connection_schemas to freight_workers;
grant select on connection_schemas to freight_gateway;
grant select, delete on connection_schemas to freight_tenants;
