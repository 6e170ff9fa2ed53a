import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError, commonSettings, parseConfig, type Secret, secret, setting } from './config.ts';

const env = {
  FREIGHT_ENVIRONMENT: 'live',
  FREIGHT_DATABASE_URL: 'postgres://freight:geheim@db/freight',
  FREIGHT_NATS_URL: 'nats://freight:geheim@nats:4222',
  PATH: '/bin',
};

const problemsOf = (read: () => unknown): readonly string[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('a configuration', () => {
  it('is read with its defaults, as numbers and words, and cannot be changed', () => {
    const config = parseConfig(env, commonSettings);
    expect(config).toMatchObject({
      FREIGHT_ENVIRONMENT: 'live',
      FREIGHT_LOG_LEVEL: 'info',
      FREIGHT_DATABASE_POOL_MAX: 20,
      FREIGHT_DATABASE_POOL_WAIT_MS: 30_000,
      FREIGHT_SLOW_QUERY_MS: 200,
    });
    expect(config.FREIGHT_DATABASE_URL.reveal()).toBe(env.FREIGHT_DATABASE_URL);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('names every variable that is missing or wrong at once, in words, and repeats no value', () => {
    const wrong = {
      FREIGHT_DATABASE_URL: 'mysql://geheim',
      FREIGHT_NATS_URL: 'geheim',
      FREIGHT_LOG_LEVEL: 'geheim',
      FREIGHT_HEALTH_PORT: '70000',
      FREIGHT_DATABASE_POOL_MAX: '20.5',
      FREIGHT_SLOW_QUERY_MS: ' 1',
      FREIGHT_NATS_REPLICAS: '',
      FREIGHT_DATABASE_POOL_MXA: 'geheim',
    };
    const problems = problemsOf(() => parseConfig(wrong, commonSettings));
    expect(new Set(problems.map(one => one.split(/[: ]/)[0]))).toEqual(
      new Set([...Object.keys(wrong), 'FREIGHT_ENVIRONMENT']),
    );
    expect(problems).toHaveLength(9);
    expect(problems).toContain('FREIGHT_ENVIRONMENT is missing');
    expect(problems).toContain('FREIGHT_DATABASE_POOL_MXA is not a setting of this service');
    expect(problems).toContain('FREIGHT_DATABASE_URL: must be a URL that starts with postgres:// or postgresql://');
    expect(problems.join()).not.toContain('geheim');
    expect(problemsOf(() => parseConfig({}, commonSettings))).toEqual([
      'FREIGHT_ENVIRONMENT is missing',
      'FREIGHT_DATABASE_URL is missing',
      'FREIGHT_NATS_URL is missing',
    ]);
  });

  it('refuses a Freight variable that it does not know, unless another reader of the same environment does', () => {
    const more = { ...env, FREIGHT_REDIS_URL: 'redis://x' };
    expect(problemsOf(() => parseConfig(more, commonSettings))).toEqual([
      'FREIGHT_REDIS_URL is not a setting of this service',
    ]);
    expect(problemsOf(() => parseConfig(more, commonSettings, ['FREIGHT_REDIS_URL']))).toEqual([]);
  });

  it('never falls back when a value was given but is wrong', () => {
    const shape = {
      A: setting.whole(5, 1, 10),
      B: setting.flag(true),
      C: setting.oneOf(['x', 'y'], 'x'),
      D: setting.text('d'),
    };
    expect(parseConfig({}, shape)).toEqual({ A: 5, B: true, C: 'x', D: 'd' });
    expect(parseConfig({ A: '10', B: 'false', C: 'y', D: 'e' }, shape)).toEqual({ A: 10, B: false, C: 'y', D: 'e' });
    for (const [name, values] of Object.entries({
      A: ['', '0', '11', '-1', '1e1', '0x5', '5 ', 'NaN', '٣'],
      B: ['', '1', 'yes', 'TRUE'],
      C: ['', 'z', 'X'],
      D: [''],
    })) {
      for (const value of values)
        expect(
          problemsOf(() => parseConfig({ [name]: value }, shape)),
          `${name}=${value}`,
        ).toHaveLength(1);
    }
  });

  it('reads a list without its blanks', () => {
    expect(parseConfig({ L: ' a, b,,c ' }, { L: setting.list('') })).toEqual({ L: ['a', 'b', 'c'] });
    expect(parseConfig({}, { L: setting.list('x,y') })).toEqual({ L: ['x', 'y'] });
  });
});

describe('a secret', () => {
  it('is shown by nothing but reveal', () => {
    const one: Secret & { toString(): string } = secret('geheim');
    const holder = { one, list: [one] };
    const shown = [
      `${one as unknown as string}`,
      String(one),
      `${one as unknown as string}`.concat(''),
      JSON.stringify(one),
      JSON.stringify(holder),
      inspect(one, { depth: 9, showHidden: true }),
      inspect(holder, { depth: 9, showHidden: true }),
      format('%s %o %O %j', one, one, holder, holder),
      Object.values(one).map(String).join(),
      JSON.stringify(Object.entries({ ...one })),
    ];
    for (const text of shown) expect(text).not.toContain('geheim');
    expect([shown[0], JSON.stringify(one), inspect(one)]).toEqual(['[secret]', '"[secret]"', '[secret]']);
    expect(one.reveal()).toBe('geheim');
  });
});
