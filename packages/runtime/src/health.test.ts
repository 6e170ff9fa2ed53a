import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { type HealthServer, type ReadinessCheck, startHealth } from './health.ts';

let health: HealthServer | undefined;
afterEach(() => health?.stop());

const start = async (checks: Record<string, ReadinessCheck>, checkTimeoutMs = 2000) => {
  health = await startHealth({ port: 0, host: '127.0.0.1', checks, registry: new Registry(), checkTimeoutMs });
  const port = health.port;
  return async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    const text = await response.text();
    return {
      status: response.status,
      body: response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text,
    };
  };
};

describe('the health endpoints', () => {
  it('say ready when every dependency answers, each by name', async () => {
    const get = await start({ postgres: () => Promise.resolve(), nats: () => Promise.resolve() });
    expect(await get('/readyz')).toEqual({
      status: 200,
      body: { status: 'ready', checks: { postgres: 'ok', nats: 'ok' } },
    });
    expect(await get('/readyz?verbose=1')).toMatchObject({ status: 200 });
    expect(await get('/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await get('/metrics')).toMatchObject({ status: 200 });
    expect(await get('/else')).toMatchObject({ status: 404 });
  });

  it('say which dependency failed and nothing of why, and stay alive', async () => {
    const get = await start({
      postgres: () => Promise.reject(new Error('password geheim was refused')),
      nats: () => Promise.resolve(),
    });
    const answer = await get('/readyz');
    expect(answer).toEqual({ status: 503, body: { status: 'not_ready', checks: { postgres: 'failed', nats: 'ok' } } });
    expect(JSON.stringify(answer)).not.toContain('geheim');
    expect(await get('/healthz')).toMatchObject({ status: 200 });
  });

  it('count a dependency that does not answer in time as failed', async () => {
    const get = await start({ slow: () => new Promise(() => {}), fast: () => Promise.resolve() }, 50);
    expect(await get('/readyz')).toEqual({
      status: 503,
      body: { status: 'not_ready', checks: { slow: 'failed', fast: 'ok' } },
    });
  });

  it('count a check that throws at once as failed, and name the others all the same', async () => {
    const get = await start({
      broken: () => {
        throw new Error('at once');
      },
      fine: () => Promise.resolve(),
    });
    expect(await get('/readyz')).toEqual({
      status: 503,
      body: { status: 'not_ready', checks: { broken: 'failed', fine: 'ok' } },
    });
  });

  it('say draining from the moment that the stop begins, while still alive', async () => {
    const get = await start({ postgres: () => Promise.resolve() });
    health?.drain();
    expect(await get('/readyz')).toEqual({ status: 503, body: { status: 'draining', checks: { postgres: 'ok' } } });
    expect(await get('/healthz')).toMatchObject({ status: 200 });
  });

  it('refuse a port that is taken instead of running without', async () => {
    await start({});
    await expect(
      startHealth({ port: health?.port ?? 0, host: '127.0.0.1', checks: {}, registry: new Registry() }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
