import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { ISecret } from 'kubernetes-models/v1/Secret';
import type { IService } from 'kubernetes-models/v1/Service';
import { describe, expect, test } from 'vitest';
import { type Manifest, readManifests, renderKustomization } from './deploy/kustomize.ts';
import { podSecurityErrors } from './deploy/podSecurity.ts';
import { schemaErrors, typeErrors } from './deploy/schema.ts';
import { ofKind, variablesOf, type Workload, workloadsOf } from './deploy/workloads.ts';

const root = join(import.meta.dirname, '../..');
const k8s = join(root, 'deploy/k8s');
const base = renderKustomization(join(k8s, 'base'));
const tried = renderKustomization(join(k8s, 'overlays/try'));
const rendered: readonly (readonly [string, readonly Manifest[]])[] = [
  ['base', base],
  ['overlays/try', tried],
];
const services = ['gateway', 'tenants', 'jobs', 'workers'] as const;

/** Secrets that are made by hand, with their keys: those of the example, and those that the README makes for the servers of `try`. */
const documentedSecrets = (directory: string): readonly string[] => {
  const example = readManifests(join(k8s, 'base/secret.example.yaml')) as unknown as readonly ISecret[];
  const keys = example.flatMap(({ metadata, stringData, data }) =>
    Object.keys({ ...stringData, ...data }).map(key => `${metadata?.name}/${key}`),
  );
  const readme = readFileSync(join(k8s, 'README.md'), 'utf8');
  const forServers = [...readme.matchAll(/> (freight-try-servers\/[\w-]+)/g)].map(([, key]) => key ?? '');
  return directory === 'base' ? keys : [...keys, ...forServers];
};

/** The file that a pod needs of a Secret which it mounts as a whole folder, so that changes come into the running pod. */
const neededOf: Readonly<Record<string, string>> = { 'freight-deployment-key': 'deployment.key' };

/** Every key of a Secret that a pod reads, as a variable or as a file. */
const readSecrets = (manifests: readonly Manifest[]): readonly string[] =>
  workloadsOf(manifests).flatMap(({ pod, containers }) => [
    ...containers.flatMap(container =>
      [...variablesOf(container, manifests).values()].flatMap(one =>
        'secret' in one ? [`${one.secret}/${one.key}`] : [],
      ),
    ),
    ...(pod.volumes ?? []).flatMap(({ name, secret }) =>
      containers.flatMap(({ volumeMounts = [] }) =>
        volumeMounts.flatMap(mount =>
          secret && mount.name === name
            ? [`${secret.secretName}/${mount.subPath ?? neededOf[secret.secretName ?? '']}`]
            : [],
        ),
      ),
    ),
  ]);

const workload = (manifests: readonly Manifest[], name: string): Workload => {
  const found = workloadsOf(manifests).find(one => one.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
};

const only = (containers: readonly IContainer[]): IContainer => {
  const [container, ...more] = containers;
  if (!container || more.length > 0) throw new Error('expected one container');
  return container;
};

const includes = (labels: Readonly<Record<string, string>>, selector: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

const portNumber = (container: IContainer, port: string | number | undefined): number | undefined =>
  container.ports?.find(one => one.name === port || one.containerPort === port)?.containerPort;

describe('the place for administration, deploy/k8s/admin', () => {
  const manifests = renderKustomization(join(k8s, 'admin'));
  const { pod, containers } = workload(manifests, 'freight-admin');

  test('is a Job that Kubernetes accepts, under the restricted standard, with the image that the base runs', () => {
    expect(schemaErrors(manifests)).toEqual([]);
    expect(typeErrors(manifests)).toEqual([]);
    expect(workloadsOf(manifests).flatMap(podSecurityErrors)).toEqual([]);
    expect(containers.map(one => one.image)).toEqual(
      workload(base, 'freight-migrate').containers.map(one => one.image),
    );
    expect(ofKind<Manifest>(base, 'ServiceAccount').map(one => one.metadata.name)).toContain(pod.serviceAccountName);
  }, 60_000);

  test('reads the database as the migration does, and nothing else', () => {
    expect(readSecrets(manifests)).toEqual(['freight-database/admin-url']);
    expect([...variablesOf(only(containers), manifests).keys()]).toEqual(['FREIGHT_ADMIN_DATABASE_URL']);
  });
});

describe.each(rendered)('the manifests of deploy/k8s/%s', (directory, manifests) => {
  const workloads = workloadsOf(manifests);

  test('are accepted by the schemas of Kubernetes', () => {
    expect(schemaErrors(manifests)).toEqual([]);
  });

  test('have no field that Kubernetes does not know', () => {
    expect(typeErrors(manifests)).toEqual([]);
  }, 60_000);

  test('name each object once', () => {
    const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
  });

  test('hold no Secret', () => {
    expect(ofKind(manifests, 'Secret')).toEqual([]);
  });

  test('run every pod under the restricted pod security standard', () => {
    expect(workloads.flatMap(podSecurityErrors)).toEqual([]);
  });

  test('pin every image to a version', () => {
    const loose = workloads
      .flatMap(({ containers }) => containers.map(({ image = '' }) => image))
      .filter(image => !/^[a-z0-9./-]+:v?\d+\.\d+\.?\d*(-[a-z0-9.]+)?(@sha256:[0-9a-f]{64})?$/.test(image));
    expect(loose).toEqual([]);
  });

  test('say what each container needs, and how much memory it may take at most', () => {
    const silent = workloads.flatMap(({ name, containers }) =>
      containers
        .filter(
          ({ resources }) =>
            !(resources?.requests?.['cpu'] && resources.requests['memory'] && resources.limits?.['memory']),
        )
        .map(container => `${name}: ${container.name}`),
    );
    expect(silent).toEqual([]);
  });

  test('let Kubernetes ask every container that stays whether it has started, lives and is ready', () => {
    const missing = workloads
      .filter(({ kind }) => kind !== 'Job')
      .flatMap(({ name, pod }) =>
        pod.containers.flatMap(container =>
          (['startupProbe', 'livenessProbe', 'readinessProbe'] as const)
            .filter(kind => {
              const { httpGet, exec } = container[kind] ?? {};
              return httpGet ? portNumber(container, httpGet.port) === undefined : exec === undefined;
            })
            .map(kind => `${name}: ${container.name} has no ${kind} on a port of its own`),
        ),
      );
    expect(missing).toEqual([]);
  });

  test('select the pods of their own workload and no others', () => {
    const matching = (selector: Readonly<Record<string, string>>) =>
      workloads.filter(({ podLabels }) => includes(podLabels, selector)).map(({ name }) => name);
    // A Job's selector is made by Kubernetes.
    for (const { name, selector } of workloads.filter(({ kind }) => kind !== 'Job')) {
      expect(matching(selector)).toEqual([name]);
    }
    for (const { name, pod } of workloads) {
      for (const { labelSelector } of pod.topologySpreadConstraints ?? []) {
        expect(matching(labelSelector?.matchLabels ?? {})).toEqual([name]);
      }
    }
    const doors = ofKind<IService>(manifests, 'Service');
    expect(doors.filter(({ spec }) => matching(spec?.selector ?? {}).length !== 1)).toEqual([]);
  });

  test('lead every Service to ports that its container opens', () => {
    const astray = ofKind<IService>(manifests, 'Service').flatMap(({ metadata, spec }) => {
      const target = workloads.find(({ podLabels }) => includes(podLabels, spec?.selector ?? {}));
      return (spec?.ports ?? [])
        .filter(({ port, targetPort }) => portNumber(only(target?.containers ?? []), targetPort) !== port)
        .map(({ port }) => `${metadata?.name}:${port}`);
    });
    expect(astray).toEqual([]);
  });

  test('read exactly the Secrets that are documented', () => {
    expect([...new Set(readSecrets(manifests))].sort()).toEqual([...documentedSecrets(directory)].sort());
  });

  test('name only ConfigMaps, claims and accounts that exist', () => {
    const existing = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const named = workloads.flatMap(({ pod, containers }) => [
      `ServiceAccount ${pod.serviceAccountName}`,
      ...(pod.volumes ?? []).flatMap(({ configMap, persistentVolumeClaim: claim }) => [
        ...(configMap ? [`ConfigMap ${configMap.name}`] : []),
        ...(claim ? [`PersistentVolumeClaim ${claim.claimName}`] : []),
      ]),
      ...containers.flatMap(({ envFrom = [] }) => envFrom.map(({ configMapRef }) => `ConfigMap ${configMapRef?.name}`)),
    ]);
    expect(named.filter(name => !existing.includes(name))).toEqual([]);
  });

  test('mount only volumes that the pod has, and have none that nobody mounts', () => {
    const volumes = workloads.map(({ name, kind, pod }) => ({
      name,
      volumes: [...(pod.volumes ?? []).map(volume => volume.name), ...(kind === 'StatefulSet' ? ['data'] : [])].sort(),
    }));
    const mounted = workloads.map(({ name, containers }) => ({
      name,
      volumes: [
        ...new Set(containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(mount => mount.name))),
      ].sort(),
    }));
    expect(mounted).toEqual(volumes);
  });

  test('label every object that is made by hand with its name, its part and what it is a part of', () => {
    const unlabelled = manifests
      .filter(({ kind }) => !['ConfigMap', 'Namespace'].includes(kind))
      .filter(({ metadata: { labels = {} } }) => {
        const of = (label: string) => labels[`app.kubernetes.io/${label}`];
        return !(of('name')?.startsWith('freight-') && of('component') && of('part-of') === 'freight');
      });
    expect(unlabelled).toEqual([]);
  });

  test('send traces to a port that the collector opens', () => {
    for (const service of services) {
      const variables = variablesOf(only(workload(manifests, `freight-${service}`).containers), manifests);
      const endpoint = variables.get('OTEL_EXPORTER_OTLP_ENDPOINT');
      const { hostname, port } = new URL(endpoint && 'text' in endpoint ? endpoint.text : '');
      const target = ofKind<IService>(manifests, 'Service').find(({ metadata }) => metadata?.name === hostname);
      expect(target?.spec?.ports?.map(one => String(one.port))).toContain(port);
    }
  });
});

/** What a service's config module gives for exactly the variables of its container, Secrets filled in. */
const startConfig = async (manifests: readonly Manifest[], service: string): Promise<Record<string, unknown>> => {
  const variables = variablesOf(only(workload(manifests, `freight-${service}`).containers), manifests);
  const secrets = readManifests(join(k8s, 'base/secret.example.yaml')) as unknown as readonly ISecret[];
  const env = Object.fromEntries(
    [...variables].map(([name, one]) => [
      name,
      'text' in one ? one.text : secrets.find(({ metadata }) => metadata?.name === one.secret)?.stringData?.[one.key],
    ]),
  );
  const path = join(root, 'services', service, 'src/config.ts');
  const { readConfig } = (await import(pathToFileURL(path).href)) as {
    readConfig(env: Readonly<Record<string, string | undefined>>): Record<string, unknown>;
  };
  return readConfig(env);
};

describe.each(rendered)('the services as deploy/k8s/%s runs them', (_, manifests) => {
  test.each(services)('%s accepts its variables: none is missing, unknown or wrong', async service => {
    await expect(startConfig(manifests, service)).resolves.toMatchObject({
      FREIGHT_ENVIRONMENT: manifests === base ? 'live' : 'dev',
    });
  });

  test.each(services)('%s is given no variables of other Services, which it would refuse', service => {
    expect(workload(manifests, `freight-${service}`).pod.enableServiceLinks).toBe(false);
  });

  test.each(services)('%s has ended by itself before Kubernetes kills it', async service => {
    const { pod, containers } = workload(manifests, `freight-${service}`);
    const pause = only(containers).lifecycle?.preStop?.sleep?.seconds ?? 0;
    const config = await startConfig(manifests, service);
    const stop = pause + Number(config['FREIGHT_STOP_TIMEOUT_MS']) / 1000;
    // 5 s for what comes after: the process ends, the container is taken down.
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(stop + 5);
  });

  test.each(services)('%s is asked for its health where it answers', async service => {
    const container = only(workload(manifests, `freight-${service}`).containers);
    const config = await startConfig(manifests, service);
    expect(portNumber(container, 'health')).toBe(config['FREIGHT_HEALTH_PORT']);
    expect(container.startupProbe?.httpGet).toEqual({ path: '/healthz', port: 'health' });
    expect(container.livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'health' });
    expect(container.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'health' });
  });

  test.each(services)('%s logs in to PostgreSQL as its own role', service => {
    const url = variablesOf(only(workload(manifests, `freight-${service}`).containers), manifests).get(
      'FREIGHT_DATABASE_URL',
    );
    expect(url).toEqual({ secret: 'freight-database', key: `${service}-url` });
    const [example] = readManifests(join(k8s, 'base/secret.example.yaml')) as unknown as readonly ISecret[];
    expect(new URL(example?.stringData?.[`${service}-url`] ?? '').username).toBe(`freight_${service}`);
  });

  test('the gateway answers on the port that its Service opens', async () => {
    const container = only(workload(manifests, 'freight-gateway').containers);
    expect(portNumber(container, 'http')).toBe((await startConfig(manifests, 'gateway'))['FREIGHT_HTTP_PORT']);
  });

  test.each(['gateway', 'tenants', 'workers'])(
    '%s finds the deployment’s key and all tenants’ keys in its folder of keys',
    async service => {
      const { pod, containers } = workload(manifests, `freight-${service}`);
      const folder = (await startConfig(manifests, service))['FREIGHT_KEYS_DIR'] as string;
      const volumeAt = (path: string) => {
        const mount = only(containers).volumeMounts?.find(one => one.mountPath === path);
        return pod.volumes?.find(volume => volume.name === mount?.name);
      };
      expect(volumeAt(folder)?.emptyDir).toBeDefined();
      expect(volumeAt(`${folder}/deployment`)?.secret?.secretName).toBe('freight-deployment-key');
      expect(volumeAt(`${folder}/tenants`)?.persistentVolumeClaim?.claimName).toBe('freight-keys');
      expect(pod.securityContext?.fsGroup).toBe(pod.securityContext?.runAsGroup);
    },
  );

  test('gateway and workers let connections lead to the same hosts', async () => {
    const [gateway, workers] = [await startConfig(manifests, 'gateway'), await startConfig(manifests, 'workers')];
    expect(workers['FREIGHT_ALLOWED_HOSTS']).toEqual(gateway['FREIGHT_ALLOWED_HOSTS']);
  });

  test('the migration is given variables that the command knows', async () => {
    const { containers } = workload(manifests, 'freight-migrate');
    const path = join(root, 'packages/cli/src/help.ts');
    const { commandHelp } = (await import(pathToFileURL(path).href)) as { commandHelp: { migrate: string } };
    const known = [...commandHelp.migrate.matchAll(/FREIGHT_[A-Z_]+/g)].map(([name]) => name);
    expect(only(containers).args).toEqual(['packages/cli/dist/main.js', 'migrate']);
    expect([...variablesOf(only(containers), manifests).keys()].sort()).toEqual(known.sort());
  });
});

/** Sessions that a process may open beside its pool: one for each leadership. */
const leaderships: Readonly<Record<string, number>> = { tenants: 3, jobs: 3 };

const connectionsMax = async (manifests: readonly Manifest[]): Promise<number> => {
  const each = await Promise.all(
    services.map(async service => {
      const pool = (await startConfig(manifests, service))['FREIGHT_DATABASE_POOL_MAX'] as number;
      return workload(manifests, `freight-${service}`).podsMax * (pool + (leaderships[service] ?? 0));
    }),
  );
  const migration = 1;
  return each.reduce((sum, one) => sum + one, migration);
};

describe('the connections to PostgreSQL', () => {
  test('are at most what the comment of the base says', async () => {
    const comment = readFileSync(join(k8s, 'base/kustomization.yaml'), 'utf8');
    const total = /-----\n#\s+(\d+)\n/.exec(comment)?.[1];
    expect(await connectionsMax(base)).toBe(Number(total));
  });

  test('fit into what the server of the try-out allows', async () => {
    const args = only(workload(tried, 'freight-postgres').containers).args ?? [];
    const allowed = Number(args.find(arg => arg.startsWith('max_connections='))?.split('=')[1]);
    const reservedForSuperusers = 3;
    expect(await connectionsMax(tried)).toBeLessThanOrEqual(allowed - reservedForSuperusers);
    expect(await connectionsMax(base)).toBeLessThanOrEqual(allowed - reservedForSuperusers);
  });
});

describe('the try-out', () => {
  test('lives in a namespace that admits restricted pods only', () => {
    const [namespace] = ofKind<Manifest>(tried, 'Namespace');
    expect(namespace?.metadata).toMatchObject({
      name: 'freight',
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    });
    const outside = tried.filter(({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'freight');
    expect(outside).toEqual([]);
  });

  test('keeps messages on the disk before it acknowledges them, with a server that knows how', () => {
    const config = readFileSync(join(k8s, 'overlays/try/nats.conf'), 'utf8');
    expect(config).toMatch(/^ {2}sync_interval: always$/m);
    const image = only(workload(tried, 'freight-nats').containers).image ?? '';
    const [, minor] = /^nats:2\.(\d+)\.\d+$/.exec(image) ?? [];
    expect(Number(minor)).toBeGreaterThanOrEqual(12);
  });

  test('needs storage of one node only', () => {
    const claims = ofKind<Manifest>(tried, 'PersistentVolumeClaim').map(({ spec }) => spec);
    expect(claims).toEqual([expect.objectContaining({ accessModes: ['ReadWriteOnce'] })]);
  });
});

describe('the base', () => {
  test('names no namespace', () => {
    expect(base.filter(({ metadata }) => metadata.namespace !== undefined)).toEqual([]);
  });

  test('shares the tenants’ keys between nodes', () => {
    const claims = ofKind<Manifest>(base, 'PersistentVolumeClaim').map(({ spec }) => spec);
    expect(claims).toEqual([expect.objectContaining({ accessModes: ['ReadWriteMany'] })]);
  });
});

describe('the image', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

  test('has the Node.js that the project is tested with', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      devDependencies: { node: string };
    };
    const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    expect([...new Set(images)]).toEqual([`node:${devDependencies.node}-bookworm-slim`]);
  });

  test('runs as the user that the pods run as, who does not own its files', () => {
    expect(dockerfile).toMatch(/^USER 10001:10001$/m);
    expect(dockerfile).not.toMatch(/--chown/);
    for (const service of services) {
      expect(workload(base, `freight-${service}`).pod.securityContext).toMatchObject({
        runAsUser: 10001,
        runAsGroup: 10001,
      });
    }
  });

  test.each(services)('starts %s by its own program', service => {
    const { args, image } = only(workload(base, `freight-${service}`).containers);
    expect({ args, image }).toEqual({
      args: [`services/${service}/dist/main.js`],
      image: expect.stringMatching(/^freight:/),
    });
    expect(existsSync(join(root, 'services', service, 'src/main.ts'))).toBe(true);
  });
});

describe('the checks themselves', () => {
  const copy = (): Manifest[] => structuredClone(base) as Manifest[];
  const container = (manifests: readonly Manifest[]) => only(workload(manifests, 'freight-jobs').containers);

  test('find a misspelt field', () => {
    const wrong = copy();
    Object.assign(container(wrong), { redinessProbe: {} });
    expect(typeErrors(wrong)).toEqual([expect.stringMatching(/^Deployment freight-jobs: .*redinessProbe/s)]);
  }, 60_000);

  test('find a quantity that is none', () => {
    const wrong = copy();
    Object.assign(container(wrong), { resources: { limits: { memory: '512 Megabytes' } } });
    expect(schemaErrors(wrong)).toEqual([expect.stringMatching(/^Deployment freight-jobs: .*memory/)]);
  });

  test('find a container that may write to its image', () => {
    const wrong = copy();
    Object.assign(container(wrong).securityContext ?? {}, { readOnlyRootFilesystem: false });
    expect(workloadsOf(wrong).flatMap(podSecurityErrors)).toEqual(['freight-jobs: jobs may write to its image']);
  });

  test('render as kustomize does: the hash in a generated name is kustomize’s own', () => {
    // From `kustomize build` 5.5.0 for the same line.
    const folder = mkdtempSync(join(tmpdir(), 'freight-kustomize-'));
    try {
      writeFileSync(
        join(folder, 'kustomization.yaml'),
        `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: []
configMapGenerator:
  - name: freight-tenants
    literals: [FREIGHT_DATABASE_POOL_MAX=10]
`,
      );
      expect(renderKustomization(folder).map(({ metadata }) => metadata.name)).toEqual(['freight-tenants-m4ck4726h9']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('refuse a kustomization that uses what the renderer does not know', () => {
    const folder = mkdtempSync(join(tmpdir(), 'freight-kustomize-'));
    try {
      writeFileSync(
        join(folder, 'kustomization.yaml'),
        'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\nnamePrefix: x-\n',
      );
      expect(() => renderKustomization(folder)).toThrow(/namePrefix/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
