/** What deploy/k8s says of encryption: on every connection, with certificates from Secrets, and on the volumes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RedisService, redisAccess, redisRules, redisUser } from '@freight/contracts';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IPersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import type { ISecret } from 'kubernetes-models/v1/Secret';
import { describe, expect, test } from 'vitest';
import { type Manifest, readManifests, renderKustomization } from './deploy/kustomize.ts';
import { ofKind, variablesOf, type Workload, workloadsOf } from './deploy/workloads.ts';

const k8s = join(import.meta.dirname, '../../deploy/k8s');
const read = (path: string): string => readFileSync(join(k8s, path), 'utf8');
const base = renderKustomization(join(k8s, 'base'));
const tried = renderKustomization(join(k8s, 'overlays/try'));
const administration = renderKustomization(join(k8s, 'admin'));
const services = ['gateway', 'tenants', 'jobs', 'workers'] as const;
/** Of a Secret of type kubernetes.io/tls, as cert-manager fills it. */
const certificateKeys = ['ca.crt', 'tls.crt', 'tls.key'];

/** Paths at which a container finds the entries of its certificates' Secrets; each with its Secret. */
const certificateFiles = ({ pod }: Workload, container: IContainer): ReadonlyMap<string, string> =>
  new Map(
    (pod.volumes ?? []).flatMap(({ name, secret }) => {
      const mount = container.volumeMounts?.find(one => one.name === name);
      if (!secret?.secretName?.endsWith('-tls') || !mount) return [];
      return (secret.items ?? []).map(({ key, path }) => {
        expect(certificateKeys).toContain(key);
        return [`${mount.mountPath}/${path}`, secret.secretName ?? ''] as const;
      });
    }),
  );

/** The certificates' Secrets that pods mount. */
const mountedCertificates = (manifests: readonly Manifest[]): readonly string[] =>
  [
    ...new Set(
      workloadsOf(manifests).flatMap(one =>
        one.containers.flatMap(container => [...certificateFiles(one, container).values()]),
      ),
    ),
  ].sort();

interface Certificate {
  readonly spec: {
    readonly secretName: string;
    readonly dnsNames: readonly string[];
    readonly usages: readonly string[];
  };
}

describe.each([
  ['base', base],
  ['overlays/try', tried],
] as const)('the certificates of deploy/k8s/%s', (directory, manifests) => {
  const workloads = workloadsOf(manifests);

  test('are mounted as whole folders, so that a renewed one arrives, and for their group alone', () => {
    for (const { pod, containers } of workloads) {
      for (const { name, secret } of pod.volumes ?? []) {
        if (!secret?.secretName?.endsWith('-tls')) continue;
        const mounts = containers.flatMap(one => one.volumeMounts ?? []).filter(mount => mount.name === name);
        expect(mounts).toEqual([expect.not.objectContaining({ subPath: expect.anything() })]);
        expect(mounts[0]?.readOnly).toBe(true);
        expect(secret.defaultMode).toBe(0o440);
        expect(pod.securityContext?.fsGroup).toBe(pod.securityContext?.runAsGroup);
      }
    }
  });

  test('are where each setting looks for them', () => {
    for (const one of workloads) {
      for (const container of one.containers) {
        const files = certificateFiles(one, container);
        const wanted = [...variablesOf(container, manifests)].flatMap(([name, variable]) =>
          /_(?:CA|CERT|KEY)_FILE$|_CERTIFICATE$/.test(name) && 'text' in variable ? [variable.text] : [],
        );
        expect(wanted.filter(file => !files.has(file))).toEqual([]);
        if (/freight-(gateway|tenants|jobs|workers|migrate)/.test(one.name)) expect(wanted.length).toBeGreaterThan(0);
      }
    }
  });

  test('are where each configuration file and each argument looks for them', () => {
    for (const one of workloads) {
      for (const container of one.containers) {
        const maps = (one.pod.volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? []);
        const texts = ofKind<IConfigMap>(manifests, 'ConfigMap')
          .filter(({ metadata }) => maps.includes(metadata?.name ?? ''))
          .flatMap(({ data }) => Object.values(data ?? {}));
        const named = [...texts, ...(container.args ?? [])].flatMap(
          text => text.match(/\/[\w/-]*tls\/(?:ca\.crt|tls\.crt|tls\.key)/g) ?? [],
        );
        const files = certificateFiles(one, container);
        expect(named.filter(file => !files.has(file))).toEqual([]);
        if (/collector|postgres|nats|redis/.test(one.name)) expect(named.length).toBeGreaterThan(0);
      }
    }
  });

  test('are exactly the documented ones', () => {
    const certificates = ofKind<Certificate>(readManifests(join(k8s, 'certificates.example.yaml')), 'Certificate');
    const forTheBase = certificates.map(({ spec }) => spec.secretName);
    const byHand = [...read('README.md').matchAll(/^ {2}certificate (freight-[\w-]+-tls) /gm)].map(
      ([, name = '']) => name,
    );
    const documented = directory === 'base' ? forTheBase : byHand;
    expect(mountedCertificates(manifests)).toEqual([...documented].sort());
  });

  test.each(services)('let %s reach PostgreSQL, NATS, Redis and the collector over TLS only', service => {
    const one = workloads.find(({ name }) => name === `freight-${service}`);
    const [container] = one?.containers ?? [];
    if (!container) throw new Error(`no ${service}`);
    const variables = variablesOf(container, manifests);
    const secrets = readManifests(join(k8s, 'base/secret.example.yaml')) as unknown as readonly ISecret[];
    const text = (name: string): string => {
      const variable = variables.get(name);
      if (!variable || 'text' in variable) return variable?.text ?? '';
      return secrets.find(({ metadata }) => metadata?.name === variable.secret)?.stringData?.[variable.key] ?? '';
    };
    expect(new URL(text('FREIGHT_DATABASE_URL')).searchParams.get('sslmode')).toBe('verify-full');
    expect(text('FREIGHT_NATS_URL')).toMatch(/^tls:/);
    expect(text('OTEL_EXPORTER_OTLP_ENDPOINT')).toMatch(/^https:/);
    expect(text('FREIGHT_TLS_REQUIRED').split(',')).toEqual(['database', 'nats', 'redis']);
    if (service in redisAccess) {
      const url = new URL(text('FREIGHT_REDIS_URL'));
      expect([url.protocol, url.username]).toEqual(['rediss:', redisUser(service as RedisService)]);
    } else expect(variables.has('FREIGHT_REDIS_URL')).toBe(false);
  });
});

describe('the certificates of deploy/k8s/admin', () => {
  test('are the migration’s where an administrator works', () => {
    expect(mountedCertificates(administration)).toEqual(['freight-migrate-tls']);
    const [job] = workloadsOf(administration);
    const [container] = job?.containers ?? [];
    const wanted = [...(container ? variablesOf(container, administration) : [])].flatMap(([name, variable]) =>
      name.endsWith('_FILE') && 'text' in variable ? [variable.text] : [],
    );
    expect(wanted).toEqual(job && container ? [...certificateFiles(job, container).keys()] : []);
  });
});

describe('the example of certificates', () => {
  const certificates = ofKind<Certificate>(readManifests(join(k8s, 'certificates.example.yaml')), 'Certificate');
  const of = (secret: string) => certificates.find(({ spec }) => spec.secretName === secret)?.spec;

  test.each([...services, 'migrate'])('is for a client where %s connects', service => {
    expect(of(`freight-${service}-tls`)?.usages).toContain('client auth');
  });

  test.each([
    ['freight-gateway-http-tls', 'freight-gateway'],
    ['freight-otel-collector-tls', 'freight-otel-collector'],
  ])('is for a server by the name of its Service: %s', (secret, service) => {
    expect(of(secret)?.usages).toContain('server auth');
    expect(of(secret)?.dnsNames).toContain(service);
    expect(base.some(({ kind, metadata }) => kind === 'Service' && metadata.name === service)).toBe(true);
  });
});

describe('the servers of the try-out', () => {
  test('take no connection without TLS', () => {
    const doors = read('overlays/try/pg_hba.conf')
      .split('\n')
      .filter(line => /^\w/.test(line))
      .map(line => line.split(/\s+/)[0]);
    expect(doors).toEqual(['local', 'hostssl']);
    expect(read('overlays/try/redis.conf')).toMatch(/^port 0$[^]*^tls-port 6379$[^]*^tls-auth-clients yes$/m);
    expect(read('overlays/try/nats.conf')).toMatch(/^tls \{$[^]*^ {2}verify: true$/m);
  });

  test.each(Object.keys(redisAccess) as RedisService[])(
    'give %s the rights in Redis that the table gives it',
    service => {
      expect(read(`overlays/try/${service}.rules`)).toBe(`${redisRules(service).join(' ')}\n`);
      expect(read('overlays/try/redis.yaml')).toContain(
        `printf 'user ${redisUser(service)} on >%s %s\\n' "$${service.toUpperCase()}_PASSWORD" "$(cat /etc/freight-redis/${service}.rules)"`,
      );
    },
  );
});

describe('the volumes', () => {
  test('of the base are of a class that encrypts what lies on them', () => {
    const [storageClass] = readManifests(join(k8s, 'storageclass.example.yaml')) as unknown as readonly {
      readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
      readonly parameters: Readonly<Record<string, string>>;
    }[];
    expect(storageClass?.parameters['encrypted']).toBe('true');
    expect(storageClass?.metadata.annotations['freight.dev/encrypted-at-rest']).toBe('true');
    const claims = ofKind<IPersistentVolumeClaim>(base, 'PersistentVolumeClaim');
    expect(claims.length).toBeGreaterThan(0);
    for (const { spec } of claims) expect(spec?.storageClassName).toBe(storageClass?.metadata.name);
    // A StatefulSet would bring volumes of its own.
    expect(ofKind(base, 'StatefulSet')).toEqual([]);
  });
});
