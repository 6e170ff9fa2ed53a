import { type TenantEvent, tenantSettings } from '@freight/contracts';
import { fold } from '@freight/kernel';
import { describe, expect, it } from 'vitest';
import type { TenantCommand } from './decide.ts';
import { tenantDecider } from './decider.ts';

const settings = tenantSettings.parse({});
const key = {
  keyId: 'k1',
  prefix: 'frt_test_abcdefgh',
  label: 'First key',
  scopes: ['read'] as const,
  expiresAt: null,
};
const createTenant: TenantCommand = { type: 'create-tenant', name: 'Birch', slug: 'birch', settings, key };
const created: TenantEvent[] = [
  { type: 'tenant-created', data: { name: 'Birch', slug: 'birch', settings } },
  { type: 'api-key-created', data: { ...key, scopes: ['read'], primary: true } },
];
const connection = { connectionId: 'c1', name: 'CRM', system: 'attio' as const, baseUrl: 'https://api.attio.com' };
const connected: TenantEvent = { type: 'connection-created', data: connection };

/** Given events, when a command, then events or a refusal. */
const when = (given: readonly TenantEvent[], command: TenantCommand) => {
  const state = fold(tenantDecider, tenantDecider.initialState, given);
  const decided = tenantDecider.decide(command, state);
  return decided.ok ? decided.value : decided.error;
};

describe('a tenant', () => {
  it('is made with its first key in one decision', () => {
    expect(when([], createTenant)).toEqual(created);
  });

  it('is not made twice', () => {
    expect(when(created, createTenant)).toBe('tenant_exists');
  });

  it('that is not there refuses everything else alike', () => {
    for (const command of [
      { type: 'create-api-key', key },
      { type: 'create-connection', ...connection },
      { type: 'update-connection', connectionId: 'c1', name: 'x', baseUrl: undefined, credentialsChanged: false },
      { type: 'delete-connection', connectionId: 'c1' },
    ] as const) {
      expect(when([], command)).toBe('not_found');
    }
  });

  it('gets more keys, which are not its primary one, and no id twice', () => {
    expect(when(created, { type: 'create-api-key', key: { ...key, keyId: 'k2' } })).toMatchObject([
      { type: 'api-key-created', data: { keyId: 'k2', primary: false } },
    ]);
    expect(when(created, { type: 'create-api-key', key })).toBe('id_taken');
  });
});

describe('a connection', () => {
  it('is made, and no id twice', () => {
    expect(when(created, { type: 'create-connection', ...connection })).toEqual([connected]);
    expect(when([...created, connected], { type: 'create-connection', ...connection })).toBe('id_taken');
  });

  it('keeps what a change does not name', () => {
    const command = {
      type: 'update-connection',
      connectionId: 'c1',
      baseUrl: undefined,
      credentialsChanged: false,
    } as const;
    expect(when([...created, connected], { ...command, name: 'New' })).toEqual([
      {
        type: 'connection-updated',
        data: { connectionId: 'c1', name: 'New', baseUrl: connection.baseUrl, credentialsChanged: false },
      },
    ]);
  });

  it('that is told what it is already changes nothing, but new credentials are a change', () => {
    const same = { type: 'update-connection', connectionId: 'c1', name: 'CRM', baseUrl: undefined } as const;
    expect(when([...created, connected], { ...same, credentialsChanged: false })).toEqual([]);
    expect(when([...created, connected], { ...same, credentialsChanged: true })).toHaveLength(1);
  });

  it('that is deleted is not there', () => {
    const deleted: TenantEvent = { type: 'connection-deleted', data: { connectionId: 'c1' } };
    expect(when([...created, connected], { type: 'delete-connection', connectionId: 'c1' })).toEqual([deleted]);
    expect(when([...created, connected, deleted], { type: 'delete-connection', connectionId: 'c1' })).toBe('not_found');
  });
});

it('an event that does not apply leaves the state as it is', () => {
  const state = fold(tenantDecider, tenantDecider.initialState, created);
  expect(tenantDecider.evolve(tenantDecider.initialState, connected)).toBe(tenantDecider.initialState);
  expect(tenantDecider.evolve(state, created[0] as TenantEvent)).toBe(state);
  expect(tenantDecider.evolve(state, { type: 'of-a-later-version', data: {} } as never)).toBe(state);
});
