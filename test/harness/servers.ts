/**
 * The servers of a test run: one private PostgreSQL, nats-server and Redis for all files of a project, started before the first and
 * stopped after the last. Tests read their addresses with `inject('servers')`. A test that kills or wipes a server starts one of its own.
 */
import { join } from 'node:path';
import { startServers } from '@freight/servers';
import type { TestProject } from 'vitest/node';
import type {} from './serversContext.ts';
import { makeTemplate } from './template.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = await startServers({
    dir: join(project.vitest.config.root, '.freight'),
    // A power cut ends the test run anyway; without waiting for the disk it is several times as fast.
    durable: false,
    onUnexpectedExit: message => console.error(message),
  });
  const template = await makeTemplate(servers.postgres.adminUrl);
  project.provide('servers', {
    ...template,
    postgresAdminUrl: servers.postgres.adminUrl(),
    natsUrl: servers.nats.url,
    redisUrl: servers.redis.url,
  });
  return () => servers.stop();
}
