import { claimSubjects } from '@freight/contracts';
import { FreightError } from '@freight/kernel';
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';

export interface AccountsOptions {
  /** `nats://host:port`; several servers with commas. */
  readonly url: string;
  /** The `.creds` text of the user that may tell the broker of accounts. */
  readonly credentials: string;
  readonly name: string;
  /** The connection was lost and is back: what the broker knows may have changed. */
  readonly onReconnect: () => void;
}

/** The accounts that the broker's resolver knows. */
export interface Accounts {
  /** Makes the broker know an account, or its newer token. */
  put(token: string): Promise<void>;
  /** Makes the broker forget accounts, which ends their connections. @param request names them, signed; what is not there is no error. */
  forget(request: string): Promise<void>;
  /** The public keys of all. */
  list(): Promise<readonly string[]>;
  isConnected(): boolean;
  close(): Promise<void>;
}

const answerTimeoutMs = 3000;
const answered = z.object({ error: z.object({ description: z.string() }).optional(), data: z.unknown() });

/** Connects as the broker's own account. It connects when it can: nothing waits for it here. */
export const connectAccounts = async (options: AccountsOptions): Promise<Accounts> => {
  const nc: NatsConnection = await connect({
    servers: options.url.split(',').map(one => new URL(one).host),
    name: options.name,
    authenticator: credsAuthenticator(new TextEncoder().encode(options.credentials)),
    inboxPrefix: '_INBOX_claims',
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    ignoreAuthErrorAbort: true,
    pingInterval: 10_000,
    maxPingOut: 3,
  });
  let connected = true;
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect') connected = false;
      if (status.type === 'reconnect') {
        connected = true;
        options.onReconnect();
      }
    }
  })();
  const ask = async (subject: string, body: string): Promise<unknown> => {
    const answer = answered.parse((await nc.request(subject, body, { timeout: answerTimeoutMs })).json());
    if (answer.error) {
      throw new FreightError(`The broker refused: ${answer.error.description}`, {
        code: 'accounts_refused',
        retry: 'retryable',
      });
    }
    return answer.data;
  };
  return {
    put: async token => void (await ask(claimSubjects.update, token)),
    forget: async request => void (await ask(claimSubjects.delete, request)),
    list: async () => z.array(z.string()).parse(await ask(claimSubjects.list, '')),
    isConnected: () => connected && !nc.isClosed(),
    close: () => nc.close(),
  };
};
