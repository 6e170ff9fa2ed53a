-- Why: tables that came beside or after the roles of export, erasure and sealing anew give them their rights. Whatever holds a tenant's data and
-- did not yet is found in the catalog, so that it does not matter in which order databases got their migrations.
-- Lock: none. Breaking: no.
do $$
declare
  name text;
begin
  for name in
    select c.relname from pg_class c
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'erasures'
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
      and not has_table_privilege('freight_eraser', c.oid, 'delete')
  loop
    perform freight_hand_over(name::regclass, name not in ('api_key_hashes', 'connection_secrets'));
  end loop;
end
$$;

grant select, update (sealed) on connection_schemas, run_agreements to freight_resealer;
-- Whoever answers a command for a tenant that is being erased writes nothing into its audit log any more.
grant select (status) on tenants to freight_workers;
