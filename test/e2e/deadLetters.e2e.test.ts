import type { Platform } from '@freight/cli/platform';
import { natsHeaders, streams, subjects } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUser } from '../harness/asUser.ts';
import { privateNats, startTestPlatform } from './platform.ts';

let platform: Platform;
let nc: NatsConnection;
beforeAll(async () => {
  platform = await startTestPlatform({ workers: 1, sandbox: false });
  nc = await connect(asUser(privateNats(platform)));
});
afterAll(async () => {
  await nc?.close();
  await platform?.stop();
});

const readDead = async (): Promise<readonly { subject: string; reason: string; body: string }[]> => {
  const manager = await jetstreamManager(nc);
  const { state } = await manager.streams.info(streams.dead);
  const letters = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage(streams.dead, { seq });
    if (message) {
      letters.push({
        subject: message.header.get(natsHeaders.deadSubject),
        reason: message.header.get(natsHeaders.deadReason),
        body: message.string(),
      });
    }
  }
  return letters;
};

const waiting = async (stream: string): Promise<number> => {
  const manager = await jetstreamManager(nc);
  return (await manager.streams.info(stream)).state.messages;
};

describe('a message that no schema accepts', () => {
  it('is kept with its reason, on whatever subject it came, and stops nobody', async () => {
    const tenantId = newId();
    const bad = [
      [subjects.command(tenantId, 'jobs', 'create-job'), 'not json', 'not_json'],
      [subjects.command(tenantId, 'jobs', 'start-job'), '{"half":1}', 'schema_mismatch'],
      [subjects.command(tenantId, 'tenants', 'create-tenant'), '[]', 'schema_mismatch'],
      [subjects.command(tenantId, 'workers', 'test-connection'), '\u0000', 'not_json'],
      [subjects.work('default', tenantId, 'load'), '{"batch":"?"}', 'schema_mismatch'],
      [subjects.work('high', tenantId, 'extract'), '', 'not_json'],
      [subjects.result(tenantId, newId()), 'nonsense', 'not_json'],
    ] as const;
    const js = jetstream(nc);
    for (const [subject, body] of bad) {
      if (subject.startsWith('freight.result.')) nc.publish(subject, body);
      else await js.publish(subject, body);
    }
    const forged = {
      id: newId(),
      type: 'start-job',
      tenantId,
      callerTenantId: tenantId,
      actor: { kind: 'cli', id: 'x' },
      issuedAt: new Date().toISOString(),
      body: { jobId: newId(), runId: newId() },
    };
    // Well-formed, but nobody recorded it; and one that names another tenant than its subject.
    await js.publish(subjects.command(tenantId, 'jobs', 'start-job'), JSON.stringify(forged));
    await js.publish(subjects.command(newId(), 'jobs', 'start-job'), JSON.stringify(forged));

    const expected = bad.map(([subject, body, reason]) => ({ subject, reason, body }));
    await expect
      .poll(async () => (await readDead()).length, { timeout: 20_000 })
      .toBeGreaterThanOrEqual(expected.length + 2);
    const letters = await readDead();
    for (const one of expected) expect(letters).toContainEqual(one);
    expect(letters.map(one => one.reason)).toEqual(expect.arrayContaining(['refused', 'subject_mismatch']));
    await expect
      .poll(async () => [await waiting(streams.commands), await waiting(streams.work)], { timeout: 10_000 })
      .toEqual([0, 0]);
  });
});
