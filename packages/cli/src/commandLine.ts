import { resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Environment } from '@freight/contracts';
import { UserError } from './errors.ts';
import { type HelpTopic, helpTopics, isHelpTopic } from './help.ts';

/** What can be measured. */
const benchNames = ['auth'] as const;
type BenchName = (typeof benchNames)[number];

/** What the command line asks for. */
export type Command =
  | { readonly name: 'help'; readonly topic: HelpTopic | undefined }
  | {
      readonly name: 'demo';
      readonly dataDir: string | undefined;
      readonly realLimits: boolean;
      readonly json: boolean;
    }
  | { readonly name: 'up'; readonly port: number | undefined }
  | { readonly name: 'migrate' }
  | {
      readonly name: 'tenants create';
      readonly tenantName: string;
      readonly slug: string;
      readonly url: string;
    }
  | { readonly name: 'isolation'; readonly urls: readonly string[]; readonly json: boolean }
  | { readonly name: 'admin bootstrap'; readonly environment: Environment; readonly json: boolean }
  | {
      readonly name: 'admin recover';
      readonly environment: Environment;
      readonly revokeOthers: boolean;
      readonly json: boolean;
    }
  | {
      readonly name: 'tenants export';
      readonly tenantId: string;
      readonly out: string;
      readonly url: string;
    }
  | { readonly name: 'erasure verify'; readonly file: string; readonly keysFile: string | undefined }
  | { readonly name: 'keys list' | 'keys public' }
  | {
      readonly name: 'keys rotate';
      /** `deployment`, `all`, or a tenant's id. */
      readonly what: string;
      /** Of the deployment's key: only wrap anew, with the one that is there. */
      readonly rewrap: boolean;
      readonly reseal: boolean;
      readonly retire: boolean;
    }
  | { readonly name: 'rebuild' }
  | { readonly name: 'bench'; readonly bench: BenchName; readonly json: boolean }
  | {
      readonly name: 'audit verify';
      /** A download; without it the database is read. */
      readonly file: string | undefined;
      readonly tenantId: string | undefined;
      readonly anchors: readonly string[];
    }
  | { readonly name: 'nats init'; readonly out: string; readonly accountsDir: string }
  | { readonly name: 'test'; readonly args: readonly string[] }
  | { readonly name: 'doctor' };

const wrong = (message: string, topic?: HelpTopic): UserError =>
  new UserError(`${message}\nSee: ./freight help${topic ? ` ${topic}` : ''}`, 2);

const noSuchCommand = (word: string): UserError =>
  wrong(`There is no command "${word}"; there are ${helpTopics.join(', ')}`);

/** Strict parsing in our own words. */
const parse = <O extends NonNullable<ParseArgsConfig['options']>>(
  topic: HelpTopic,
  args: readonly string[],
  options: O,
) => {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const named = /'([^']*)'/.exec(message)?.[1] ?? '';
    switch (code) {
      case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
        throw wrong(`${topic} knows no option ${named}`, topic);
      case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
        throw wrong(`${topic} does not know what to do with "${named}"`, topic);
      case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE': {
        const option = /^-[\w-]+/.exec(named)?.[0] ?? named;
        const takesNone = Object.entries(options).some(
          ([name, { type }]) => option === `--${name}` && type === 'boolean',
        );
        throw wrong(`${topic}: ${option} ${takesNone ? 'takes no value' : 'needs a value'}`, topic);
      }
      default:
        throw wrong(`${topic}: ${message.split('. ')[0] ?? message}`, topic);
    }
  }
};

const needed = (topic: HelpTopic, name: string, value: string | undefined): string => {
  if (value === undefined || value.trim() === '') throw wrong(`${topic} needs --${name}`, topic);
  return value;
};

const portOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw wrong(`--port must be a number from 1 to 65535, and is "${text}"`, 'up');
  }
  return port;
};

const addressOf = (url: string): string => {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw wrong(`--url is not an address: ${url}`, 'isolation');
  return url;
};

/** Here and not from the contracts: what reads the command line loads nothing else. */
const environments = ['live', 'test', 'dev'] as const satisfies readonly Environment[];

const environmentOf = (topic: HelpTopic, value: string | undefined): Environment => {
  const wanted = needed(topic, 'environment', value);
  const environment = environments.find(one => one === wanted);
  if (!environment) throw wrong(`--environment must be one of ${environments.join(', ')}, and is "${wanted}"`, topic);
  return environment;
};

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;

/** Commands of two words, by the first; what is explained when the second is missing. */
const families: Readonly<Record<string, HelpTopic>> = {
  tenants: 'tenants create',
  audit: 'audit verify',
  erasure: 'erasure verify',
  keys: 'keys rotate',
  nats: 'nats init',
  admin: 'admin bootstrap',
};

/** The second word of a command. */
const wordAfter = (word: string, second: string | undefined): string => {
  const known = helpTopics.filter(topic => topic.startsWith(`${word} `)).map(topic => topic.slice(word.length + 1));
  if (second !== undefined && known.includes(second)) return second;
  throw wrong(
    second === undefined ? `${word} needs a word more: ${known.join(', ')}` : `There is no "${word} ${second}"`,
    families[word],
  );
};

/** The one thing that a command is about, which stands first and without a name. */
const subjectOf = (topic: HelpTopic, what: string, args: readonly string[]): readonly [string, readonly string[]] => {
  const [subject, ...rest] = args;
  if (subject === undefined || subject.startsWith('-')) throw wrong(`${topic} needs ${what}`, topic);
  return [subject, rest];
};

const rotation = (args: readonly string[]): Command => {
  const values = parse('keys rotate', args, {
    deployment: flag,
    rewrap: flag,
    all: flag,
    tenant: text,
    reseal: flag,
    retire: flag,
  });
  const chosen = [values.deployment && 'deployment', values.all && 'all', values.tenant].filter(one => one);
  if (chosen.length !== 1) throw wrong('keys rotate needs one of --deployment, --all and --tenant ID', 'keys rotate');
  const [what = ''] = chosen as string[];
  const retire = values.retire ?? false;
  const reseal = (values.reseal ?? false) || retire;
  if (what === 'deployment' && reseal) throw wrong('--reseal and --retire are for the keys of tenants', 'keys rotate');
  const rewrap = values.rewrap ?? false;
  if (what !== 'deployment' && rewrap) throw wrong("--rewrap is for the deployment's key", 'keys rotate');
  return { name: 'keys rotate', what, rewrap, reseal, retire };
};

const helpAbout = (args: readonly string[]): Command => {
  const wanted = args.join(' ');
  if (wanted === '') return { name: 'help', topic: undefined };
  const family = families[wanted];
  if (family) return { name: 'help', topic: family };
  if (!isHelpTopic(wanted)) throw noSuchCommand(wanted);
  return { name: 'help', topic: wanted };
};

/**
 * Reads the arguments after the program's name. Pure.
 * @param cwd what relative paths start from.
 * @throws UserError with exit code 2 for whatever is unknown, missing or superfluous.
 */
export const parseCommandLine = (argv: readonly string[], cwd: string): Command => {
  const [word = 'help', ...rest] = argv;
  if (['--help', '-h', 'help'].includes(word)) return helpAbout(rest.filter(arg => arg !== '--help' && arg !== '-h'));
  // `test` hands its arguments on to another program, which has options of its own.
  if (word !== 'test' && rest.some(arg => arg === '--help' || arg === '-h')) {
    const [second = ''] = rest;
    return helpAbout([isHelpTopic(`${word} ${second}`) ? `${word} ${second}` : word]);
  }

  switch (word) {
    case 'demo': {
      const values = parse('demo', rest, { data: text, 'real-limits': flag, json: flag });
      if (values.data === '') throw wrong('--data needs a folder', 'demo');
      return {
        name: 'demo',
        dataDir: values.data === undefined ? undefined : resolve(cwd, values.data),
        realLimits: values['real-limits'] ?? false,
        json: values.json ?? false,
      };
    }
    case 'up':
      return { name: 'up', port: portOf(parse('up', rest, { port: text }).port) };
    case 'tenants': {
      const [second, ...more] = rest;
      if (wordAfter('tenants', second) === 'export') {
        const [tenantId, options] = subjectOf('tenants export', "a tenant's id", more);
        const { out, url } = parse('tenants export', options, { out: text, url: text });
        return {
          name: 'tenants export',
          tenantId,
          out: resolve(cwd, needed('tenants export', 'out', out)),
          url: needed('tenants export', 'url', url),
        };
      }
      const values = parse('tenants create', more, { name: text, slug: text, url: text });
      return {
        name: 'tenants create',
        tenantName: needed('tenants create', 'name', values.name),
        slug: needed('tenants create', 'slug', values.slug),
        url: needed('tenants create', 'url', values.url),
      };
    }
    case 'isolation': {
      const values = parse('isolation', rest, { url: texts, json: flag });
      return { name: 'isolation', urls: (values.url ?? []).map(addressOf), json: values.json ?? false };
    }
    case 'erasure': {
      const [second, ...more] = rest;
      wordAfter('erasure', second);
      const [file, options] = subjectOf('erasure verify', "a certificate's file", more);
      const { keys } = parse('erasure verify', options, { keys: text });
      return {
        name: 'erasure verify',
        file: resolve(cwd, file),
        keysFile: keys === undefined ? undefined : resolve(cwd, keys),
      };
    }
    case 'keys': {
      const [second, ...more] = rest;
      const name = `keys ${wordAfter('keys', second)}`;
      if (name === 'keys rotate') return rotation(more);
      const topic = name === 'keys list' ? 'keys list' : 'keys public';
      parse(topic, more, {});
      return { name: topic };
    }
    case 'audit': {
      const [what, ...more] = rest;
      wordAfter('audit', what);
      const [first] = more;
      const file = first !== undefined && (first === '-' || !first.startsWith('-')) ? first : undefined;
      const values = parse('audit verify', file === undefined ? more : more.slice(1), {
        tenant: text,
        anchor: { ...text, multiple: true },
      });
      const anchors = values.anchor ?? [];
      const isOneLog = file !== undefined || values.tenant !== undefined;
      if (!isOneLog && anchors.some(anchor => /^\d+:/.test(anchor))) {
        throw wrong('--anchor SEQ:HASH is of one log: name a FILE or a --tenant', 'audit verify');
      }
      if (values.tenant !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(values.tenant)) {
        throw wrong(`--tenant must be a UUID in lower case, and is "${values.tenant}"`, 'audit verify');
      }
      return {
        name: 'audit verify',
        file: file === undefined || file === '-' ? file : resolve(cwd, file),
        tenantId: values.tenant,
        anchors: anchors.map(anchor => (/^\d+:/.test(anchor) ? anchor : resolve(cwd, anchor))),
      };
    }
    case 'nats': {
      const [what, ...more] = rest;
      wordAfter('nats', what);
      const values = parse('nats init', more, { out: text, 'accounts-dir': text });
      return {
        name: 'nats init',
        out: resolve(cwd, needed('nats init', 'out', values.out)),
        accountsDir: values['accounts-dir'] ?? '/data/accounts',
      };
    }
    case 'admin': {
      const [what, ...more] = rest;
      const options = { environment: text, json: flag };
      if (wordAfter('admin', what) === 'bootstrap') {
        const values = parse('admin bootstrap', more, options);
        const environment = environmentOf('admin bootstrap', values.environment);
        return { name: 'admin bootstrap', environment, json: values.json ?? false };
      }
      const values = parse('admin recover', more, { ...options, 'revoke-others': flag });
      const environment = environmentOf('admin recover', values.environment);
      const revokeOthers = values['revoke-others'] ?? false;
      return { name: 'admin recover', environment, revokeOthers, json: values.json ?? false };
    }
    case 'bench': {
      const [what, ...more] = rest;
      const bench = benchNames.find(one => one === what);
      const known = benchNames.join(', ');
      if (!bench) {
        throw wrong(
          what === undefined ? `bench needs a word more: ${known}` : `There is no "bench ${what}"; there is ${known}`,
          'bench',
        );
      }
      return { name: 'bench', bench, json: parse('bench', more, { json: flag }).json ?? false };
    }
    case 'migrate':
    case 'rebuild':
    case 'doctor':
      parse(word, rest, {});
      return { name: word };
    case 'test':
      if (rest.length === 1 && (rest[0] === '--help' || rest[0] === '-h')) return { name: 'help', topic: 'test' };
      return { name: 'test', args: rest };
    default:
      throw word.startsWith('-') ? wrong(`There is no option ${word} here`) : noSuchCommand(word);
  }
};
