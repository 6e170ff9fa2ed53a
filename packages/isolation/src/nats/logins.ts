import { readFileSync } from 'node:fs';
import { inboxPrefixOf, type NatsService, natsServices } from '@freight/contracts';
import { type ConnectionOptions, credsAuthenticator } from '@nats-io/transport-node';

/**
 * Who logs in: a service, by its own rights; `everybody`, the one user of a broker without users of its own, or its administrator, who may
 * do everything in the services' account; a subscriber of tenant A.
 */
export type NatsUser = NatsService | 'everybody' | 'subscriber';

/** A way to log in to the broker. */
export interface NatsLogin {
  readonly user: NatsUser;
  readonly options: ConnectionOptions;
}

const isService = (user: NatsUser): user is NatsService => natsServices.some(one => one === user);

/** Logs in with the text of a `.creds` file. */
export const loginByCredentials = (user: NatsUser, servers: string, credentials: string): NatsLogin => ({
  user,
  options: {
    servers,
    authenticator: credsAuthenticator(new TextEncoder().encode(credentials)),
    ...(isService(user) ? { inboxPrefix: inboxPrefixOf(user) } : {}),
  },
});

/** Logs in by the user and password of an address, if it has any. */
const loginByUrl = (url: string): NatsLogin => {
  const { host, username, password } = new URL(url);
  return {
    user: 'everybody',
    options: {
      servers: host,
      ...(username ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : {}),
    },
  };
};

/**
 * All ways to log in.
 * @param files `.creds` files by user; none where the broker has one user, in the address, for all.
 */
export const natsLoginsOf = (url: string, files: ReadonlyMap<NatsUser, string>): readonly NatsLogin[] =>
  files.size === 0
    ? [loginByUrl(url)]
    : [...files].map(([user, file]) => loginByCredentials(user, new URL(url).host, readFileSync(file, 'utf8')));
