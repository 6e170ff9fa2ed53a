import { connect as connectTo } from 'node:net';
import { type CloudEvent, toCloudEvent } from '@freight/contracts';
import { newId, sleep } from '@freight/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayFixture, insertJob, insertJobEvent, startGatewayFixture, until } from './gatewayFixture.ts';

let f: GatewayFixture;
let a: { id: string; key: string };
let jobId: string;

beforeAll(async () => {
  f = await startGatewayFixture();
  a = await f.tenant();
  jobId = await insertJob(f.database, a.id);
  for (let version = 1; version <= 5; version++) await insertJobEvent(f.database, a.id, jobId, version);
});
afterAll(() => f.stop());

interface Reading {
  readonly events: { id: string; event: string; data: CloudEvent }[];
  readonly text: () => string;
  readonly ended: Promise<void>;
  leave(): void;
}

const follow = async (api: string, headers: Record<string, string> = {}): Promise<Reading> => {
  const leaving = new AbortController();
  const response = await fetch(`${api}/v1/jobs/${jobId}/events`, {
    headers: { authorization: `Bearer ${a.key}`, accept: 'text/event-stream', ...headers },
    signal: leaving.signal,
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const events: Reading['events'] = [];
  let text = '';
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      events.length = 0;
      for (const block of text.split('\n\n')) {
        const match = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block);
        if (match) events.push({ id: match[1] ?? '', event: match[2] ?? '', data: JSON.parse(match[3] ?? '') });
      }
    }
  };
  return { events, text: () => text, ended: read().catch(() => {}), leave: () => leaving.abort() };
};

describe("a job's log", () => {
  it('is read page by page', async () => {
    const first = await f.api.call('GET', `/v1/jobs/${jobId}/events?limit=3`, { key: a.key });
    expect(first.body.items.map((one: CloudEvent) => one.streamversion)).toEqual([1, 2, 3]);
    expect(first.body).toMatchObject({ nextAfter: 3, hasMore: true });
    expect(first.body.items[0]).toMatchObject({
      specversion: '1.0',
      type: 'freight.jobs.phase-started',
      source: '/freight/jobs',
      subject: jobId,
      tenantid: a.id,
      data: { n: 1 },
    });
    const rest = await f.api.call('GET', `/v1/jobs/${jobId}/events?after=3`, { key: a.key });
    expect(rest.body.items.map((one: CloudEvent) => one.streamversion)).toEqual([4, 5]);
    expect(rest.body).toMatchObject({ nextAfter: 5, hasMore: false });
  });

  it('is followed from the beginning, or after the last event that was seen', async () => {
    const all = await follow(f.api.url);
    await until('all are there', () => all.events.length === 5);
    expect(all.events.map(one => one.id)).toEqual(['1', '2', '3', '4', '5']);
    expect(all.events[0]?.event).toBe('freight.jobs.phase-started');
    all.leave();
    const rest = await follow(f.api.url, { 'last-event-id': '3' });
    await until('the rest is there', () => rest.events.length === 2);
    expect(rest.events.map(one => one.id)).toEqual(['4', '5']);
    rest.leave();
  });

  it('shows new events at once when the broker tells of them, and soon when it does not', async () => {
    const reading = await follow(f.api.url, { 'last-event-id': '5' });
    await insertJobEvent(f.database, a.id, jobId, 6);
    await f.bus.ensureTopology();
    await f.bus.publishEvent(
      'jobs',
      toCloudEvent('jobs', {
        id: newId(),
        tenantId: a.id,
        streamId: jobId,
        version: 6,
        event: { type: 'phase-started', data: {} },
        metadata: {},
        occurredAt: new Date(),
      }),
      jobId,
    );
    await until('the event is there', () => reading.events.length === 1, 5000);
    await insertJobEvent(f.database, a.id, jobId, 7);
    await until('the event is there without a message', () => reading.events.length === 2, 5000);
    expect(reading.events.map(one => one.id)).toEqual(['6', '7']);
    reading.leave();
  });

  it('refuses a place that is no version', async () => {
    const answer = await f.api.call('GET', `/v1/jobs/${jobId}/events`, {
      key: a.key,
      headers: { accept: 'text/event-stream', 'last-event-id': 'abc' },
    });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, 'header.last-event-id']);
  });

  it('opens no stream for HEAD', async () => {
    const answer = await f.api.call('HEAD', `/v1/jobs/${jobId}/events`, {
      key: a.key,
      headers: { accept: 'text/event-stream' },
    });
    expect([answer.status, answer.headers.get('content-type'), answer.text]).toEqual([200, 'application/json', '']);
  });

  it('ends soon when the gateway stops, although a reader has stopped reading', async () => {
    const other = await f.another({ FREIGHT_COMMAND_REPLY_TIMEOUT_MS: '100' });
    const big = await insertJob(f.database, a.id);
    for (let version = 1; version <= 400; version++) {
      await f.database.admin`
        insert into job_events (tenant_id, stream_id, version, event_id, type, data, metadata, occurred_at)
        values (${a.id}, ${big}, ${version}, ${newId()}, 'phase-started', ${f.database.admin.json({ pad: 'x'.repeat(50_000) })}, '{}', now())`;
    }
    const socket = connectTo(Number(new URL(other.api.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    socket.write(
      `GET /v1/jobs/${big}/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${a.key}\r\naccept: text/event-stream\r\n\r\n`,
    );
    await until('the stream is open', () =>
      f.logs.some(line => line.includes('/events') && line.includes('"request"')),
    );
    await sleep(500);
    const start = performance.now();
    await other.stop();
    expect(performance.now() - start).toBeLessThan(4000);
    socket.destroy();
  });

  it('ends in order when the gateway stops, without waiting for its readers', async () => {
    const other = await f.another({});
    const reading = await follow(other.api.url);
    await until('it reads', () => reading.events.length >= 5);
    const start = performance.now();
    await other.stop();
    await reading.ended;
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
