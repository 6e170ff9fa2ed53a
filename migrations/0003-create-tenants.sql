-- Why: the read models of the tenant service, and the facts beside its log: key hashes, key use, sealed credentials.
-- Every table carries tenant_id first in every key: neither a unique constraint nor a foreign key can tell one tenant of another.
-- Lock: none (new tables). Breaking: no.
create table tenants (
  id uuid primary key,
  name text not null,
  slug text not null unique,
  api_key_hash text,
  api_key_prefix text,
  status text not null check (status in ('active')),
  settings jsonb not null,
  version bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index tenants_by_age on tenants (created_at, id);

create table api_keys (
  tenant_id uuid not null,
  id uuid not null,
  prefix text not null,
  label text not null,
  scopes text[] not null,
  expires_at timestamptz,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);
-- The look-up before the tenant is known. Not unique: two keys may share a prefix, bcrypt tells them apart.
create index api_keys_by_prefix on api_keys (prefix);

create table api_key_hashes (
  tenant_id uuid not null,
  key_id uuid not null,
  hash text not null,
  primary key (tenant_id, key_id)
);

create table api_key_usage (
  tenant_id uuid not null,
  key_id uuid not null,
  used_count bigint not null default 0,
  last_used_at timestamptz not null,
  primary key (tenant_id, key_id)
);

create table connections (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  system text not null check (system in ('affinity', 'attio')),
  base_url text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  primary key (tenant_id, id)
);
create index connections_by_age on connections (tenant_id, created_at, id) where deleted_at is null;

create table connection_secrets (
  tenant_id uuid not null,
  connection_id uuid not null,
  sealed bytea not null,
  updated_at timestamptz not null,
  primary key (tenant_id, connection_id)
);

do $$
declare
  name text;
begin
  foreach name in array array['api_keys', 'api_key_hashes', 'api_key_usage', 'connections', 'connection_secrets'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy tenant_isolation on %I using (tenant_id = freight_tenant()) with check (tenant_id = freight_tenant())', name);
  end loop;
end
$$;
alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant_isolation on tenants using (id = freight_tenant()) with check (id = freight_tenant());

create policy key_lookup_reads on api_keys for select to freight_key_lookup using (true);
create policy key_lookup_reads on api_key_hashes for select to freight_key_lookup using (true);
create policy operator_reads on tenants for select to freight_operator using (true);
create policy dispatcher_reads on tenants for select to freight_dispatcher using (true);

grant select, insert, update, delete on tenants, api_keys, connections to freight_tenants;
grant select, insert on api_key_hashes to freight_tenants;
grant select, insert, update, delete on connection_secrets to freight_tenants;

grant select (id, name, slug, status, settings, version, created_at, updated_at) on tenants to freight_gateway, freight_operator;
grant select on api_keys, connections to freight_gateway;
grant select, insert, update on api_key_usage to freight_gateway;
grant select (tenant_id, id, prefix, scopes, expires_at) on api_keys to freight_key_lookup;
grant select on api_key_hashes to freight_key_lookup;
grant select (id, settings) on tenants to freight_dispatcher, freight_jobs;
grant select on connections to freight_jobs, freight_workers;
grant select on connection_secrets to freight_workers;
