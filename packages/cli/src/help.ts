/** The words of `./freight help`. One entry a command; the first line is what the overview shows. */
export const commandHelp = {
  demo: `moves a whole CRM from one stand-in to another and proves that nothing was lost

  ./freight demo [--data DIR] [--real-limits] [--json]

Brings up the whole platform on private servers, fills a stand-in for Affinity, creates a tenant, two connections and a
job through the public HTTP API, waits for the end, reads both CRMs again, compares, prints a report, stops everything.

  --data DIR      records to move: a folder with organizations.jsonl, persons.jsonl and users.jsonl, and
                  perhaps opportunities, lists, list_entries and notes, which are only put in at the source
                  (without it: a generated set with the usual dirt, the same every time)
  --real-limits   keep the vendors' call limits (Attio: 25 writes a second); without it they are lifted
  --json          the last line of stdout is the result as one JSON object; everything else goes to stderr

Exit code 0 exactly when nothing was lost, nothing doubled and every relation kept; 130 after Ctrl-C.`,

  up: `brings up the platform and keeps it running until Ctrl-C

  ./freight up [--port N]

Prints the gateway's and the sandbox's address, an operator key at the first start, and commands to paste that move a few
records between the sandbox's two CRMs. The vendors' call limits are kept.

  --port N        the gateway's port (without it: that of the last time, at first 8080; the next free one if it is taken)

The data is kept: tenants, keys, connections, jobs and their records are there again at the next start. It is all in .freight/up
(the databases of root in /var/lib/freight, where the project is in a folder that only root may enter). To begin anew, remove
that while nothing is up. The operator key is shown once; for you alone it is in .freight/up/operator-key too. The sandbox
keeps nothing. One "up" a folder at a time; the second one says who is there.

Exit code 0 after Ctrl-C, 130 if that came while it was starting, 1 when it could not start.

  FREIGHT_DATA_DIR            another folder than .freight for all that is private to this machine

Servers of your own instead of private ones; what they hold is kept by them, and the operator key is then in no file:
  FREIGHT_DATABASE_URL        PostgreSQL 15 or newer
  FREIGHT_ADMIN_DATABASE_URL  the same database as a role that may create tables and roles (default: the one above);
                              Freight's services log in as roles of their own, whose passwords it sets at each start
  FREIGHT_NATS_URL            nats-server 2.9 or newer with JetStream, with one user and password for all services; without
                              accounts it has no subscriptions
  FREIGHT_REDIS_URL           Redis 7 or newer`,

  migrate: `brings the database's schema up to date

  ./freight migrate

Applies the files of migrations/ that were not applied, in order. Safe to repeat.

  FREIGHT_ADMIN_DATABASE_URL      the database, as a role that may create tables and roles (needed)
  FREIGHT_DB_PASSWORD_GATEWAY     passwords to set for the services' roles; what is not given stays as it is
  FREIGHT_DB_PASSWORD_TENANTS
  FREIGHT_DB_PASSWORD_JOBS
  FREIGHT_DB_PASSWORD_WORKERS`,

  'tenants create': `creates a tenant and prints its first API key

  ./freight tenants create --name NAME --slug SLUG --url URL

  --name NAME     as people call it
  --slug SLUG     1 to 50 of a-z, 0-9 and inner hyphens
  --url URL       the gateway's address

  FREIGHT_OPERATOR_KEY   an operator's API key (needed; not an option, since options are open to everybody on the machine)

The key is shown once.`,

  isolation: `tries to cross from one tenant to another, in every way that is known

  ./freight isolation [--json] [--url URL ...]

Makes two tenants with marked data and tries to see, change or notice the one as the other: by every operation of the API, by
the time of its answers, in the database as every service's role, over NATS and in Redis. Without --url on a private platform
that it starts and removes again. With --url on the platform that runs there: whatever is given no address is not tried, and
named; the tenants are taken out of use at the end, and what stays is said.

  --url URL       a gateway of a running platform; several of them take turns
  --json          the last line of stdout is the result as one JSON object; everything else goes to stderr

Exit code 0 exactly when nothing leaked, every attempt could be judged, and every operation and table was tried.

With --url:
  FREIGHT_OPERATOR_KEY            an operator's API key (needed)
  FREIGHT_DATABASE_URL_GATEWAY    the database, as the services' roles
  FREIGHT_DATABASE_URL_TENANTS
  FREIGHT_DATABASE_URL_JOBS
  FREIGHT_DATABASE_URL_WORKERS
  FREIGHT_ADMIN_DATABASE_URL      the database as a superuser: for tables in which the two tenants have no row
  FREIGHT_NATS_URL                the broker
  FREIGHT_NATS_CREDENTIALS_DIR    the folder that ./freight nats init wrote, for logging in as each service and as administrator;
                                  without it by the user and password of the address
  FREIGHT_REDIS_URL               Redis, as a service logs in
  FREIGHT_SANDBOX_URL             the stand-ins for the CRMs: without them no records are moved`,
  'nats init': `makes the keys, accounts and credentials of a NATS of your own

  ./freight nats init --out DIR [--accounts-dir DIR]

Writes into DIR, readable by you alone, and prints what goes where:

  keys.json        all keys: keep it safe and offline; with it the other files can be made again
  accounts.conf    for nats-server's configuration: operator, accounts, resolver (no secret)
  *.creds          one for each service, and some for people
  signing.json     for the tenant service alone

Safe to repeat: keys that are there stay, everything else is written anew. Do so after an upgrade: the rights of the services are
in these files.

  --out DIR            where to write; made when missing
  --accounts-dir DIR   where nats-server keeps subscribers' accounts (default: /data/accounts)`,

  'admin bootstrap': `makes the first operator key of a platform

  ./freight admin bootstrap --environment ENV [--json]

  --environment ENV   live, test or dev: what the deployment is; keys bear it, and others refuse them
  --json              the key as JSON on stdout, also where that is no terminal; without it such a run is refused

  FREIGHT_ADMIN_DATABASE_URL   the migrated database, as the role that migrated it (needed)

Refused when there is one already. The key is shown once and kept nowhere.`,

  'admin recover': `makes another operator key, for who has lost theirs

  ./freight admin recover --environment ENV [--revoke-others] [--json]

  --environment ENV   as for admin bootstrap
  --revoke-others     revokes all other operator keys: where one is lost, somebody may have found it
  --json              as for admin bootstrap; with the number of keys revoked

  FREIGHT_ADMIN_DATABASE_URL   the database, as the role that migrated it (needed): who has it may do anything anyway

The log of the platform's own tenant says that it was made this way, and when. Gateways refuse revoked keys within a second.`,

  'tenants export': `saves everything of a tenant to a file

  ./freight tenants export ID --out FILE --url URL

  ID              the tenant's id
  --out FILE      where to; it is there when the export is whole, and was checked
  --url URL       the gateway's address

  FREIGHT_OPERATOR_KEY   an operator's API key, or one of the tenant's own that may write (needed)

The file holds CRM records in clear: keep it accordingly. Its format: docs/reference/export-format.md.`,

  'erasure verify': `checks the certificate of an erasure, without any service

  ./freight erasure verify FILE [--keys FILE]

  FILE            the certificate: GET /v1/tenants/{tenantId}/erasure-certificate
  --keys FILE     the public keys to believe: GET /v1/signing-keys, or ./freight keys public
                  (without it: those of the folder FREIGHT_KEYS_DIR)

Exit code 0 exactly when the signature is right and its key is one of these.`,

  'keys list': `lists the keys of all tenants, without the keys

  ./freight keys list

  FREIGHT_KEYS_DIR   the deployment's folder of keys (needed)`,

  'keys public': `prints the public keys that Freight's signatures are checked by

  ./freight keys public

  FREIGHT_KEYS_DIR   the deployment's folder of keys (needed)

A JSON Web Key Set, as at GET /v1/signing-keys.`,

  'keys rotate': `replaces the deployment's key, or those of tenants, while everything runs

  ./freight keys rotate --deployment [--rewrap]
  ./freight keys rotate (--tenant ID | --all) [--reseal] [--retire]

  --deployment    wraps all keys with a new deployment key and removes the old one
  --rewrap        only wraps all keys with deployment.next.key, or with deployment.key where there is no next one: for a
                  deployment key that is brought from elsewhere, as on Kubernetes
  --tenant ID     a new version of this tenant's key: new values are sealed with it, old ones still open
  --all           the same for every tenant
  --reseal        seals what older versions sealed with the newest one
  --retire        seals anew, and then destroys the older versions

Safe to interrupt and to repeat.

  FREIGHT_KEYS_DIR               the deployment's folder of keys (needed)
  FREIGHT_DATABASE_URL_TENANTS   the database, as the tenant service's role (for --reseal and --retire)`,

  rebuild: `makes all read models anew from the event logs

  ./freight rebuild

  FREIGHT_DATABASE_URL_TENANTS   the database, as the tenant service's role (needed)
  FREIGHT_DATABASE_URL_JOBS      the database, as the job service's role (needed)

Stop the services first, or expect them to wait while it runs.`,

  'audit verify': `proves the audit logs, or names the first broken link

  ./freight audit verify [FILE] [--tenant ID] [--anchor SEQ:HASH|FILE] ...

  FILE              a download of one log as application/x-ndjson, whole; "-" reads standard input
                    (without it: all logs in the database)
  --tenant ID       this tenant's log only; 00000000-0000-7000-8000-000000000000 is the operators'
  --anchor ...      what was kept elsewhere: a place and its hash, or a file of JSON lines with tenantId, seq and hash (the services'
                    log lines, or an earlier download). Without one, a log whose end was cut off looks whole. May be repeated

A line a log: whole, with where it ends, or the place of the first broken link and what is wrong: changed, missing, inserted, reordered,
replaced, cut. Exit code 0 exactly when all are whole, 1 when one is broken.

  FREIGHT_DATABASE_URL_GATEWAY   the database, as the gateway's role (needed without FILE)`,

  test: `runs everything that guards the project

  ./freight test [FILTER ...]

Without a filter: format, lint, import rules, dead code, types, then all tests. With filters: only tests in files whose
path holds one of them. They may be followed by options of vitest, such as -t NAME. The last line is "N passed, N failed".

  ./freight test batch
  ./freight test packages/servers -t kept`,

  bench: `measures what is promised about speed, on this machine

  ./freight bench NAME [--json]

  auth     what a remembered key adds to a request, whether hashing holds up the event loop, what wrong keys cost those who have
           right ones, and the first use of a key among 10,000 tenants; about four minutes

  --json   each row as one JSON object in a line: {name, beside, ours, theirs, ratio, mark, met, spread}; everything else goes to stderr

Both sides of a row are measured in turns in the same run, and are the medians of its rounds; spread is the smallest and the largest ratio of its rounds. Leave the machine
alone meanwhile. Exit code 0 exactly when every mark is met.`,

  doctor: `looks at what Freight needs from this machine and says what is missing

  ./freight doctor

Changes nothing. Exit code 1 exactly when something is missing that Freight cannot install by itself.`,

  help: `explains a command

  ./freight help [COMMAND]`,
} as const;

export type HelpTopic = keyof typeof commandHelp;

export const helpTopics = Object.keys(commandHelp) as HelpTopic[];

export const isHelpTopic = (text: string): text is HelpTopic => Object.hasOwn(commandHelp, text);

const summaryOf = (topic: HelpTopic): string => commandHelp[topic].split('\n', 1)[0] ?? '';

/** All commands, a line each. */
export const overview = (): string =>
  [
    "Freight moves a company's CRM data from one system to another.",
    '',
    'Usage: ./freight COMMAND [OPTIONS]',
    '',
    ...helpTopics.map(topic => `  ${topic.padEnd(16)}${summaryOf(topic)}`),
    '',
    'New here? ./freight demo takes a minute, needs no account anywhere, and leaves nothing running.',
    'More about a command: ./freight help COMMAND',
  ].join('\n');

/** The help of one command. */
export const helpOf = (topic: HelpTopic): string => `./freight ${topic}: ${commandHelp[topic]}`;
