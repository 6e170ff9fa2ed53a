import { createClientTls, type Prelude, probeTls, readTlsFiles } from '@freight/tls';

/** What the doctor says of one thing. `next` says what to do about a warning or a failure. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail';
  readonly what: string;
  readonly found: string;
  readonly next?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

interface Server {
  readonly name: string;
  /** As the names of its settings begin. */
  readonly prefix: string;
  readonly urls: readonly string[];
  readonly port: number;
  readonly prelude: Prelude;
  isEncrypted(url: URL): boolean;
}

const servers: readonly Server[] = [
  {
    name: 'PostgreSQL',
    prefix: 'FREIGHT_DATABASE',
    urls: [
      'FREIGHT_ADMIN_DATABASE_URL',
      'FREIGHT_DATABASE_URL',
      'FREIGHT_DATABASE_URL_TENANTS',
      'FREIGHT_DATABASE_URL_JOBS',
    ],
    port: 5432,
    prelude: 'postgres',
    isEncrypted: url => url.searchParams.get('sslmode') === 'verify-full',
  },
  {
    name: 'NATS',
    prefix: 'FREIGHT_NATS',
    urls: ['FREIGHT_NATS_URL'],
    port: 4222,
    prelude: 'nats',
    isEncrypted: url => url.protocol === 'tls:',
  },
  {
    name: 'Redis',
    prefix: 'FREIGHT_REDIS',
    urls: ['FREIGHT_REDIS_URL'],
    port: 6379,
    prelude: 'none',
    isEncrypted: url => url.protocol === 'rediss:',
  },
];

/** Certificates are renewed earlier than this by whoever renews them by itself. */
const soonMs = 14 * 24 * 60 * 60 * 1000;
const probeTimeoutMs = 5000;

const filesOf = (prefix: string, env: Env) => {
  const names = { ca: `${prefix}_CA_FILE`, cert: `${prefix}_CERT_FILE`, key: `${prefix}_KEY_FILE` };
  const files = { ca: env[names.ca] ?? '', cert: env[names.cert] ?? '', key: env[names.key] ?? '' };
  return { names, files, isSet: Object.values(files).some(file => file !== '') };
};

/** The files themselves: whether they can be read and fit together, and how long they last. */
const judgeFiles = (what: string, { names, files }: ReturnType<typeof filesOf>, now: number): Finding => {
  const { certificates, problems } = readTlsFiles(files, names);
  if (problems.length > 0) return { level: 'fail', what, found: problems.join('; '), next: 'mend what is named' };
  const ends = certificates.map(one => Date.parse(one.validTo)).sort((a, b) => a - b)[0];
  if (ends === undefined) return { level: 'ok', what, found: 'usable' };
  const until = new Date(ends).toISOString().slice(0, 10);
  if (ends < now) return { level: 'fail', what, found: `a certificate has expired on ${until}`, next: 'renew it' };
  return ends - now < soonMs
    ? { level: 'warn', what, found: `a certificate expires on ${until}`, next: 'renew it' }
    : { level: 'ok', what, found: `usable until ${until}` };
};

const judgeServer = async (server: Server, setting: string, url: URL, env: Env): Promise<Finding> => {
  const what = `${server.name}, TLS`;
  const { names, files } = filesOf(server.prefix, env);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const tls = createClientTls({ files, names: { ...names, url: setting } });
  const error = await probeTls({
    host,
    port: Number(url.port || server.port),
    prelude: server.prelude,
    tls: tls.optionsFor(host),
    timeoutMs: probeTimeoutMs,
  });
  if (error === undefined) return { level: 'ok', what, found: `${url.host} is the one that ${setting} names` };
  const refusal = tls.explain(error, server.name);
  if (refusal) return { level: 'fail', what, found: refusal.message, next: 'see docs/how-to/encrypt-connections.md' };
  return {
    level: 'fail',
    what,
    found: `${url.host} cannot be reached: ${error instanceof Error ? error.message : 'unknown'}`,
    next: `is ${setting} right, and does the server run?`,
  };
};

/** Looks at certificates and servers that the environment names; nothing where it names none. */
export const tlsFindings = async (env: Env): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const server of servers) {
    const files = filesOf(server.prefix, env);
    const judged = files.isSet ? judgeFiles(`${server.name}, files`, files, Date.now()) : undefined;
    if (judged) findings.push(judged);
    const setting = server.urls.find(name => env[name]);
    const url = setting === undefined ? undefined : env[setting]?.split(',')[0];
    if (setting === undefined || url === undefined || !URL.canParse(url)) continue;
    const parsed = new URL(url);
    if (!server.isEncrypted(parsed)) {
      const next = files.isSet ? { next: `the files are not used: ${setting} asks for no TLS` } : {};
      findings.push({
        level: files.isSet ? 'fail' : 'ok',
        what: `${server.name}, TLS`,
        found: `${setting} asks for none`,
        ...next,
      });
    } else if (judged?.level !== 'fail') findings.push(await judgeServer(server, setting, parsed, env));
  }
  const http = filesOf('FREIGHT_HTTP', env);
  if (http.isSet) findings.push(judgeFiles('gateway, files', http, Date.now()));
  return findings;
};
