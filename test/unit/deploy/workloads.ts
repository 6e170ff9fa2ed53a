import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IStatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import type { IJob } from 'kubernetes-models/batch/v1/Job';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import type { Manifest } from './kustomize.ts';

/** Something that runs pods. */
export interface Workload {
  readonly name: string;
  readonly kind: 'Deployment' | 'StatefulSet' | 'Job';
  /** Pods that there are at most while a rollout runs. */
  readonly podsMax: number;
  readonly selector: Readonly<Record<string, string>>;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly pod: IPodSpec;
  readonly containers: readonly IContainer[];
}

/** A variable of a container: its text, or where in a Secret it comes from. */
export type Variable = { readonly text: string } | { readonly secret: string; readonly key: string };

export const ofKind = <T>(manifests: readonly Manifest[], kind: string): readonly T[] =>
  manifests.filter(manifest => manifest.kind === kind) as unknown as readonly T[];

const podsMax = (deployment: IDeployment): number => {
  const { replicas = 1, strategy } = deployment.spec ?? {};
  if (strategy?.type === 'Recreate') return replicas;
  const surge = strategy?.rollingUpdate?.maxSurge ?? '25%';
  return replicas + (typeof surge === 'number' ? surge : Math.ceil((replicas * Number.parseInt(surge, 10)) / 100));
};

/** Every Deployment, StatefulSet and Job. */
export const workloadsOf = (manifests: readonly Manifest[]): readonly Workload[] =>
  manifests.flatMap(manifest => {
    if (!['Deployment', 'StatefulSet', 'Job'].includes(manifest.kind)) return [];
    const object = manifest as unknown as IDeployment | IStatefulSet | IJob;
    const { template } = object.spec ?? {};
    const pod = template?.spec;
    if (!pod) throw new Error(`${manifest.metadata.name} has no pod`);
    return [
      {
        name: manifest.metadata.name,
        kind: manifest.kind as Workload['kind'],
        podsMax: manifest.kind === 'Deployment' ? podsMax(object as IDeployment) : 1,
        selector: object.spec?.selector?.matchLabels ?? {},
        podLabels: template?.metadata?.labels ?? {},
        pod,
        containers: [...(pod.initContainers ?? []), ...pod.containers],
      },
    ];
  });

/** A container's variables as Kubernetes puts them together: those of `envFrom` first, those of `env` over them. */
export const variablesOf = (container: IContainer, manifests: readonly Manifest[]): ReadonlyMap<string, Variable> => {
  const found = new Map<string, Variable>();
  for (const { configMapRef } of container.envFrom ?? []) {
    const map = ofKind<IConfigMap>(manifests, 'ConfigMap').find(one => one.metadata?.name === configMapRef?.name);
    if (!map) throw new Error(`${container.name} takes its variables from something that is not a ConfigMap of ours`);
    for (const [name, text] of Object.entries(map.data ?? {})) found.set(name, { text });
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const { secretKeyRef } = valueFrom ?? {};
    if (secretKeyRef) found.set(name, { secret: secretKeyRef.name ?? '', key: secretKeyRef.key });
    else found.set(name, { text: value ?? '' });
  }
  return found;
};
