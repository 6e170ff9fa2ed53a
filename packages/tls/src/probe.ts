import { createConnection, type Socket } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';

/** What both sides say in the clear before TLS begins. */
export type Prelude = 'none' | 'nats' | 'postgres';

export interface ProbeOptions {
  readonly host: string;
  readonly port: number;
  readonly prelude: Prelude;
  readonly tls: ConnectionOptions;
  /** How long all of it may take, milliseconds. */
  readonly timeoutMs: number;
}

/** With TLS 1.3 a server looks at a client's certificate after the client thinks that all is well: its refusal comes this late. Milliseconds. */
const afterwardsMs = 300;

/** Source: PostgreSQL, "Message formats", SSLRequest. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

const noTls = (): Error => Object.assign(new Error("server does not support 'tls'"), { code: 'NO_TLS' });

/** Leads the connection to where TLS begins. */
const agree = (socket: Socket, prelude: Prelude): Promise<void> =>
  new Promise((resolve, reject) => {
    if (prelude === 'none') return resolve();
    if (prelude === 'postgres') socket.write(sslRequest);
    let received = '';
    const onData = (data: Buffer) => {
      received += data.toString('latin1');
      if (prelude === 'nats' && !received.includes('\r\n')) return;
      socket.off('data', onData);
      socket.pause();
      const offered = prelude === 'postgres' ? received === 'S' : /"tls_(required|available)": ?true/.test(received);
      if (offered) resolve();
      else reject(noTls());
    };
    socket.on('data', onData);
  });

/** Makes a connection up to where TLS stands, and ends it. @returns what went wrong; undefined when nothing did. Never rejects. */
export const probeTls = (options: ProbeOptions): Promise<unknown> =>
  new Promise(resolve => {
    const plain = createConnection({ host: options.host, port: options.port });
    const finish = (error: unknown) => {
      clearTimeout(timer);
      plain.destroy();
      resolve(error);
    };
    const timer = setTimeout(
      () => finish(Object.assign(new Error(`no answer within ${options.timeoutMs} ms`), { code: 'ETIMEDOUT' })),
      options.timeoutMs,
    );
    plain.once('error', finish);
    plain.once('close', () => finish(Object.assign(new Error('closed by the other side'), { code: 'ECONNRESET' })));
    plain.once('connect', () => {
      agree(plain, options.prelude).then(() => {
        const secure = connect({ ...options.tls, socket: plain });
        secure.on('error', finish);
        secure.once('secureConnect', () => {
          secure.resume();
          setTimeout(() => finish(undefined), afterwardsMs);
        });
      }, finish);
    });
  });
