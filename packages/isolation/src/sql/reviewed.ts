/**
 * What somebody looked at and found right. Everything of its kind that is not here counts as a leak: who adds a table, a policy or a grant
 * that reaches beyond one tenant adds a line, and says why.
 */

/** Tables that hold no tenant's data, and why they may stay without row security. */
export const withoutTenants: Readonly<Record<string, string>> = {
  freight_migrations: 'names and digests of migration files',
  relay_marks: 'places that a relay has passed, as numbers of a stream',
  relay_positions: 'one row a relay: how far it has come',
  revocation_position: 'one row: how many changes that end or limit a key were committed',
  rate_pacing: 'the next moment of a call, by an account named by a digest',
};

/** Keys that do not start with the tenant, and why. */
export const keysOverTenants: Readonly<Record<string, string>> = {
  tenants_pkey: 'the id is the tenant',
  tenants_slug_key: 'slugs are unique in a deployment; only operators make tenants',
};

/** Policies that show more than one tenant's rows: table, name and the one role, without log-in, that reads by it. */
export const crossTenantPolicies: readonly string[] = [
  'api_key_hashes key_lookup_reads freight_key_lookup',
  'api_keys key_lookup_reads freight_key_lookup',
  'batches dispatcher_reads freight_dispatcher',
  'commands key_lookup_reads freight_key_lookup',
  'commands sweeper_reads freight_sweeper',
  'erasures erasure_lookup_reads freight_erasure_lookup',
  'job_events relay_reads freight_relay',
  'migration_jobs dispatcher_reads freight_dispatcher',
  'subscription_floors subscriptions_reads freight_subscriptions',
  'subscriptions subscriptions_reads freight_subscriptions',
  'tenant_events relay_reads freight_relay',
  'tenants dispatcher_reads freight_dispatcher',
  'tenants key_lookup_reads freight_key_lookup',
  'tenants operator_reads freight_operator',
  'tenants subscriptions_reads freight_subscriptions',
];

/** Which service may take on which role. */
export const memberships: readonly string[] = [
  'freight_dispatcher to freight_jobs',
  'freight_eraser to freight_tenants',
  'freight_erasure_lookup to freight_tenants',
  'freight_exporter to freight_gateway',
  'freight_key_lookup to freight_gateway',
  'freight_key_rehash to freight_gateway',
  'freight_operator to freight_gateway',
  'freight_relay to freight_jobs',
  'freight_relay to freight_tenants',
  'freight_resealer to freight_tenants',
  'freight_retention to freight_jobs',
  'freight_subscriptions to freight_tenants',
  'freight_sweeper to freight_gateway',
];

/** Roles without log-in that may do more than their service, in one tenant's scope only: tried on every table as services are. */
export const scopedRoles: Readonly<Record<string, string>> = {
  freight_eraser: 'freight_tenants',
  freight_exporter: 'freight_gateway',
  freight_key_rehash: 'freight_gateway',
  freight_resealer: 'freight_tenants',
  freight_retention: 'freight_jobs',
};

/** Functions that run with their owner's rights: who may call them, and why that tells nothing. */
export const definerFunctions: Readonly<Record<string, { readonly roles: readonly string[]; readonly why: string }>> = {
  freight_analyze_staged: { roles: ['freight_jobs'], why: 'takes nothing, returns nothing, its search path is fixed' },
};

/** What each role that reads across tenants sees, by table: columns, or `*` for all. Whatever else it sees it sees of every tenant. */
export const readerColumns: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  freight_relay: { tenant_events: '*', job_events: '*' },
  freight_dispatcher: {
    tenants: 'id settings status',
    migration_jobs: 'tenant_id id status run_id config status_reason',
    batches:
      'tenant_id id job_id run_id kind lane seq state issue issued_at leased_until next_attempt_at folded attempts traceparent',
  },
  freight_key_lookup: {
    api_keys: 'tenant_id id prefix scopes expires_at revoked_at',
    api_key_hashes: '*',
    tenants: 'id status',
    commands: 'subject_tenant_id holds_key state',
  },
  freight_erasure_lookup: { erasures: 'tenant_id requested_at finished_at' },
  freight_operator: { tenants: 'id name slug status settings version created_at updated_at' },
  freight_subscriptions: {
    subscriptions: 'tenant_id id aggregate event_type account_key revoked_at',
    subscription_floors: '*',
    tenants: 'id status',
  },
  freight_sweeper: { commands: 'tenant_id id state published_at' },
};

/** Who may read a column that holds something sealed or hashed. Such columns are known by their type (`bytea`) or name. */
export const secretColumns: Readonly<Record<string, string>> = {
  'api_key_hashes.hash': 'freight_eraser freight_key_lookup freight_key_rehash freight_tenants',
  // Digests of a chain that anybody may compute: each service writes entries, and looks at the last one.
  'audit_log.hash': 'freight_eraser freight_exporter freight_gateway freight_jobs freight_tenants freight_workers',
  'audit_log.previous_hash': 'freight_eraser freight_exporter freight_gateway',
  'commands.fingerprint': 'freight_eraser freight_exporter freight_gateway freight_resealer',
  'commands.sealed': 'freight_eraser freight_exporter freight_gateway freight_resealer',
  'connection_schemas.sealed':
    'freight_eraser freight_exporter freight_gateway freight_resealer freight_tenants freight_workers',
  'connection_secrets.sealed': 'freight_eraser freight_resealer freight_tenants freight_workers',
  'record_outcomes.sealed_message':
    'freight_eraser freight_exporter freight_gateway freight_jobs freight_resealer freight_workers',
  'run_agreements.sealed': 'freight_eraser freight_exporter freight_gateway freight_resealer freight_workers',
  'staged_keys.key': 'freight_eraser freight_jobs freight_retention freight_workers',
  'staged_records.sealed': 'freight_eraser freight_exporter freight_resealer freight_workers',
  'tenants.api_key_hash': 'freight_key_rehash freight_tenants',
};

export const secretName = 'hash|sealed|secret|password|credential';
