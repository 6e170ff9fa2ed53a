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
const now = new Date('2026-03-01T00:00:00.000Z');
const newKey = { keyId: 'k2', prefix: 'frt_test_ijklmnop', expiresAt: null };
const createTenant: TenantCommand = { type: 'create-tenant', name: 'Birch', slug: 'birch', settings, key };
const created: TenantEvent[] = [
  { type: 'tenant-created', data: { name: 'Birch', slug: 'birch', settings } },
  { type: 'api-key-created', data: { ...key, scopes: ['read'], primary: true } },
];
const connection = { connectionId: 'c1', name: 'CRM', system: 'attio' as const, baseUrl: 'https://api.attio.com' };
const connected: TenantEvent = { type: 'connection-created', data: connection };

const subscription = {
  subscriptionId: 's1',
  name: 'Warehouse',
  aggregate: null,
  eventType: null,
  startAt: 'new' as const,
  accountKey: 'A1',
  userKey: 'U1',
};
const subscribed: TenantEvent = { type: 'subscription-created', data: subscription };
const unsubscribed: TenantEvent = { type: 'subscription-revoked', data: { subscriptionId: 's1' } };

/** Given events, when a command, then events or a refusal. */
const when = (given: readonly TenantEvent[], command: TenantCommand) => {
  const state = fold(tenantDecider, tenantDecider.initialState, given);
  const decided = tenantDecider.decide(command, state);
  return decided.ok ? decided.value : decided.error;
};

describe('settings that an earlier version stored', () => {
  const old = { requestsPerSecond: 7, requestBurst: 9, batchesOutstandingMax: 3 } as typeof settings;
  const given: TenantEvent[] = [{ type: 'tenant-created', data: { name: 'Birch', slug: 'birch', settings: old } }];
  const update = (change: Partial<typeof settings>) =>
    when(given, { type: 'update-tenant', name: undefined, settings: change });

  it('keep what they say and have defaults for what they do not know', () => {
    expect(update({ retentionDays: 7 })).toEqual([
      { type: 'tenant-updated', data: { name: 'Birch', settings: { ...settings, ...old, retentionDays: 7 } } },
    ]);
  });

  it('are not changed by what they mean already', () => {
    expect(update({ requestsPerSecond: 7, lane: 'default', ipAllowList: [] })).toEqual([]);
  });
});

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
      { type: 'revoke-api-key', keyId: 'k1', force: true, now },
      { type: 'rotate-api-key', keyId: 'k1', key: newKey, overlapSeconds: 1, now },
      { type: 'update-tenant', name: 'x', settings: undefined },
      { type: 'suspend-tenant' },
      { type: 'activate-tenant' },
      { type: 'create-connection', ...connection },
      { type: 'update-connection', connectionId: 'c1', name: 'x', baseUrl: undefined, credentialsChanged: false },
      { type: 'delete-connection', connectionId: 'c1' },
      { type: 'erase-tenant', slug: 'birch' },
      { type: 'finish-erasure', createdAt: now },
      { type: 'create-subscription', facts: subscription, max: 1 },
      { type: 'revoke-subscription', subscriptionId: 's1' },
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

describe('a tenant that is changed', () => {
  const renamed: TenantEvent = { type: 'tenant-updated', data: { name: 'Oak', settings } };

  it('keeps what the change does not name', () => {
    expect(when(created, { type: 'update-tenant', name: 'Oak', settings: undefined })).toEqual([renamed]);
    expect(
      when([...created, renamed], { type: 'update-tenant', name: undefined, settings: { requestBurst: 7 } }),
    ).toEqual([{ type: 'tenant-updated', data: { name: 'Oak', settings: { ...settings, requestBurst: 7 } } }]);
  });

  it('to what it is already does not change', () => {
    const same = { type: 'update-tenant', name: 'Birch', settings: { ...settings } } as const;
    expect(when(created, same)).toEqual([]);
  });

  it('is suspended and activated, each once, and can be changed meanwhile', () => {
    const suspended: TenantEvent = { type: 'tenant-suspended', data: {} };
    const activated: TenantEvent = { type: 'tenant-activated', data: {} };
    expect(when(created, { type: 'suspend-tenant' })).toEqual([suspended]);
    expect(when(created, { type: 'activate-tenant' })).toEqual([]);
    expect(when([...created, suspended], { type: 'suspend-tenant' })).toEqual([]);
    expect(when([...created, suspended], { type: 'update-tenant', name: 'Oak', settings: undefined })).toEqual([
      renamed,
    ]);
    expect(when([...created, suspended], { type: 'activate-tenant' })).toEqual([activated]);
    expect(when([...created, suspended, activated], { type: 'activate-tenant' })).toEqual([]);
  });
});

describe('a key', () => {
  type Made = Extract<TenantEvent, { type: 'api-key-created' }>;
  const made = (data: Partial<Made['data']>): Made => ({
    type: 'api-key-created',
    data: { ...key, scopes: ['read', 'write'], primary: false, ...data },
  });
  const withKeys = (...keys: TenantEvent[]) => [created[0] as TenantEvent, ...keys];
  const first = made({ keyId: 'k1' });
  const revoke = (keyId: string, force = false): TenantCommand => ({ type: 'revoke-api-key', keyId, force, now });
  const revoked = (keyId: string): TenantEvent => ({ type: 'api-key-revoked', data: { keyId, primary: false } });

  it('is revoked once; again changes nothing', () => {
    const keys = withKeys(first, made({ keyId: 'k2' }));
    expect(when(keys, revoke('k2'))).toEqual([revoked('k2')]);
    expect(when([...keys, revoked('k2')], revoke('k2'))).toEqual([]);
    expect(when(keys, revoke('k9'))).toBe('not_found');
  });

  it('that is the last usable one that may write is revoked only by force', () => {
    const spent = made({ keyId: 'k3', expiresAt: now.toISOString() });
    const readOnly = made({ keyId: 'k4', scopes: ['read'] });
    const later = made({ keyId: 'k5', expiresAt: '2026-03-01T00:00:00.001Z' });
    expect(when(withKeys(first), revoke('k1'))).toBe('last_write_key');
    expect(when(withKeys(first, spent, readOnly), revoke('k1'))).toBe('last_write_key');
    expect(when(withKeys(first, made({ keyId: 'k2' }), revoked('k2')), revoke('k1'))).toBe('last_write_key');
    expect(when(withKeys(first), revoke('k1', true))).toEqual([revoked('k1')]);
    expect(when(withKeys(first, later), revoke('k1'))).toEqual([revoked('k1')]);
    // Neither of these takes a way in from anybody who still has one.
    expect(when(withKeys(first, spent, readOnly), revoke('k3'))).toEqual([revoked('k3')]);
    expect(when(withKeys(first, spent, readOnly), revoke('k4'))).toEqual([revoked('k4')]);
  });

  it('of an operator is guarded as one that may write', () => {
    expect(when(withKeys(made({ keyId: 'k1', scopes: ['operator'] })), revoke('k1'))).toBe('last_write_key');
  });

  it('is replaced by one of the same label, scopes and rank, and goes on for the overlap', () => {
    const primary = made({ keyId: 'k1', label: 'Import', scopes: ['read'], primary: true });
    const rotate: TenantCommand = { type: 'rotate-api-key', keyId: 'k1', key: newKey, overlapSeconds: 60, now };
    const events = when(withKeys(primary), rotate);
    expect(events).toEqual([
      {
        type: 'api-key-created',
        data: { ...newKey, label: 'Import', scopes: ['read'], primary: true },
      },
      {
        type: 'api-key-rotated',
        data: { keyId: 'k1', replacedBy: 'k2', expiresAt: '2026-03-01T00:01:00.000Z' },
      },
    ]);
    // From then on the new one is the tenant's first key.
    const after = [...withKeys(primary), ...(events as TenantEvent[])];
    expect(when(after, revoke('k1', true))).toEqual([revoked('k1')]);
    expect(when(after, revoke('k2', true))).toEqual([
      { type: 'api-key-revoked', data: { keyId: 'k2', primary: true } },
    ]);
  });

  it('gets no longer life from being replaced, and is not replaced when it is dead', () => {
    const rotate: TenantCommand = { type: 'rotate-api-key', keyId: 'k1', key: newKey, overlapSeconds: 60, now };
    const soon = '2026-03-01T00:00:10.000Z';
    expect(when(withKeys(made({ keyId: 'k1', expiresAt: soon })), rotate)).toMatchObject([
      {},
      { data: { expiresAt: soon } },
    ]);
    expect(when(withKeys(made({ keyId: 'k1', expiresAt: now.toISOString() })), rotate)).toBe('key_not_usable');
    expect(when(withKeys(first, revoked('k1')), rotate)).toBe('key_not_usable');
    expect(when(withKeys(first), { ...rotate, keyId: 'k9' })).toBe('not_found');
    expect(when(withKeys(first, made({ keyId: 'k2' })), rotate)).toBe('id_taken');
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

describe('a tenant that is to be erased', () => {
  const suspended: readonly TenantEvent[] = [...created, { type: 'tenant-suspended', data: {} }];
  const erasing: readonly TenantEvent[] = [...suspended, { type: 'tenant-erasure-started', data: {} }];
  const erased: TenantEvent = { type: 'tenant-erased', data: { createdAt: now.toISOString() } };
  const erase = { type: 'erase-tenant', slug: 'birch' } as const;
  const finish = { type: 'finish-erasure', createdAt: now } as const;

  it('has to be suspended, and named', () => {
    expect(when(created, erase)).toBe('tenant_not_suspended');
    expect(when(suspended, { ...erase, slug: 'Birch' })).toBe('slug_mismatch');
    expect(when(created, { ...erase, slug: 'oak' })).toBe('slug_mismatch');
    expect(when(suspended, erase)).toEqual([{ type: 'tenant-erasure-started', data: {} }]);
  });

  it('is only finished, from then on; a second wish changes nothing', () => {
    expect(when(suspended, finish)).toBe('tenant_not_suspended');
    expect(when(erasing, erase)).toEqual([]);
    expect(when(erasing, { type: 'activate-tenant' })).toBe('tenant_erased');
    expect(when(erasing, { type: 'create-api-key', key })).toBe('tenant_erased');
    expect(when(erasing, finish)).toEqual([erased]);
    expect(when([...erasing, erased], erase)).toEqual([]);
    expect(when([...erasing, erased], finish)).toBe('tenant_erased');
    expect(when([...erasing, erased], createTenant)).toBe('tenant_exists');
  });

  it('is nothing but erased, also where that event is all there is', () => {
    for (const events of [[...erasing, erased], [erased]])
      expect(fold(tenantDecider, tenantDecider.initialState, events)).toEqual({ status: 'erased' });
  });
});

describe('a subscription', () => {
  const another = { ...subscription, subscriptionId: 's2' };

  it('is made once, and revoked once', () => {
    expect(when(created, { type: 'create-subscription', facts: subscription, max: 1 })).toEqual([subscribed]);
    expect(when([...created, subscribed], { type: 'create-subscription', facts: subscription, max: 9 })).toBe(
      'id_taken',
    );
    const revoke = { type: 'revoke-subscription', subscriptionId: 's1' } as const;
    expect(when([...created, subscribed], revoke)).toEqual([unsubscribed]);
    expect(when([...created, subscribed, unsubscribed], revoke)).toEqual([]);
    expect(when(created, revoke)).toBe('not_found');
  });

  it('is refused beyond the limit, which revoked ones do not count in', () => {
    expect(when([...created, subscribed], { type: 'create-subscription', facts: another, max: 1 })).toBe(
      'subscription_limit',
    );
    expect(
      when([...created, subscribed, unsubscribed], { type: 'create-subscription', facts: another, max: 1 }),
    ).toMatchObject([{ type: 'subscription-created' }]);
  });
});
