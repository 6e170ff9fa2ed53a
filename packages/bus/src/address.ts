import { type ClientTls, publicClientTls } from '@freight/tls';
import type { ConnectionOptions, TlsOptions } from '@nats-io/transport-node';

/** Where a broker is and how the way to it is secured. */
export interface BrokerAddress {
  /** `nats://host:port`, with user and password for a broker that knows users by them; `tls://…` for TLS; several servers with commas. */
  readonly url: string;
  /** Files for a URL with TLS; without them the authorities that Node.js brings along. */
  readonly tls?: ClientTls | undefined;
}

/** An address as the client library wants it. */
export interface Way {
  /** `host:port` of each. */
  readonly servers: readonly string[];
  /** Undefined: connections are plain. */
  readonly tls: ClientTls | undefined;
  readonly options: ConnectionOptions;
}

export const wayTo = (broker: BrokerAddress): Way => {
  const [first = broker.url] = broker.url.split(',');
  const address = new URL(first);
  const servers = broker.url.split(',').map(one => new URL(one).host);
  const tls = address.protocol === 'tls:' ? (broker.tls ?? publicClientTls()) : undefined;
  return {
    servers,
    tls,
    options: {
      servers,
      // Asked for, it is insisted on: a server that offers none is refused before anything is sent.
      ...(tls ? { tls: tls.optionsFor(address.hostname) as TlsOptions, reconnectJitterTLS: 250 } : {}),
    },
  };
};
