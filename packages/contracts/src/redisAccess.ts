import { redisKeys } from './subjects.ts';

/** What one service may do in Redis, all of it. */
interface Access {
  /** Commands, also those that its scripts call. */
  readonly commands: readonly string[];
  /** Keys, as patterns: `*` stands for any tenant, job, batch or account. To write too: Redis takes whatever a script names for written. */
  readonly keys: readonly string[];
}

/** Every connection: its name, and whether the server is still loading. */
const connection = ['client|setname', 'info'] as const;
/** Scripts are sent whole once to each server and by their digest from then on. What they call is checked by itself. */
const scripts = ['eval', 'evalsha'] as const;

/** Any tenant by the shape of its id, which `shared` does not have. */
const anyTenant = '????????-????-????-????-????????????';

/**
 * The users of Redis, by service; jobs has no business there. Nobody may flush keys, change the server's settings or users, or publish;
 * only who erases tenants may look through the names of keys. Beside these there is an administrator, whom no service is.
 */
export const redisAccess = {
  gateway: {
    commands: [...connection, ...scripts, 'get', 'pttl', 'set', 'time'],
    keys: [redisKeys.requestRate('*'), redisKeys.requestPause('*')],
  },
  /** An erasure looks for the tenant's keys and removes them; it reads and writes none. */
  tenants: {
    commands: [...connection, 'scan', 'unlink'],
    keys: [redisKeys.ofTenant(anyTenant)],
  },
  workers: {
    commands: [...connection, ...scripts, 'del', 'get', 'pexpire', 'ping', 'pttl', 'set', 'time'],
    keys: [redisKeys.lease('*', '*', '*'), redisKeys.accountRate('*', '*'), redisKeys.accountPause('*')],
  },
} as const satisfies Readonly<Record<string, Access>>;

export type RedisService = keyof typeof redisAccess;

/** The name of a service's user. */
export const redisUser = (service: RedisService): string => `freight-${service}`;

/** The rules of a service's user, as `ACL SETUSER` and an ACL file take them. */
export const redisRules = (service: RedisService): readonly string[] => {
  const { commands, keys } = redisAccess[service];
  return ['resetchannels', '-@all', ...commands.map(command => `+${command}`), ...keys.map(pattern => `~${pattern}`)];
};
