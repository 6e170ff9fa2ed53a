import { connectionTest, connectionView, jobView, tenantCreated } from '@freight/contracts';
import { createSandboxClient, type SandboxClient, type WorkspaceInfo } from '@freight/sandbox';
import type { CrmData } from '../data/rows.ts';
import { splitName, toAffinity } from '../data/toAffinity.ts';
import { UserError } from '../errors.ts';
import type { Platform } from '../platform/index.ts';
import { createFreightApi, type FreightApi } from './freightApi.ts';

/** Both stand-ins, filled, and where they are. */
export interface Workspaces {
  readonly sandbox: SandboxClient;
  readonly affinity: WorkspaceInfo & { readonly url: string };
  readonly attio: WorkspaceInfo & { readonly url: string };
}

/** Makes both workspaces: the source filled with the data, the target empty but for a member for each user. */
export const createWorkspaces = async (
  sandboxUrl: string,
  data: CrmData,
  options: { readonly realLimits: boolean },
): Promise<Workspaces> => {
  const sandbox = createSandboxClient(sandboxUrl);
  // Without the key, a workspace has the vendor's own limits.
  const limits = options.realLimits ? {} : { limits: null };
  const members = data.users.map(user => {
    const { first, last } = splitName(user.name);
    return { email: user.email, firstName: first, lastName: last };
  });
  const affinity = await sandbox.createWorkspace({ kind: 'affinity', name: 'Birch Capital', ...limits });
  const attio = await sandbox.createWorkspace({
    kind: 'attio',
    name: 'Birch Capital',
    ...limits,
    options: { members, dealsEnabled: true },
  });
  await sandbox.seed(affinity.id, toAffinity(data));
  return {
    sandbox,
    affinity: { ...affinity, url: `${sandboxUrl}/affinity` },
    attio: { ...attio, url: `${sandboxUrl}/attio` },
  };
};

/** A tenant with a job that is ready to be started, made as any client makes them. */
export interface PreparedJob {
  readonly api: FreightApi;
  readonly tenantId: string;
  readonly jobId: string;
}

/**
 * Makes a tenant with its first key, two connections (each tested) and a job, all through the public API.
 * @throws UserError with the API's own words.
 */
export const prepareJob = async (
  platform: Pick<Platform, 'urls' | 'operatorKey'>,
  workspaces: Workspaces,
  options: { readonly slug?: string; readonly signal?: AbortSignal | undefined } = {},
): Promise<PreparedJob> => {
  const operator = createFreightApi(platform.urls.gateway, platform.operatorKey, options.signal);
  const { tenant, apiKey } = await operator.post(
    '/v1/tenants',
    { name: 'Birch Capital', slug: options.slug ?? 'birch-capital' },
    tenantCreated,
  );
  if (apiKey.secret === null) throw new UserError('The tenant was there already, and its key is not shown again');
  const api = createFreightApi(platform.urls.gateway, apiKey.secret, options.signal);

  const connect = async (name: string, system: 'affinity' | 'attio'): Promise<string> => {
    const { url, token } = workspaces[system];
    const body = { name, system, baseUrl: url, credentials: { apiKey: token } };
    const connection = await api.post('/v1/connections', body, connectionView);
    const verdict = await api.post(`/v1/connections/${connection.id}/test`, undefined, connectionTest);
    if (!verdict.ok) {
      throw new UserError(`${name} cannot be used: ${verdict.problems.map(problem => problem.detail).join('; ')}`);
    }
    return connection.id;
  };
  const source = await connect('Affinity, old', 'affinity');
  const target = await connect('Attio, new', 'attio');
  const job = await api.post(
    '/v1/jobs',
    { name: 'The great move', source: { connectionId: source }, target: { connectionId: target } },
    jobView,
  );
  return { api, tenantId: tenant.id, jobId: job.id };
};
