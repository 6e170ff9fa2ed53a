import { once } from 'node:events';
import { join } from 'node:path';
import type { Command } from '../commandLine.ts';
import { startPlatform } from '../platform/index.ts';
import { listenForInterrupt } from './interrupt.ts';
import { dataFolder, root } from './project.ts';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** `freight up`: the platform, until somebody stops it. Addresses and the operator key go to stdout. @returns 0 after an orderly stop. */
export const upCommand = async (command: Extract<Command, { name: 'up' }>): Promise<number> => {
  const { env } = process;
  const signal = listenForInterrupt(() => say('Stopping …'));
  const platform = await startPlatform({
    root,
    dir: dataFolder,
    keysFolder: join(dataFolder, 'up', 'keys'),
    realLimits: true,
    gatewayPort: command.port,
    servers: {
      adminUrl: env['FREIGHT_ADMIN_DATABASE_URL'] ?? env['FREIGHT_DATABASE_URL'],
      natsUrl: env['FREIGHT_NATS_URL'],
      redisUrl: env['FREIGHT_REDIS_URL'],
    },
    onNotice: say,
    onStep: text => say(`${text.charAt(0).toUpperCase()}${text.slice(1)}`),
    signal,
  });
  try {
    process.stdout.write(
      [
        `gateway       ${platform.urls.gateway}`,
        `sandbox       ${platform.urls.sandbox}`,
        platform.operatorKey
          ? `operator key  ${platform.operatorKey}  (shown once: keep it)`
          : 'operator key  as shown at the first start',
        '',
      ].join('\n'),
    );
    say(`Logs: ${platform.logFolder}\nCtrl-C stops everything.`);
    if (!signal.aborted) await once(signal, 'abort');
    return 0;
  } finally {
    await platform.stop();
  }
};
