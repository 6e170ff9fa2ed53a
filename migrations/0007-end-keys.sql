-- Why: a key can be revoked and rotated, a tenant suspended; what ends a key is counted in the order of the commits, so that a gateway that
-- missed the message notices; and a revocation that waits for its service holds the key already.
-- Lock: brief exclusive locks on tenants, api_keys, commands, tenant_streams. Breaking: yes for the tenant service of the version before
-- (the states of its streams change shape): stop it first.
alter table api_keys add column revoked_at timestamptz;
create index api_keys_by_age on api_keys (tenant_id, created_at, id);
grant select (revoked_at) on api_keys to freight_key_lookup;

alter table tenants drop constraint tenants_status_check;
alter table tenants add constraint tenants_status_check check (status in ('active', 'suspended'));
create policy key_lookup_reads on tenants for select to freight_key_lookup using (true);
grant select (id, status) on tenants to freight_key_lookup;
-- For the dispatcher, which issues no work of a suspended tenant.
grant select (status) on tenants to freight_dispatcher, freight_jobs;

-- The key that a recorded command will revoke. It is held while the command is pending: a revocation is true from the moment that it is
-- recorded, also while the broker or the tenant service is away.
alter table commands add column holds_key uuid;
create index commands_holding on commands (subject_tenant_id, holds_key) where state = 'pending' and holds_key is not null;
create policy key_lookup_reads on commands for select to freight_key_lookup using (state = 'pending' and holds_key is not null);
grant select (subject_tenant_id, holds_key, state) on commands to freight_key_lookup;

-- How many changes that end or limit a key were committed. One row, no tenant's data. Its lock, held until the commit, puts those
-- changes into one order over all tenants: they are rare, and a number that was seen then stands for all before it.
create table revocation_position (
  one_row boolean primary key default true check (one_row),
  position bigint not null
);
insert into revocation_position (position) values (0);
grant select, update (position) on revocation_position to freight_tenants, freight_gateway;
grant select on revocation_position to freight_key_lookup;

-- The state of a tenant's stream knows what it needs to judge a revocation: the keys with what they may do, and until when.
alter table tenant_streams no force row level security;
alter table tenant_events no force row level security;
update tenant_streams s set state = (s.state - 'keyIds') || jsonb_build_object('keys', (
    select coalesce(jsonb_object_agg(e.data ->> 'keyId', jsonb_build_object('label', e.data -> 'label', 'scopes', e.data -> 'scopes',
      'expiresAt', e.data -> 'expiresAt', 'revoked', false, 'primary', e.data -> 'primary')), '{}')
    from tenant_events e
    where e.tenant_id = s.tenant_id and e.stream_id = s.stream_id and e.type = 'api-key-created'))
where s.state ? 'keyIds';
alter table tenant_streams force row level security;
alter table tenant_events force row level security;
