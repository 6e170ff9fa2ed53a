-- Why: who did what, on what, when, from where, and what came of it: one chain of entries a tenant, the operators' own among them. An entry
-- holds the digest of the one before it, so that whoever changes, removes, adds or moves one breaks a link that everybody can find.
-- The chain is made here, in the transaction of the entry: no service can choose a place, a time or a digest, and none may change or remove.
-- Lock: none (new table); a moment's on the catalog entry of tenants. Breaking: no.
create table audit_log (
  tenant_id uuid not null,
  -- 1, 2, 3, … without gaps in each tenant. This default and those of the digests are never stored: the trigger sets them.
  seq bigint not null default 1 check (seq > 0),
  -- When it was written, by the database's clock; and when the request came (the first of them, where the entry stands for several).
  at timestamptz not null default now(),
  requested_at timestamptz not null,
  actor_kind text not null check (actor_kind in ('tenant', 'operator', 'cli', 'service', 'unknown')),
  -- The id of an API key, never the key.
  actor_id text check (length(actor_id) <= 100),
  source text check (length(source) <= 100),
  operation text check (length(operation) <= 100),
  resource_kind text check (length(resource_kind) <= 100),
  resource_id uuid,
  -- Whose it was, where an operator acted on a tenant.
  subject_tenant_id uuid,
  outcome text not null check (outcome in ('accepted', 'refused', 'failed')),
  status int not null,
  code text check (length(code) <= 100),
  -- Equal requests, one soon after the other, that the entry stands for.
  count int not null default 1 check (count > 0),
  command_id uuid,
  trace_id text check (length(trace_id) <= 100),
  previous_hash bytea not null default '',
  hash bytea not null default '',
  primary key (tenant_id, seq)
);
-- A command has one entry in a chain, whatever is delivered twice.
create unique index audit_log_by_command on audit_log (tenant_id, command_id) where command_id is not null;
create index audit_log_by_time on audit_log (tenant_id, at);

-- What is digested: the entry as the API shows it, without its own hash, as JSON after RFC 8785 (names in order, no spaces).
-- docs/spec/audit.md has the definition; packages/audit computes the same from a download.
create function freight_audit_canonical(entry audit_log) returns text
  language sql stable
  return '{"actorId":' || coalesce(to_json(entry.actor_id)::text, 'null')
    || ',"actorKind":' || to_json(entry.actor_kind)::text
    || ',"at":"' || to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'
    || ',"code":' || coalesce(to_json(entry.code)::text, 'null')
    || ',"commandId":' || coalesce(to_json(entry.command_id)::text, 'null')
    || ',"count":' || entry.count::text
    || ',"format":1'
    || ',"operation":' || coalesce(to_json(entry.operation)::text, 'null')
    || ',"outcome":' || to_json(entry.outcome)::text
    || ',"previousHash":"' || encode(entry.previous_hash, 'hex') || '"'
    || ',"requestedAt":"' || to_char(entry.requested_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'
    || ',"resourceId":' || coalesce(to_json(entry.resource_id)::text, 'null')
    || ',"resourceKind":' || coalesce(to_json(entry.resource_kind)::text, 'null')
    || ',"seq":' || entry.seq::text
    || ',"source":' || coalesce(to_json(entry.source)::text, 'null')
    || ',"status":' || entry.status::text
    || ',"subjectTenantId":' || coalesce(to_json(entry.subject_tenant_id)::text, 'null')
    || ',"tenantId":' || to_json(entry.tenant_id)::text
    || ',"traceId":' || coalesce(to_json(entry.trace_id)::text, 'null')
    || '}';

-- With the rights of who inserts: row security shows it one tenant's chain only. The lock is held until the commit, so that the next entry of
-- the tenant is written after this one can be seen; who takes it takes no other lock afterwards but the operators' (always last).
-- Every name is qualified: a table in a temporary schema would come first.
create function freight_audit_chain() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $$
declare
  last_seq bigint;
  last_hash bytea;
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('freight audit ' || new.tenant_id::text, 0));
  select e.seq, e.hash into last_seq, last_hash
    from public.audit_log e where e.tenant_id = new.tenant_id order by e.seq desc limit 1;
  new.seq := coalesce(last_seq, 0) + 1;
  new.previous_hash := coalesce(last_hash, pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex'));
  new.at := pg_catalog.clock_timestamp();
  new.hash := pg_catalog.sha256(pg_catalog.convert_to(public.freight_audit_canonical(new), 'UTF8'));
  return new;
end
$$;
create trigger audit_log_chain before insert on audit_log for each row execute function freight_audit_chain();

alter table audit_log enable row level security;
alter table audit_log force row level security;
create policy tenant_isolation on audit_log using (tenant_id = freight_tenant()) with check (tenant_id = freight_tenant());

grant insert (tenant_id, requested_at, actor_kind, actor_id, source, operation, resource_kind, resource_id, subject_tenant_id, outcome, status,
    code, count, command_id, trace_id)
  on audit_log to freight_gateway, freight_tenants, freight_jobs, freight_workers;
-- What the trigger looks at, and what the anchors are made from; only the gateway shows entries.
grant select (tenant_id, seq, hash) on audit_log to freight_tenants, freight_jobs, freight_workers;
grant select on audit_log to freight_gateway;

-- An operator's command for a tenant that never was leaves no chain behind: whoever answers it looks whether there is one.
grant select (id) on tenants to freight_workers;
