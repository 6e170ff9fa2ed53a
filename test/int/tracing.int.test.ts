/** One trace from who publishes to who handles, with the real SDK and a collector of this file's own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ack, type Bus, connectBus, currentTraceparent } from '@freight/bus';
import { streams, subjects } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { startTelemetry, type Telemetry } from '@freight/runtime';
import { type NatsServer, startNats } from '@freight/servers';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';
import { until } from './until.ts';

let nats: NatsServer & { close(): Promise<void> };
let bus: Bus;
let telemetry: Telemetry;
let exported = '';
const collector = createServer((request, response) => {
  request.on('data', (data: Buffer) => {
    exported += data.toString('latin1');
  });
  request.on('end', () => response.writeHead(200).end());
});
const tenantId = newId();

beforeAll(async () => {
  await new Promise<void>(resolve => collector.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  // The exporter reads the standard variables itself.
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = endpoint;
  process.env['OTEL_METRICS_EXPORTER'] = 'none';
  process.env['OTEL_LOGS_EXPORTER'] = 'none';
  telemetry = await startTelemetry('test', process.env);
  nats = await startNats({ dir: join(tmpdir(), 'freight-test-nats'), durable: false });
  bus = await connectBus({
    url: nats.url,
    credentialsFile: nats.credentials.admin,
    name: 'test',
    replicas: 1,
    onStatus: () => {},
  });
  await bus.ensureTopology();
});
afterAll(async () => {
  await bus.close();
  await nats.close();
  collector.close();
});

describe('a trace', () => {
  it('goes with a command to its handler, from there with the work, and to the collector without any tenant in a name', async () => {
    const seen: (string | undefined)[] = [];
    const options = { ackWaitMs: 30_000, ackPendingMax: 10, concurrency: 1, deliveriesMax: 3, onError: () => {} };
    const commands = bus.consume({
      ...options,
      stream: streams.commands,
      durable: 'commands-jobs',
      filter: subjects.commandsOf('jobs'),
      destination: () => 'freight.cmd.{tenant}.jobs.start-job',
      handle: async () => {
        seen.push(currentTraceparent());
        const message = { tenantId, jobId: newId(), batchId: newId(), kind: 'load' as const, issue: 1 };
        await bus.publishWork('default', message, undefined);
        return ack;
      },
    });
    const work = bus.consume({
      ...options,
      stream: streams.work,
      durable: 'work-default',
      filter: subjects.workOfLane('default'),
      destination: () => 'freight.work.{lane}.{tenant}.load',
      handle: () => {
        seen.push(currentTraceparent());
        return Promise.resolve(ack);
      },
    });
    const raw = await connect(asUser(nats));
    const manager = await jetstreamManager(raw, { checkAPI: false });
    const sent: string[] = [];
    const watching = raw.subscribe('freight.cmd.>', {
      callback: (_, message) => {
        sent.push(message.headers?.get('traceparent') ?? '');
      },
    });
    await raw.flush();
    await bus.publishCommand(
      {
        id: newId(),
        type: 'start-job',
        tenantId,
        callerTenantId: tenantId,
        actor: { kind: 'api-key', id: 'k' },
        issuedAt: new Date().toISOString(),
        body: {},
      },
      'jobs',
    );
    await until('both are handled', () => seen.length === 2);
    await until('all is settled', async () => (await manager.streams.info(streams.work)).state.messages === 0);
    watching.unsubscribe();
    await raw.close();
    await Promise.all([commands.stop(), work.stop()]);

    const traceOf = (traceparent: string | undefined) =>
      /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/.exec(traceparent ?? '')?.[1];
    expect(traceOf(sent[0])).toBeDefined();
    expect(seen.map(traceOf)).toEqual([traceOf(sent[0]), traceOf(sent[0])]);
    expect(new Set([sent[0], ...seen]).size).toBe(3);

    await telemetry.stop();
    for (const name of ['publish freight.cmd.{tenant}.jobs.start-job', 'process freight.cmd.{tenant}.jobs.start-job'])
      expect(exported).toContain(name);
    for (const name of ['publish freight.work.{lane}.{tenant}.load', 'process freight.work.{lane}.{tenant}.load'])
      expect(exported).toContain(name);
    for (const subject of [`freight.cmd.${tenantId}`, `freight.work.default.${tenantId}`])
      expect(exported).not.toContain(subject);
  });

  it('is nobody’s business where no place to send to is named', async () => {
    const nothing = await startTelemetry('test', {});
    await nothing.stop();
    expect(
      (await startTelemetry('test', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'true' })).stop,
    ).toBeTypeOf('function');
  });
});
