import {
  createSandboxClient,
  type Sandbox,
  type SandboxClient,
  startSandbox,
  type WorkspaceInfo,
} from '@freight/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrmAccess } from '../connector.ts';
import { company, human, organization, person, testTarget } from '../target.features.ts';
import { createAttioTarget } from './target.ts';

let sandbox: Sandbox;
let control: SandboxClient;
beforeAll(async () => {
  sandbox = await startSandbox();
  control = createSandboxClient(sandbox.url);
});
afterAll(() => sandbox.stop());

const signal = new AbortController().signal;
const access = (apiKey: string): CrmAccess => ({
  baseUrl: `${sandbox.url}/attio`,
  apiKey,
  acquire: () => Promise.resolve(),
  pauseAccount: () => Promise.resolve(),
});
const members = ['ines', 'noor'].map(name => ({ email: `${name}@birch.example`, firstName: name, lastName: 'Holm' }));
const open = async (
  options: { readonly scopes?: string[]; readonly dealsEnabled?: boolean; readonly members?: typeof members } = {},
) => {
  const workspace: WorkspaceInfo = await control.createWorkspace({
    kind: 'attio',
    name: 'Birch',
    limits: null,
    options,
  });
  return { workspace, target: createAttioTarget(access(workspace.token)) };
};

testTarget('Attio', async () => {
  const { workspace, target } = await open({ dealsEnabled: true, members });
  return {
    target,
    account: 'Birch',
    loseReplies: async times => {
      const match = { method: 'POST', path: 'records$' };
      await control.addFault(workspace.id, { kind: 'reset_after', times, match });
    },
    count: async object => {
      const counts = await control.counts(workspace.id);
      return counts[{ organizations: 'companies', persons: 'people', opportunities: 'deals' }[object]] ?? 0;
    },
    addForeign: async (object, key) => {
      await control.seed(workspace.id, [
        object === 'organizations'
          ? { kind: 'company', values: { name: 'Foreign', domains: [key] } }
          : { kind: 'person', values: { email_addresses: [key] } },
      ]);
    },
  };
});

describe('an Attio workspace', () => {
  it('is named as unauthorized with a wrong token', async () => {
    const target = createAttioTarget(access('wrong'));
    expect(await target.check(signal)).toMatchObject({ ok: false, problems: [{ code: 'unauthorized' }] });
    await expect(target.readAccount(signal)).rejects.toMatchObject({ kind: 'unauthorized' });
  });

  it('has its missing scopes named', async () => {
    const { target } = await open({ scopes: ['record_permission:read', 'object_configuration:read-write'] });
    const { ok, problems } = await target.check(signal);
    expect(ok).toBe(false);
    expect(problems.map(problem => problem.code)).toEqual(['missing_scope']);
    expect(problems[0]?.detail).toContain('record_permission:read-write');
  });

  const attributes = async (workspace: WorkspaceInfo, method = 'GET', path = '', body?: unknown) => {
    const response = await fetch(`${sandbox.url}/attio/v2/objects/companies/attributes${path}`, {
      method,
      headers: { authorization: `Bearer ${workspace.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(response.ok).toBe(true);
    return (await response.json()) as { data: { api_slug: string; is_archived: boolean }[] };
  };

  it('gets an archived attribute back', async () => {
    const { workspace, target } = await open();
    await target.prepare(['organizations'], [], signal);
    await attributes(workspace, 'PATCH', '/affinity_id', { data: { is_archived: true } });
    await target.prepare(['organizations'], [], signal);
    const { data } = await attributes(workspace);
    expect(data.find(item => item.api_slug === 'affinity_id')?.is_archived).toBe(false);
  });

  it('cannot be prepared when an attribute of ours is there with another type', async () => {
    const { workspace, target } = await open();
    await control.seed(workspace.id, [
      {
        kind: 'attribute',
        object: 'companies',
        attribute: {
          title: 'Affinity ID',
          description: null,
          api_slug: 'affinity_id',
          type: 'number',
          is_required: false,
          is_unique: false,
          is_multiselect: false,
          config: {},
        },
      },
    ]);
    await expect(target.prepare(['organizations'], [], signal)).rejects.toMatchObject({
      kind: 'rejected',
      vendorCode: 'attribute_mismatch',
    });
  });

  it('has a wrong reference refused for that record alone', async () => {
    const { target } = await open();
    await target.prepare(['organizations', 'persons'], [], signal);
    const outgoing = human(person('1'), { companyIds: ['00000000-0000-4000-8000-000000000000'] });
    await expect(target.create(outgoing, signal)).rejects.toMatchObject({
      kind: 'rejected',
      vendorCode: 'value_not_found',
    });
  });

  it('is written within its limits when told to wait', async () => {
    const { workspace, target } = await open();
    await target.prepare(['organizations'], [], signal);
    await control.addFault(workspace.id, {
      kind: '429',
      times: 2,
      retryAfterSeconds: 1,
      match: { method: 'POST', path: 'records$' },
    });
    await target.create(company(organization('1')), signal);
    expect((await control.faults(workspace.id)).map(fault => fault.fired)).toEqual([2]);
    expect((await control.counts(workspace.id))['companies']).toBe(1);
  });
});
