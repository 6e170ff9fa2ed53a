-- Why: what a run moved by names the customer's fields and people, and is of no use once the run's records and outcomes are removed.
-- Lock: none to speak of. Breaking: no.
grant select (tenant_id, run_id), delete on run_agreements to freight_retention;
