/** A revoked key is dead on every gateway within a second, whatever is away. */
import { generateApiKey, parseApiKey } from '@freight/contracts';
import { newId, sleep } from '@freight/kernel';
import { hash } from '@node-rs/bcrypt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Api, type GatewayFixture, insertJob, startGatewayFixture, until } from './gatewayFixture.ts';
import { type Cable, layCable } from './revocationCable.ts';
import { makeKey, quick, use, useToTheEnd } from './revocationUse.ts';

let f: GatewayFixture;
let tenant: { id: string; key: string };
const gatewaysToStop: (() => Promise<void>)[] = [];
const cables: Cable[] = [];

beforeAll(async () => {
  f = await startGatewayFixture({ FREIGHT_COMMAND_REPLY_TIMEOUT_MS: '300' });
  tenant = await f.tenant(quick);
});
afterAll(() => f.stop());
afterEach(async () => {
  // A gateway stops in order only where it reaches its servers.
  for (const one of cables) one.mend();
  await Promise.all(gatewaysToStop.splice(0).map(stop => stop()));
  await Promise.all(cables.splice(0).map(one => one.close()));
});

const another = async (env: Record<string, string> = {}): Promise<Api> => {
  const other = await f.another(env);
  gatewaysToStop.push(() => other.stop());
  return other.api;
};

const cable = async (target: string): Promise<Cable> => {
  const laid = await layCable(target);
  cables.push(laid);
  return laid;
};

const revoke = (id: string, headers: Record<string, string> = {}) =>
  f.api.call('DELETE', `/v1/api-keys/${id}`, { key: tenant.key, headers });

/** Two heartbeats long: from then on the key is taken from memory alone. */
const settle = async (api: Api, key: string) => {
  await sleep(500);
  expect(await use(api, key)).toBe(200);
};

describe('a revoked key', () => {
  it('is refused on two gateways, and never taken again', async () => {
    const gateways = [f.api, await another()];
    for (let round = 0; round < 10; round++) {
      const key = await makeKey(f, tenant.key, gateways);
      expect((await revoke(key.id)).status).toBe(204);
      const since = performance.now();
      for (const { refusedAfterMs, takenAfterMs } of await Promise.all(
        gateways.map(api => useToTheEnd(api, key.secret, since)),
      )) {
        expect(refusedAfterMs).toBeLessThan(1000);
        expect(takenAfterMs).toBeLessThan(refusedAfterMs);
      }
    }
    expect(await use(f.api, tenant.key)).toBe(200);
  });

  it('is refused when its verification was under way, and is not remembered as good', async () => {
    // Cost 13 keeps the verification busy for longer than the revocation takes.
    const secret = generateApiKey('test');
    const made = await f.api.call('POST', '/v1/api-keys', { key: tenant.key, body: { label: 'slow' } });
    await f.database
      .admin`update api_keys set prefix = ${parseApiKey(secret)?.prefix ?? ''} where id = ${made.body.id}`;
    await f.database
      .admin`update api_key_hashes set hash = ${await hash(secret, { cost: 13 })} where key_id = ${made.body.id}`;
    const start = performance.now();
    const inFlight = use(f.api, secret).then(status => ({ status, at: performance.now() - start }));
    await sleep(30);
    expect((await revoke(made.body.id)).status).toBe(204);
    const revokedAt = performance.now() - start;
    const first = await inFlight;
    expect(first.at).toBeGreaterThan(revokedAt);
    expect(first.status).toBe(401);
    expect(await use(f.api, secret)).toBe(401);
  });

  it('is refused when the notice of it was lost: the next heartbeat counts one more', async () => {
    const key = await makeKey(f, tenant.key, [f.api]);
    await settle(f.api, key.secret);
    await f.database.admin.begin(async sql => {
      await sql`update api_keys set revoked_at = now() where id = ${key.id}`;
      await sql`update revocation_position set position = position + 1`;
    });
    const { refusedAfterMs } = await useToTheEnd(f.api, key.secret, performance.now());
    expect(refusedAfterMs).toBeLessThan(1000);
  });

  it('is refused by a gateway that is cut off from the broker: it asks Postgres', async () => {
    const nats = await cable(f.nats.url);
    const apart = await another({ FREIGHT_NATS_URL: nats.through(f.nats.url) });
    const key = await makeKey(f, tenant.key, [f.api, apart]);
    await settle(apart, key.secret);
    nats.cut();
    expect((await revoke(key.id)).status).toBe(204);
    const { refusedAfterMs, takenAfterMs } = await useToTheEnd(apart, key.secret, performance.now());
    expect(refusedAfterMs).toBeLessThan(1000);
    expect(takenAfterMs).toBeLessThan(refusedAfterMs);
    // Whose key is good gets in, for as long as it takes.
    await sleep(800);
    expect(await use(apart, tenant.key)).toBe(200);
  });

  it('is refused by a gateway whose connection to the broker is silent without being closed', async () => {
    const nats = await cable(f.nats.url);
    const apart = await another({ FREIGHT_NATS_URL: nats.through(f.nats.url) });
    const key = await makeKey(f, tenant.key, [f.api, apart]);
    await settle(apart, key.secret);
    nats.freeze();
    expect((await revoke(key.id)).status).toBe(204);
    const { refusedAfterMs } = await useToTheEnd(apart, key.secret, performance.now());
    expect(refusedAfterMs).toBeLessThan(1000);
  });

  it('whose revocation is only recorded, with the broker dead, is refused as soon, and is revoked when the broker is back', async () => {
    const gateways = [f.api, await another()];
    const key = await makeKey(f, tenant.key, gateways);
    await settle(f.api, key.secret);
    await f.nats.kill();
    try {
      expect((await revoke(key.id)).status).toBe(202);
      const since = performance.now();
      for (const { refusedAfterMs } of await Promise.all(gateways.map(api => useToTheEnd(api, key.secret, since)))) {
        expect(refusedAfterMs).toBeLessThan(1000);
      }
      expect(await use(f.api, tenant.key)).toBe(200);
    } finally {
      await f.nats.restart();
    }
    await until('it is revoked', async () => {
      const rows = await f.database.admin`select 1 from api_keys where id = ${key.id} and revoked_at is not null`;
      return rows.length > 0;
    });
    expect(await use(f.api, key.secret)).toBe(401);
  });

  it('whose revocation waits for the tenant service is refused meanwhile, and free again when that refuses it', async () => {
    const lone = await f.tenant(quick);
    const [row] = await f.database.admin`select id from api_keys where tenant_id = ${lone.id}`;
    const other = await another();
    expect(await use(other, lone.key)).toBe(200);
    await f.stopTenants();
    try {
      // Its only key: the tenant service will refuse that.
      const sent = await f.api.call('DELETE', `/v1/api-keys/${row?.['id']}`, { key: lone.key });
      expect(sent.status).toBe(202);
      const { refusedAfterMs } = await useToTheEnd(other, lone.key, performance.now());
      expect(refusedAfterMs).toBeLessThan(1000);
    } finally {
      await f.startTenants();
    }
    await until('it is free again', async () => (await use(other, lone.key)) === 200);
    expect(await use(f.api, lone.key)).toBe(200);
  });

  it.each(['cut', 'freeze'] as const)(
    'lets nobody in where neither the broker nor Postgres is reached (%s)',
    async how => {
      const nats = await cable(f.nats.url);
      const postgres = await cable(f.database.url('freight_gateway'));
      const apart = await another({
        FREIGHT_NATS_URL: nats.through(f.nats.url),
        FREIGHT_DATABASE_URL: postgres.through(f.database.url('freight_gateway')),
      });
      const key = await makeKey(f, tenant.key, [f.api, apart]);
      await settle(apart, key.secret);
      // Refused by its scope alone: whoever is let in sees 403, for as long as the tenant's limits are remembered without Postgres.
      const ask = async (secret: string) => (await apart.call('GET', '/v1/tenants', { key: secret })).status;
      expect([await ask(key.secret), await ask(tenant.key)]).toEqual([403, 403]);
      nats[how]();
      postgres[how]();
      expect((await revoke(key.id)).status).toBe(204);
      const since = performance.now();
      await sleep(900);
      const statuses = new Set<number>();
      let slowestMs = 0;
      while (performance.now() - since < 2000) {
        const start = performance.now();
        // Good keys and revoked ones: nobody can tell them apart.
        for (const one of await Promise.all([ask(key.secret), ask(tenant.key)])) statuses.add(one);
        slowestMs = Math.max(slowestMs, performance.now() - start);
        await sleep(20);
      }
      expect([...statuses]).toEqual([503]);
      expect(slowestMs).toBeLessThan(3000);
    },
  );
});

describe('a request whose body trickles in', () => {
  it('is refused when its key is revoked before the end of it', async () => {
    const key = await makeKey(f, tenant.key, [f.api]);
    const text = JSON.stringify({ label: 'too late' });
    let sendRest: () => void = () => {};
    const body = new ReadableStream<Uint8Array>({
      start: controller => {
        controller.enqueue(new TextEncoder().encode(text.slice(0, 5)));
        sendRest = () => {
          controller.enqueue(new TextEncoder().encode(text.slice(5)));
          controller.close();
        };
      },
    });
    const answer = fetch(`${f.api.url}/v1/api-keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
      body,
      duplex: 'half',
    });
    await sleep(200);
    expect((await revoke(key.id)).status).toBe(204);
    sendRest();
    expect((await answer).status).toBe(401);
    const rows = await f.database.admin`select 1 from api_keys where tenant_id = ${tenant.id} and label = 'too late'`;
    expect(rows).toHaveLength(0);
  });
});

describe('an open event stream', () => {
  const follow = async (api: Api, key: string, jobId: string) => {
    const response = await fetch(`${api.url}/v1/jobs/${jobId}/events`, {
      headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
    });
    expect(response.status).toBe(200);
    const reader = response.body?.getReader();
    const ended = (async () => {
      while (!(await reader?.read())?.done);
      return performance.now();
    })().catch(() => performance.now());
    return { ended, leave: () => reader?.cancel().catch(() => {}) };
  };

  it('of a revoked key ends within a second, also where the broker is not heard; one of another key goes on', async () => {
    const jobId = await insertJob(f.database, tenant.id);
    const nats = await cable(f.nats.url);
    const apart = await another({ FREIGHT_NATS_URL: nats.through(f.nats.url) });
    const key = await makeKey(f, tenant.key, [f.api, apart]);
    const streams = [await follow(f.api, key.secret, jobId), await follow(apart, key.secret, jobId)];
    const goesOn = await follow(f.api, tenant.key, jobId);
    await settle(apart, key.secret);
    nats.cut();
    expect((await revoke(key.id)).status).toBe(204);
    const since = performance.now();
    const ended = await Promise.all(streams.map(one => one.ended));
    for (const at of ended) expect(at - since).toBeLessThan(1000);
    expect(await Promise.race([goesOn.ended, sleep(300).then(() => 'open')])).toBe('open');
    await goesOn.leave();
  });

  it('of a suspended tenant ends within a second', async () => {
    const other = await f.tenant(quick);
    const jobId = await insertJob(f.database, other.id, { id: newId() });
    const reading = await follow(f.api, other.key, jobId);
    await f.api.call('POST', `/v1/tenants/${other.id}/suspend`, { key: f.operatorKey });
    const since = performance.now();
    expect((await reading.ended) - since).toBeLessThan(1000);
  });

  it('of a key that expires ends then', async () => {
    const jobId = await insertJob(f.database, tenant.id);
    const key = await f.storeKey(tenant.id, { expiresAt: new Date(Date.now() + 600) });
    const reading = await follow(f.api, key, jobId);
    const since = performance.now();
    expect((await reading.ended) - since).toBeLessThan(1600);
  });
});
