import type { Workload } from './workloads.ts';

/** Volume types that the restricted standard allows and that are used here. */
const volumeTypes = ['configMap', 'emptyDir', 'persistentVolumeClaim', 'projected', 'secret'];

/**
 * @returns where a pod breaks the Pod Security Standard "restricted", or our own rules beside it: a read-only file system, numbers for
 *   users (so that "not root" can be checked), no token of the Kubernetes API.
 */
export const podSecurityErrors = (workload: Workload): readonly string[] => {
  const { pod } = workload;
  const errors: string[] = [];
  const demand = (holds: boolean, what: string) => {
    if (!holds) errors.push(`${workload.name}: ${what}`);
  };
  demand(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, 'uses a namespace of the host');
  demand(pod.automountServiceAccountToken === false, 'is given a token of the Kubernetes API');
  const { securityContext: podContext } = pod;
  demand(podContext?.runAsNonRoot === true, 'may run as root');
  demand((podContext?.runAsUser ?? 0) > 0, 'names no user');
  demand((podContext?.runAsGroup ?? 0) > 0, 'names no group');
  demand(podContext?.seccompProfile?.type === 'RuntimeDefault', 'has no seccomp profile');
  demand(podContext?.sysctls === undefined, 'sets sysctls');
  for (const volume of pod.volumes ?? []) {
    const types = Object.keys(volume).filter(key => key !== 'name');
    demand(
      types.every(type => volumeTypes.includes(type)),
      `has a volume of type ${types.join()}`,
    );
  }
  for (const { name, securityContext: context, ports = [] } of workload.containers) {
    demand(context?.allowPrivilegeEscalation === false, `${name} may gain privileges`);
    demand(context?.privileged !== true, `${name} is privileged`);
    demand(context?.readOnlyRootFilesystem === true, `${name} may write to its image`);
    demand(context?.capabilities?.drop?.join() === 'ALL', `${name} keeps capabilities`);
    demand(context?.capabilities?.add === undefined, `${name} adds capabilities`);
    demand(context?.procMount === undefined, `${name} changes /proc`);
    // What the pod settles stands: a container that says it again might say something else.
    demand(context?.runAsUser === undefined && context?.runAsNonRoot === undefined, `${name} has a user of its own`);
    demand(context?.seccompProfile === undefined, `${name} has a seccomp profile of its own`);
    demand(
      ports.every(port => port.hostPort === undefined),
      `${name} opens a port of the host`,
    );
  }
  return errors;
};
