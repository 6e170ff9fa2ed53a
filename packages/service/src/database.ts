import { type Database, openDatabase } from '@freight/postgres';
import { type CommonConfig, createQueryObserver, watchConnections } from '@freight/runtime';
import { clientTlsOf } from './clientTls.ts';
import type { Parts } from './parts.ts';
import type { TlsConfig } from './settings.ts';

/** Opens the database: its statements are timed, its connections counted. */
export const startDatabase = (parts: Parts, config: CommonConfig & TlsConfig): Database => {
  const { logger, metrics } = parts;
  const db = openDatabase({
    url: config.FREIGHT_DATABASE_URL.reveal(),
    tls: clientTlsOf('FREIGHT_DATABASE', config),
    applicationName: parts.name,
    connectionsMax: config.FREIGHT_DATABASE_POOL_MAX,
    connectionWaitMs: config.FREIGHT_DATABASE_POOL_WAIT_MS,
    onQuery: createQueryObserver({ logger, metrics, slowMs: config.FREIGHT_SLOW_QUERY_MS }),
  });
  parts.onStop('postgres', () => db.close());
  parts.onStop('connection gauge', watchConnections(db.connections, metrics));
  return db;
};
