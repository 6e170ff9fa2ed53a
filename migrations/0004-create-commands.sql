-- Why: a command is recorded before it is published, and its reply in the transaction of its events: a repeat gets the same answer,
-- and a command whose message was lost with the broker is published again.
-- Lock: none (new table). Breaking: no.
create table commands (
  tenant_id uuid not null,
  id uuid not null,
  service text not null,
  type text not null,
  subject_tenant_id uuid not null,
  idempotency_key text,
  fingerprint bytea not null,
  -- The whole envelope, sealed with the caller's tenant key.
  sealed bytea not null,
  state text not null default 'pending' check (state in ('pending', 'done')),
  reply_status int,
  reply_body jsonb,
  created_at timestamptz not null default now(),
  published_at timestamptz not null default now(),
  replied_at timestamptz,
  primary key (tenant_id, id)
);
create unique index commands_idempotency on commands (tenant_id, idempotency_key) where idempotency_key is not null;
create index commands_pending on commands (published_at) where state = 'pending';

alter table commands enable row level security;
alter table commands force row level security;
create policy tenant_isolation on commands using (tenant_id = freight_tenant()) with check (tenant_id = freight_tenant());
create policy sweeper_reads on commands for select to freight_sweeper using (state = 'pending');

grant select, insert on commands to freight_gateway;
grant update (published_at) on commands to freight_gateway;
grant select (tenant_id, id, state, published_at) on commands to freight_sweeper;
grant select (tenant_id, id, state, reply_status, reply_body) on commands to freight_tenants, freight_jobs, freight_workers;
grant update (state, reply_status, reply_body, replied_at) on commands to freight_tenants, freight_jobs, freight_workers;
