import { dirname, join } from 'node:path';
import { natsServices } from '@freight/contracts';
import {
  type Attempt,
  type IsolationResult,
  isSound,
  type NatsUser,
  natsLoginsOf,
  renderIsolation,
  runIsolation,
  summarise,
  type Target,
} from '@freight/isolation';
import { serviceRoles } from '@freight/postgres';
import type { Command } from '../commandLine.ts';
import { InterruptedError, UserError } from '../errors.ts';
import { type Platform, startPlatform } from '../platform/index.ts';
import { listenForInterrupt } from './interrupt.ts';
import { dataFolder, root } from './project.ts';

const say = (text: string): void => void process.stderr.write(`${text.charAt(0).toUpperCase()}${text.slice(1)}\n`);

/** The platform that runs somewhere, as far as the environment tells how to reach it. @throws UserError without an operator's key. */
const targetOf = (urls: readonly string[], env: NodeJS.ProcessEnv): Target => {
  const operatorKey = env['FREIGHT_OPERATOR_KEY'];
  if (!operatorKey)
    throw new UserError('FREIGHT_OPERATOR_KEY is not set: an API key of an operator\nSee: ./freight help isolation', 2);
  const databaseUrls = serviceRoles.flatMap(role => {
    const url = env[`FREIGHT_DATABASE_URL_${role.replace('freight_', '').toUpperCase()}`];
    return url ? [[role, url] as const] : [];
  });
  return {
    urls,
    operatorKey,
    sandboxUrl: env['FREIGHT_SANDBOX_URL'] || undefined,
    databaseUrls: new Map(databaseUrls),
    adminUrl: env['FREIGHT_ADMIN_DATABASE_URL'] || undefined,
    nats: natsOf(env['FREIGHT_NATS_URL'], env['FREIGHT_NATS_CREDENTIALS_DIR']),
    redis: env['FREIGHT_REDIS_URL'] ? [{ name: 'service', url: env['FREIGHT_REDIS_URL'] }] : [],
  };
};

/** The files that `freight nats init` writes, and whose they are. */
const credentialFiles = (folder: string): ReadonlyMap<NatsUser, string> =>
  new Map([
    ...natsServices.map(service => [service, join(folder, `${service}.creds`)] as const),
    ['everybody', join(folder, 'admin.creds')],
  ]);

const natsOf = (url: string | undefined, folder: string | undefined) =>
  url ? natsLoginsOf(url, folder ? credentialFiles(folder) : new Map()) : [];

const targetOfPlatform = (platform: Platform): Target => ({
  urls: [platform.urls.gateway],
  operatorKey: platform.operatorKey,
  sandboxUrl: platform.urls.sandbox,
  databaseUrls: new Map(serviceRoles.map(role => [role, platform.database.of(role)])),
  adminUrl: platform.database.admin,
  nats: natsOf(
    platform.servers.natsUrl,
    platform.servers.natsLogin && dirname(platform.servers.natsLogin.credentials.admin),
  ),
  redis: [{ name: 'services', url: platform.servers.redisUrl }],
});

const attack = (target: Target): Promise<IsolationResult> =>
  runIsolation({
    target,
    onStep: say,
    onAttempt: (attempt: Attempt) => {
      if (attempt.result !== 'held')
        say(`${attempt.result}: ${attempt.floor} ${attempt.name}: ${attempt.tried}: ${attempt.seen}`);
    },
  });

const attackPrivatePlatform = async (): Promise<IsolationResult> => {
  const signal = listenForInterrupt(() => say('stopping …'));
  const platform = await startPlatform({
    root,
    dir: dataFolder,
    realLimits: false,
    onNotice: say,
    onStep: say,
    signal,
  });
  try {
    const interrupted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new InterruptedError()), { once: true });
    });
    const { left, ...result } = await Promise.race([attack(targetOfPlatform(platform)), interrupted]);
    // The platform itself goes.
    return { ...result, left: left.slice(0, 0) };
  } finally {
    await platform.stop();
  }
};

/** `freight isolation`: attacks a platform, a private one unless addresses are given. @returns 0 exactly when it is proven to be isolated. */
export const isolationCommand = async (
  command: Extract<Command, { name: 'isolation' }>,
  env: NodeJS.ProcessEnv,
): Promise<number> => {
  const result = command.urls.length > 0 ? await attack(targetOf(command.urls, env)) : await attackPrivatePlatform();
  const summary = summarise(result);
  const report = renderIsolation(result);
  if (command.json) process.stderr.write(`\n${report}`);
  process.stdout.write(command.json ? `${JSON.stringify(summary)}\n` : report);
  return isSound(summary) ? 0 : 1;
};
