-- Why: a service carries out a command only as it was recorded. It could see that a command of this id waits, not which: whoever can publish to
-- NATS could have used the id of one pending command for another.
-- Lock: none. Breaking: no.
grant select (service, type, subject_tenant_id) on commands to freight_tenants, freight_jobs, freight_workers;
