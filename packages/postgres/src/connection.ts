import { FreightError } from '@freight/kernel';
import { type ClientTls, publicClientTls } from '@freight/tls';

/** Where a database is and how the way to it is secured. */
export interface DatabaseAddress {
  /** `postgres://user:password@host:port/database`, with `?sslmode=verify-full` for TLS. */
  readonly url: string;
  /** Files for a URL with TLS; without them the authorities that Node.js brings along. */
  readonly tls?: ClientTls | undefined;
}

/** An address as the driver wants it, and its errors as people want them. */
export interface Connecting {
  readonly options: { readonly ssl: false | object };
  /** What to throw for an error of the driver. */
  clarify(error: unknown): unknown;
}

/**
 * Of libpq's modes only those two that promise something: `disable`, and `verify-full`, which checks certificate and host name. The
 * others accept any server, or none of it at all.
 * @throws FreightError `unknown_sslmode`
 */
export const connecting = ({ url, tls }: DatabaseAddress): Connecting => {
  const { searchParams, hostname } = new URL(url);
  const mode = searchParams.get('sslmode') ?? 'disable';
  if (mode !== 'disable' && mode !== 'verify-full') {
    throw new FreightError(
      `sslmode=${mode} of the database's address accepts servers that it has not checked: use verify-full`,
      { code: 'unknown_sslmode', retry: 'terminal' },
    );
  }
  // Always said: the driver would look into PGSSL otherwise.
  if (mode === 'disable') return { options: { ssl: false }, clarify: error => error };
  const client = tls ?? publicClientTls();
  return {
    options: { ssl: client.optionsFor(hostname.replace(/^\[|\]$/g, '')) },
    clarify: error => client.explain(error, 'PostgreSQL') ?? error,
  };
};
