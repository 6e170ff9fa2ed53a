import { z } from 'zod';

/** A secret setting: whatever prints it shows a placeholder; `reveal()` is the one way to the value. */
export interface Secret {
  reveal(): string;
}

/** Wraps a secret so that logs, JSON and string concatenation show `[secret]`. */
export const secret = (value: string): Secret => ({
  reveal: () => value,
  ...({
    toString: () => '[secret]',
    toJSON: () => '[secret]',
    [Symbol.for('nodejs.util.inspect.custom')]: () => '[secret]',
  } as object),
});

const whole = (fallback: number, min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .prefault(String(fallback));

/** Schemas for the values of environment variables: each parses text strictly, none falls back when a value was given but is wrong. */
export const setting = {
  /** A whole number; what unit it has stands at the end of the variable's name. */
  whole,
  flag: (fallback: boolean) =>
    z
      .enum(['true', 'false'])
      .transform(v => v === 'true')
      .prefault(fallback ? 'true' : 'false'),
  text: (fallback?: string) => (fallback === undefined ? z.string().min(1) : z.string().min(1).prefault(fallback)),
  /** The path of a file that there need not be; empty counts as not given. */
  optionalFile: () =>
    z
      .string()
      .prefault('')
      .transform(path => path || undefined),
  secretUrl: (...protocols: string[]) =>
    z
      .url({
        protocol: new RegExp(`^(${protocols.join('|')})$`),
        error: `must be a URL that starts with ${protocols.map(p => `${p}://`).join(' or ')}`,
      })
      .transform(secret),
  oneOf: <const T extends readonly [string, ...string[]]>(values: T, fallback?: T[number]) =>
    fallback === undefined ? z.enum(values) : z.enum(values).prefault(fallback as never),
  list: (fallback: string) =>
    z
      .string()
      .prefault(fallback)
      .transform(text =>
        text
          .split(',')
          .map(one => one.trim())
          .filter(one => one !== ''),
      ),
} as const;

/** A configuration that names every variable that is missing or wrong, so that one restart mends them all. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map(one => `  ${one}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Reads a service's settings. Pure: takes the environment as a value.
 * Unknown `FREIGHT_` variables are refused too: a misspelt setting would silently not apply.
 * @param known prefixes of variables that belong to others and may stand in the same environment.
 * @throws ConfigError with all problems at once; values are never repeated.
 */
export const parseConfig = <S extends z.ZodRawShape>(
  env: Readonly<Record<string, string | undefined>>,
  shape: S,
  known: readonly string[] = [],
): Readonly<z.output<z.ZodObject<S>>> => {
  const names = Object.keys(shape);
  const given = Object.fromEntries(names.flatMap(name => (env[name] === undefined ? [] : [[name, env[name]]])));
  const parsed = z.object(shape).safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(issue => {
        const name = String(issue.path[0] ?? '');
        return env[name] === undefined ? `${name} is missing` : `${name}: ${issue.message}`;
      });
  for (const name of Object.keys(env)) {
    if (name.startsWith('FREIGHT_') && !names.includes(name) && !known.includes(name))
      problems.push(`${name} is not a setting of this service`);
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return Object.freeze(parsed.data);
};

/** The settings that every service has. */
export const commonSettings = {
  FREIGHT_ENVIRONMENT: setting.oneOf(['live', 'test', 'dev']),
  FREIGHT_DATABASE_URL: setting.secretUrl('postgres', 'postgresql'),
  FREIGHT_NATS_URL: z
    .string()
    .regex(/^(nats|tls):\/\//, 'must start with nats:// or tls://')
    .transform(secret),
  /** A `.creds` file with the service's own token and key. Without it the URL's user and password are taken. */
  FREIGHT_NATS_CREDENTIALS_FILE: setting.optionalFile(),
  FREIGHT_LOG_LEVEL: setting.oneOf(['debug', 'info', 'warn', 'error'], 'info'),
  /** Port of /healthz, /readyz and /metrics; 0 takes a free one. */
  FREIGHT_HEALTH_PORT: setting.whole(9090, 0, 65535),
  FREIGHT_HEALTH_HOST: setting.text('0.0.0.0'),
  FREIGHT_DATABASE_POOL_MAX: setting.whole(20, 1, 60),
  FREIGHT_DATABASE_POOL_WAIT_MS: setting.whole(30_000, 1, 600_000),
  FREIGHT_SLOW_QUERY_MS: setting.whole(200, 1, 600_000),
  FREIGHT_NATS_REPLICAS: setting.whole(1, 1, 5),
  /** How long a stop may take; shorter than the platform's grace period. */
  FREIGHT_STOP_TIMEOUT_MS: setting.whole(25_000, 100, 600_000),
} as const;

export type CommonConfig = Readonly<z.output<z.ZodObject<typeof commonSettings>>>;
