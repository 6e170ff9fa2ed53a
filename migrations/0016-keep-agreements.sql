-- Why: all batches of a run move by the same mapping and the same reading of both systems, whatever changes there meanwhile.
-- Lock: none (new table). Breaking: no.
create table run_agreements (
  tenant_id uuid not null,
  run_id uuid not null,
  -- Both schemas and the mapping: names of fields and people are the customer's, sealed with the tenant's key.
  sealed bytea not null,
  agreed_at timestamptz not null default now(),
  primary key (tenant_id, run_id)
);
alter table run_agreements enable row level security;
alter table run_agreements force row level security;
create policy tenant_isolation on run_agreements using (tenant_id = freight_tenant()) with check (tenant_id = freight_tenant());

grant select, insert on run_agreements to freight_workers;
grant select on run_agreements to freight_gateway;
