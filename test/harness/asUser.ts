import { readFileSync } from 'node:fs';
import type { NatsServer } from '@freight/servers';
import { type ConnectionOptions, credsAuthenticator } from '@nats-io/transport-node';

/** How a client of a test's own logs in to a private broker: options for `connect()`. The admin may do everything inside the services' account. */
export const asUser = (
  { server, credentials }: Pick<NatsServer, 'server' | 'credentials'>,
  user: keyof NatsServer['credentials'] = 'admin',
): ConnectionOptions => ({
  servers: server,
  authenticator: credsAuthenticator(readFileSync(credentials[user])),
  inboxPrefix: user === 'admin' || user === 'system' ? '_INBOX' : `_INBOX_${user}`,
});
