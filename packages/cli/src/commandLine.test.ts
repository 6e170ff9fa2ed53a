import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './commandLine.ts';
import { UserError } from './errors.ts';
import { commandHelp, helpOf, overview } from './help.ts';

const parse = (line: string) => parseCommandLine(line.split(' ').filter(Boolean), '/home/ines');

const refusal = (line: string): UserError => {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error(`"${line}" was accepted`);
};

describe('the command line', () => {
  it.each([
    ['', { name: 'help', topic: undefined }],
    ['help demo', { name: 'help', topic: 'demo' }],
    ['demo --help', { name: 'help', topic: 'demo' }],
    ['--help', { name: 'help', topic: undefined }],
    ['help tenants create', { name: 'help', topic: 'tenants create' }],
    ['tenants --help', { name: 'help', topic: 'tenants create' }],
    ['demo', { name: 'demo', dataDir: undefined, realLimits: false, json: false }],
    ['demo --data crm --json', { name: 'demo', dataDir: '/home/ines/crm', realLimits: false, json: true }],
    ['demo --data=/srv/crm --real-limits', { name: 'demo', dataDir: '/srv/crm', realLimits: true, json: false }],
    ['up', { name: 'up', port: undefined }],
    ['up --port 8080', { name: 'up', port: 8080 }],
    ['migrate', { name: 'migrate' }],
    [
      'tenants create --name Birch --slug birch --url http://localhost:1',
      { name: 'tenants create', tenantName: 'Birch', slug: 'birch', url: 'http://localhost:1' },
    ],
    [
      'tenants export 0192 --out a.ndjson --url http://localhost:1',
      { name: 'tenants export', tenantId: '0192', out: '/home/ines/a.ndjson', url: 'http://localhost:1' },
    ],
    ['erasure verify c.json', { name: 'erasure verify', file: '/home/ines/c.json', keysFile: undefined }],
    ['erasure verify c.json --keys k', { name: 'erasure verify', file: '/home/ines/c.json', keysFile: '/home/ines/k' }],
    ['keys list', { name: 'keys list' }],
    ['keys public', { name: 'keys public' }],
    [
      'keys rotate --deployment',
      { name: 'keys rotate', what: 'deployment', rewrap: false, reseal: false, retire: false },
    ],
    [
      'keys rotate --deployment --rewrap',
      { name: 'keys rotate', what: 'deployment', rewrap: true, reseal: false, retire: false },
    ],
    ['keys rotate --all --reseal', { name: 'keys rotate', what: 'all', rewrap: false, reseal: true, retire: false }],
    [
      'keys rotate --tenant 0192 --retire',
      { name: 'keys rotate', what: '0192', rewrap: false, reseal: true, retire: true },
    ],
    ['keys rotate --help', { name: 'help', topic: 'keys rotate' }],
    ['tenants export --help', { name: 'help', topic: 'tenants export' }],
    ['help keys', { name: 'help', topic: 'keys rotate' }],
    ['audit verify', { name: 'audit verify', file: undefined, tenantId: undefined, anchors: [] }],
    ['help audit', { name: 'help', topic: 'audit verify' }],
    [
      'audit verify log.ndjson --anchor 7:ab --anchor kept.jsonl',
      {
        name: 'audit verify',
        file: '/home/ines/log.ndjson',
        tenantId: undefined,
        anchors: ['7:ab', '/home/ines/kept.jsonl'],
      },
    ],
    [
      'audit verify --tenant 00000000-0000-7000-8000-000000000000 --anchor 7:ab',
      {
        name: 'audit verify',
        file: undefined,
        tenantId: '00000000-0000-7000-8000-000000000000',
        anchors: ['7:ab'],
      },
    ],
    ['audit verify -', { name: 'audit verify', file: '-', tenantId: undefined, anchors: [] }],
    ['nats init --out keys', { name: 'nats init', out: '/home/ines/keys', accountsDir: '/data/accounts' }],
    [
      'nats init --out /srv/keys --accounts-dir /var/lib/nats/accounts',
      { name: 'nats init', out: '/srv/keys', accountsDir: '/var/lib/nats/accounts' },
    ],
    ['nats --help', { name: 'help', topic: 'nats init' }],
    ['test -t fence --project int', { name: 'test', args: ['-t', 'fence', '--project', 'int'] }],
    ['doctor', { name: 'doctor' }],
    ['bench auth --json', { name: 'bench', bench: 'auth', json: true }],
    ['admin bootstrap --environment live', { name: 'admin bootstrap', environment: 'live', json: false }],
    [
      'admin recover --environment dev --revoke-others --json',
      { name: 'admin recover', environment: 'dev', revokeOthers: true, json: true },
    ],
    ['admin recover --help', { name: 'help', topic: 'admin recover' }],
    ['help admin', { name: 'help', topic: 'admin bootstrap' }],
  ])('reads "%s"', (line, expected) => {
    expect(parse(line)).toEqual(expected);
  });

  it.each([
    ['fly', 'no command "fly"'],
    ['--fast', 'no option --fast'],
    ['demo --fast', 'demo knows no option --fast'],
    ['demo crm', 'demo does not know what to do with "crm"'],
    ['demo --data', 'demo: --data needs a value'],
    ['demo --json=yes', 'demo: --json takes no value'],
    ['up --port --json', 'up: --port needs a value'],
    ['up --port many', '--port must be a number'],
    ['up --port 70000', '--port must be a number'],
    ['migrate now', 'migrate does not know what to do with "now"'],
    ['tenants', 'tenants needs a word more'],
    ['tenants export --out a --url http://x', "tenants export needs a tenant's id"],
    ['tenants export 0192 --url http://x', 'needs --out'],
    ['erasure', 'erasure needs a word more: verify'],
    ['keys', 'keys needs a word more'],
    ['keys burn', 'no "keys burn"'],
    ['keys rotate', 'one of --deployment, --all and --tenant'],
    ['keys rotate --all --deployment', 'one of --deployment, --all and --tenant'],
    ['keys rotate --all --rewrap', "for the deployment's key"],
    ['keys rotate --deployment --reseal', 'are for the keys of tenants'],
    ['tenants drop', 'no "tenants drop"'],
    ['tenants create --name Birch --url http://x', 'needs --slug'],
    ['nats', 'nats needs a word more'],
    ['nats stop', 'no "nats stop"'],
    ['nats init', 'needs --out'],
    ['admin', 'admin needs a word more'],
    ['bench', 'bench needs a word more'],
    ['bench speed', 'no "bench speed"'],
    ['admin fly', 'no "admin fly"'],
    ['admin bootstrap', 'needs --environment'],
    ['admin bootstrap --environment prod', '--environment must be one of'],
    ['admin bootstrap --environment dev --revoke-others', 'knows no option'],
    ['help fly', 'no command "fly"'],
    ['audit', 'audit needs a word more'],
    ['audit drop', 'no "audit drop"'],
    ['audit verify --anchor 7:ab', 'is of one log'],
    ['audit verify --tenant x', 'must be a UUID'],
  ])('refuses "%s" with exit code 2 and says where help is', (line, words) => {
    const error = refusal(line);
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain(words);
    expect(error.message).toContain('./freight help');
  });

  it('is explained, every command of it', () => {
    for (const topic of Object.keys(commandHelp) as (keyof typeof commandHelp)[]) {
      expect(overview()).toContain(topic);
      expect(helpOf(topic)).toContain(`./freight ${topic}`);
    }
  });
});
