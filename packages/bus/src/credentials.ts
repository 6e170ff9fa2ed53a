import { readFileSync } from 'node:fs';
import { inboxPrefixOf, type NatsService } from '@freight/contracts';
import { type ConnectionOptions, credsAuthenticator } from '@nats-io/transport-node';

interface Login {
  readonly url: string;
  readonly service?: NatsService | undefined;
  readonly credentialsFile?: string | undefined;
}

/** Where this process's replies arrive: a place of the service's own where the broker's rights know it. */
export const inboxPrefix = ({ service, credentialsFile }: Login): string =>
  service === undefined || credentialsFile === undefined ? '_INBOX' : inboxPrefixOf(service);

/**
 * How a process says who it is. The file is read at every connect, so that credentials that were exchanged apply from the next one on.
 * @throws an error of the file system when the file cannot be read.
 */
export const authentication = (login: Login): Partial<ConnectionOptions> => {
  const { credentialsFile } = login;
  if (credentialsFile !== undefined) {
    // Now already: a wrong path is said at the start, and not as a refusal of the broker's.
    readFileSync(credentialsFile);
    return {
      authenticator: nonce => credsAuthenticator(readFileSync(credentialsFile))(nonce),
      inboxPrefix: inboxPrefix(login),
      // A broker that has just started may not know its accounts yet: being refused is no reason to give up for good.
      ignoreAuthErrorAbort: true,
    };
  }
  const { username, password } = new URL(login.url.split(',')[0] ?? login.url);
  return username ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : {};
};
