import { ConfigError, setting } from '@freight/runtime';
import { describe, expect, test } from 'vitest';
import { plaintextProblems } from './plaintext.ts';
import { readSettings } from './settings.ts';

const names = [
  'FREIGHT_DATABASE_URL',
  'FREIGHT_DATABASE_CA_FILE',
  'FREIGHT_NATS_URL',
  'FREIGHT_NATS_CA_FILE',
  'FREIGHT_NATS_CERT_FILE',
  'FREIGHT_NATS_KEY_FILE',
  'FREIGHT_REDIS_URL',
  'FREIGHT_HTTP_HOST',
  'FREIGHT_HTTP_CERT_FILE',
  'FREIGHT_HTTP_KEY_FILE',
];
const plain = {
  FREIGHT_ENVIRONMENT: 'live',
  FREIGHT_DATABASE_URL: 'postgres://freight:geheim@db/freight',
  FREIGHT_NATS_URL: 'nats://freight:geheim@nats-1:4222,nats://freight:geheim@nats-2:4222',
  FREIGHT_REDIS_URL: 'redis://:geheim@redis:6379',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
};
const secure = {
  FREIGHT_ENVIRONMENT: 'live',
  FREIGHT_DATABASE_URL: 'postgres://freight:geheim@db/freight?sslmode=verify-full',
  FREIGHT_NATS_URL: 'tls://freight:geheim@nats-1:4222,tls://freight:geheim@nats-2:4222',
  FREIGHT_REDIS_URL: 'rediss://:geheim@redis:6379',
  FREIGHT_HTTP_CERT_FILE: '/tls/tls.crt',
  FREIGHT_HTTP_KEY_FILE: '/tls/tls.key',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:4318',
};
const named = (problems: readonly string[]): readonly string[] =>
  problems.map(one => one.split(/[ :]/)[0] ?? '').sort();

describe('environment live', () => {
  test('names every setting that would send something in the clear, at once, and repeats no value', () => {
    const problems = plaintextProblems(plain, names);
    expect(named(problems)).toEqual([
      'FREIGHT_DATABASE_URL',
      'FREIGHT_HTTP_HOST',
      'FREIGHT_NATS_URL',
      'FREIGHT_REDIS_URL',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    ]);
    expect(problems.join()).not.toMatch(/geheim|collector/);
  });

  test('says so beside everything else that is wrong', () => {
    const read = () =>
      readSettings(
        { ...plain, FREIGHT_A: 'geheim' },
        {
          FREIGHT_ENVIRONMENT: setting.text(),
          FREIGHT_DATABASE_URL: setting.text(),
          FREIGHT_A: setting.whole(1, 0, 9),
        },
      );
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(
      /FREIGHT_A: must be a whole number[^]*FREIGHT_NATS_URL is not a setting[^]*FREIGHT_DATABASE_URL is without TLS/,
    );
  });

  test('has nothing against encrypted connections', () => {
    expect(plaintextProblems(secure, names)).toEqual([]);
  });

  test('lets plain connections to this machine itself be, and no name that might mean it', () => {
    const local = {
      FREIGHT_ENVIRONMENT: 'live',
      FREIGHT_DATABASE_URL: 'postgres://f@[::1]/freight',
      FREIGHT_NATS_URL: 'nats://127.0.0.1:4222',
      FREIGHT_REDIS_URL: 'redis://localhost:6379',
      FREIGHT_HTTP_HOST: '127.0.0.1',
    };
    expect(plaintextProblems(local, names)).toEqual([]);
    const close = { ...local, FREIGHT_REDIS_URL: 'redis://localhost.example:6379', FREIGHT_HTTP_HOST: '10.127.0.1' };
    expect(named(plaintextProblems(close, names))).toEqual(['FREIGHT_HTTP_HOST', 'FREIGHT_REDIS_URL']);
  });

  test('takes a gateway without a certificate where it is said that a proxy before it ends TLS', () => {
    const { FREIGHT_HTTP_CERT_FILE: _, FREIGHT_HTTP_KEY_FILE: __, ...rest } = secure;
    expect(named(plaintextProblems(rest, names))).toEqual(['FREIGHT_HTTP_HOST']);
    expect(plaintextProblems({ ...rest, FREIGHT_TLS_TERMINATED_BY_PROXY: 'true' }, names)).toEqual([]);
  });

  test('asks a service for its own connections only', () => {
    expect(named(plaintextProblems(plain, ['FREIGHT_DATABASE_URL', 'FREIGHT_NATS_URL']))).toEqual([
      'FREIGHT_DATABASE_URL',
      'FREIGHT_NATS_URL',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    ]);
  });
});

describe('any environment', () => {
  const local = {
    FREIGHT_ENVIRONMENT: 'dev',
    FREIGHT_DATABASE_URL: 'postgres://db/freight',
    FREIGHT_NATS_URL: 'nats://127.0.0.1:4222',
    FREIGHT_REDIS_URL: 'redis://redis:6379',
  };

  test('lets plain connections be, wherever they lead', () => {
    expect(plaintextProblems(local, names)).toEqual([]);
  });

  test.each([
    ['database', 'FREIGHT_DATABASE_URL'],
    ['nats', 'FREIGHT_NATS_URL'],
    ['redis', 'FREIGHT_REDIS_URL'],
    ['http', 'FREIGHT_HTTP_HOST'],
  ])('refuses plain connections that FREIGHT_TLS_REQUIRED names, also on this machine: %s', (hop, name) => {
    const env = { ...local, FREIGHT_TLS_REQUIRED: hop, FREIGHT_TLS_TERMINATED_BY_PROXY: 'true' };
    expect(named(plaintextProblems(env, names))).toEqual([name]);
  });

  test.each(['require', 'prefer', 'allow', 'verify-ca', 'no-verify', 'true'])(
    'knows no sslmode that takes a server unseen: %s',
    mode => {
      const env = { ...local, FREIGHT_DATABASE_URL: `postgres://db/freight?sslmode=${mode}` };
      expect(plaintextProblems(env, names).join()).toMatch(/FREIGHT_DATABASE_URL: sslmode=.* use verify-full/);
    },
  );

  test('finds files that would not be used, halves of a pair, and servers of two kinds in one list', () => {
    const env = {
      ...local,
      FREIGHT_DATABASE_CA_FILE: '/ca.crt',
      FREIGHT_NATS_URL: 'tls://a:4222,nats://b:4222',
      FREIGHT_NATS_CERT_FILE: '/tls.crt',
      FREIGHT_HTTP_KEY_FILE: '/tls.key',
    };
    expect([...plaintextProblems(env, names)].sort()).toEqual([
      'FREIGHT_DATABASE_CA_FILE would not be used: FREIGHT_DATABASE_URL asks for no TLS',
      'FREIGHT_HTTP_CERT_FILE is missing: FREIGHT_HTTP_KEY_FILE is set',
      'FREIGHT_NATS_CERT_FILE would not be used: FREIGHT_NATS_URL asks for no TLS',
      'FREIGHT_NATS_KEY_FILE is missing: FREIGHT_NATS_CERT_FILE is set',
      'FREIGHT_NATS_URL: either all servers with tls:// or none',
    ]);
  });
});
