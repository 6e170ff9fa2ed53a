/**
 * Who may import whom. One rule per row of the house's table, and each rule's comment is its row.
 * A rule lists what is allowed and forbids the rest of the workspace, so that a new package is refused until somebody thinks of it.
 */

/** Any other room of the workspace: a package or a service. */
const rooms = '^(packages|services)/[^/]+/';
const packages = names => `^packages/(${names})/`;
/** Test code: it may import what it tests, and is not source. */
const testCode = String.raw`(^test/|\.(test|test-d|features)\.ts$|/fixtures/)`;

const room = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: testCode },
  to: { path: rooms, pathNot: allowed },
});

/** What a service exports beside its compose.ts. */
const serviceDoors = '^services/[^/]+/src/(?:bootstrap|rebuild)[.]ts$';

module.exports = {
  forbidden: [
    {
      name: 'kernel-imports-nothing',
      comment: 'kernel may import nothing: no npm package, no node:*, no other room',
      severity: 'error',
      from: { path: '^packages/kernel/src', pathNot: testCode },
      to: { pathNot: '^packages/kernel/src' },
    },
    {
      name: 'contracts-import-kernel-and-zod',
      comment:
        'contracts may import kernel and zod: what crosses a process has no I/O (node:crypto, which computes only, is the exception)',
      severity: 'error',
      from: { path: '^packages/contracts/src', pathNot: testCode },
      to: { pathNot: ['^packages/(contracts|kernel)/src', '/zod/', '^(node:)?crypto$'] },
    },
    room(
      'adapters-import-kernel-and-contracts',
      '^packages/(?:postgres|bus|runtime)/src',
      [packages('kernel|contracts'), '^packages/(postgres|bus|runtime)/'],
      'postgres, bus and runtime may import kernel and contracts',
    ),
    {
      name: 'adapters-stay-apart',
      comment: 'postgres, bus and runtime do not import each other',
      severity: 'error',
      from: { path: '^packages/(postgres|bus|runtime)/src', pathNot: testCode },
      to: { path: '^packages/(postgres|bus|runtime)/', pathNot: '^packages/$1/' },
    },
    room(
      'lease-imports-kernel-contracts-postgres',
      '^packages/lease/src',
      [packages('lease|kernel|contracts|postgres')],
      'lease may import kernel, contracts and postgres (its fallback when Redis is away)',
    ),
    room(
      'eventstore-imports-kernel-contracts-postgres',
      '^packages/eventstore/src',
      [packages('eventstore|kernel|contracts|postgres')],
      'eventstore may import kernel, contracts and postgres',
    ),
    room(
      'audit-imports-kernel-contracts-postgres',
      '^packages/audit/src',
      [packages('audit|kernel|contracts|postgres')],
      'audit may import kernel, contracts and postgres',
    ),
    room(
      'commands-import',
      '^packages/commands/src',
      [packages('commands|kernel|contracts|audit|bus|postgres')],
      'commands may import kernel, contracts, audit, bus and postgres',
    ),
    room(
      'service-imports',
      '^packages/service/src',
      [packages('service|contracts|bus|lease|postgres|runtime')],
      'service may import contracts, bus, lease, postgres and runtime: it is what every service starts with, and nothing of one of them',
    ),
    room(
      'tenant-data-imports',
      '^packages/tenant-data/src',
      [packages('tenant-data|kernel|postgres|vault')],
      'tenant-data may import kernel, postgres and vault',
    ),
    room('vault-imports-kernel', '^packages/vault/src', [packages('vault|kernel')], 'vault may import kernel'),
    {
      name: 'mapping-is-pure',
      comment: 'mapping may import kernel, contracts and the libraries that it converts with; nothing that can await',
      severity: 'error',
      from: { path: '^packages/mapping/src', pathNot: testCode },
      to: {
        pathNot: [
          '^packages/mapping/src',
          packages('kernel|contracts'),
          '/(?:libphonenumber-js|turndown|@types/turndown)/',
        ],
      },
    },
    room(
      'natsauth-imports-contracts',
      '^packages/natsauth/src',
      [packages('natsauth|contracts')],
      'natsauth may import contracts: the rights are derived from the subjects',
    ),
    room(
      'servers-import-kernel-and-natsauth',
      '^packages/servers/src',
      [packages('servers|kernel|natsauth')],
      'servers may import kernel, and natsauth for the accounts of a private broker',
    ),
    room(
      'sandbox-imports-kernel-and-contracts',
      '^packages/sandbox/src',
      [packages('sandbox|kernel|contracts')],
      'sandbox may import kernel and contracts: a stand-in shares no code with the connectors that it tries',
    ),
    room(
      'isolation-imports-kernel-contracts-postgres-sandbox',
      '^packages/isolation/src',
      [packages('isolation|kernel|contracts|postgres|sandbox')],
      'isolation may import kernel, contracts, postgres and sandbox: who attacks shares no code with what is attacked beyond the names',
    ),
    {
      name: 'domain-is-pure',
      comment: "a service's domain/ may import kernel and contracts; nothing that can await",
      severity: 'error',
      from: { path: '^services/([^/]+)/src/domain/', pathNot: testCode },
      to: { pathNot: ['^services/$1/src/domain/', packages('kernel|contracts')] },
    },
    room(
      'gateway-imports',
      '^services/gateway/src',
      [
        '^services/gateway/',
        packages('kernel|contracts|audit|mapping|bus|lease|natsauth|postgres|runtime|service|tenant-data|vault'),
      ],
      'gateway may import contracts, audit, mapping, bus, lease, natsauth, postgres, runtime, service, tenant-data and vault; never eventstore',
    ),
    room(
      'workers-import',
      '^services/workers/src',
      ['^services/workers/', packages('kernel|contracts|mapping|bus|commands|lease|postgres|runtime|service|vault')],
      'workers may import contracts, mapping, bus, commands, lease, postgres, runtime, service and vault; never eventstore',
    ),
    room(
      'appenders-import',
      '^services/(?:tenants|jobs)/src',
      [
        '^services/(tenants|jobs)/',
        packages(
          'kernel|contracts|audit|bus|commands|eventstore|lease|natsauth|postgres|runtime|service|tenant-data|vault',
        ),
      ],
      "tenants and jobs may import all packages but those for a machine of one's own (servers, sandbox, cli); only these two append",
    ),
    {
      name: 'services-meet-in-contracts',
      comment: 'any service never imports another service; they meet in contracts',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: testCode },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'nobody-imports-a-service-but-tests',
      comment: 'compose.ts and main.ts may import anything of their service; nobody imports them but tests',
      severity: 'error',
      from: { path: '^packages/', pathNot: testCode },
      // The command line makes the first operator key and rebuilds read models: each is one exported function of the service that owns it.
      to: { path: '^services/', pathNot: serviceDoors },
    },
    {
      name: 'cli-is-the-outermost',
      comment: 'no package and no service imports the cli',
      severity: 'error',
      from: { path: rooms, pathNot: ['^packages/cli/', testCode] },
      to: { path: '^packages/cli/' },
    },
    {
      name: 'not-past-the-index',
      comment: "nobody reaches past a package's index.ts",
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/[^/]+/src/', pathNot: ['^packages/[^/]+/src/index[.]ts$', '^packages/$1/'] },
    },
    {
      name: 'not-past-the-index-from-outside',
      comment: "nobody reaches past a package's index.ts",
      severity: 'error',
      from: { path: '^(services|test)/' },
      to: { path: '^packages/[^/]+/src/', pathNot: '^packages/[^/]+/src/(?:(?:platform|demo)/)?index[.]ts$' },
    },
    {
      name: 'not-past-a-service-s-compose',
      comment: 'from outside, a service is its compose.ts, and the few functions that it exports by name',
      severity: 'error',
      from: { path: '^(?:test|packages)/' },
      to: {
        path: '^services/[^/]+/src/',
        pathNot: [String.raw`^services/[^/]+/src/compose\.ts$`, serviceDoors, '/config[.]ts$'],
      },
    },
    {
      name: 'source-never-imports-tests',
      comment: '*.test.ts, *.features.ts, test/ and fixtures are never imported by source',
      severity: 'error',
      from: { path: rooms, pathNot: testCode },
      to: { path: testCode, pathNot: 'node_modules' },
    },
    {
      name: 'no-cycles',
      comment: 'no cycles: two files that need each other are one idea, or three',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'every import leads somewhere, and is listed in the importing package',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@freight/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
    },
  },
};
