import { isLoopback } from '@freight/kernel';

/** Every way on which a service meets another program, as `FREIGHT_TLS_REQUIRED` names them. */
export const hops = ['database', 'nats', 'redis', 'http'] as const;
export type Hop = (typeof hops)[number];

type Env = Readonly<Record<string, string | undefined>>;

interface Plain {
  readonly hop: Hop | 'traces';
  /** The setting that makes it plain. */
  readonly setting: string;
  /** Whom it leads to, or who may come. */
  readonly host: string;
  /** What to write instead. */
  readonly instead: string;
}

const parse = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);
const isSet = (text: string | undefined): text is string => text !== undefined && text !== '';

/** The hops that are configured without TLS. */
const plainHops = (env: Env, names: readonly string[]): readonly Plain[] => {
  const found: Plain[] = [];
  const url = (setting: string) => (names.includes(setting) ? (env[setting] ?? '') : '');
  const database = parse(url('FREIGHT_DATABASE_URL'));
  if (database && database.searchParams.get('sslmode') !== 'verify-full') {
    found.push({
      hop: 'database',
      setting: 'FREIGHT_DATABASE_URL',
      host: database.hostname,
      instead: 'end it with ?sslmode=verify-full',
    });
  }
  for (const server of url('FREIGHT_NATS_URL').split(',').map(parse)) {
    if (server?.protocol === 'nats:')
      found.push({ hop: 'nats', setting: 'FREIGHT_NATS_URL', host: server.hostname, instead: 'start it with tls://' });
  }
  const redis = parse(url('FREIGHT_REDIS_URL'));
  if (redis?.protocol === 'redis:')
    found.push({
      hop: 'redis',
      setting: 'FREIGHT_REDIS_URL',
      host: redis.hostname,
      instead: 'start it with rediss://',
    });
  if (names.includes('FREIGHT_HTTP_HOST') && !isSet(env['FREIGHT_HTTP_CERT_FILE'])) {
    const instead =
      'set FREIGHT_HTTP_CERT_FILE and FREIGHT_HTTP_KEY_FILE, or FREIGHT_TLS_TERMINATED_BY_PROXY=true where a proxy before it ends TLS';
    found.push({ hop: 'http', setting: 'FREIGHT_HTTP_HOST', host: env['FREIGHT_HTTP_HOST'] ?? '0.0.0.0', instead });
  }
  for (const setting of ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']) {
    const collector = parse(env[setting] ?? '');
    if (collector?.protocol === 'http:')
      found.push({ hop: 'traces', setting, host: collector.hostname, instead: 'start it with https://' });
  }
  return found;
};

/** Settings of TLS that contradict each other. */
const contradictions = (env: Env, names: readonly string[]): readonly string[] => {
  const problems: string[] = [];
  const plain = new Set(plainHops(env, names).map(({ hop }) => hop));
  for (const [hop, prefix] of [
    ['database', 'FREIGHT_DATABASE'],
    ['nats', 'FREIGHT_NATS'],
    ['redis', 'FREIGHT_REDIS'],
    ['http', 'FREIGHT_HTTP'],
  ] as const) {
    const [cert, key] = [`${prefix}_CERT_FILE`, `${prefix}_KEY_FILE`];
    if (names.includes(cert) && isSet(env[cert]) !== isSet(env[key]))
      problems.push(isSet(env[cert]) ? `${key} is missing: ${cert} is set` : `${cert} is missing: ${key} is set`);
    const idle = ['CA', 'CERT', 'KEY']
      .map(one => `${prefix}_${one}_FILE`)
      .filter(one => names.includes(one) && isSet(env[one]));
    // Whoever names an authority believes that it is asked.
    if (hop !== 'http' && plain.has(hop) && idle.length > 0)
      problems.push(`${idle.join(', ')} would not be used: ${prefix}_URL asks for no TLS`);
  }
  const mode = parse(env['FREIGHT_DATABASE_URL'] ?? '')?.searchParams.get('sslmode') ?? 'disable';
  if (mode !== 'disable' && mode !== 'verify-full')
    problems.push(`FREIGHT_DATABASE_URL: sslmode=${mode} accepts servers that it has not checked: use verify-full`);
  const schemes = new Set((env['FREIGHT_NATS_URL'] ?? '').split(',').map(one => parse(one)?.protocol));
  if (schemes.has('tls:') && schemes.has('nats:'))
    problems.push('FREIGHT_NATS_URL: either all servers with tls:// or none');
  return problems;
};

/**
 * What is wrong with how connections are secured, a line each: contradictions; hops without TLS that `FREIGHT_TLS_REQUIRED` names; and in
 * environment `live` every hop without TLS that leaves the machine. Looks at the raw variables, so that all of it is said at once, whatever
 * else is wrong.
 * @param names the settings that the service has.
 */
export const plaintextProblems = (env: Env, names: readonly string[]): readonly string[] => {
  const required = new Set((env['FREIGHT_TLS_REQUIRED'] ?? '').split(',').map(one => one.trim()));
  const isLive = env['FREIGHT_ENVIRONMENT'] === 'live';
  const byProxy = env['FREIGHT_TLS_TERMINATED_BY_PROXY'] === 'true';
  const problems = plainHops(env, names).flatMap(({ hop, setting, host, instead }) => {
    if (required.has(hop)) return [`${setting} is without TLS, and FREIGHT_TLS_REQUIRED names ${hop}: ${instead}`];
    if (!isLive || isLoopback(host) || (hop === 'http' && byProxy)) return [];
    return [`${setting} is without TLS, which environment live allows to this machine itself only: ${instead}`];
  });
  return [...new Set([...contradictions(env, names), ...problems])];
};
