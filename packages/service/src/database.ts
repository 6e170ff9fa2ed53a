import { type Database, openDatabase } from '@freight/postgres';
import { type CommonConfig, createQueryObserver, watchConnections } from '@freight/runtime';
import type { Parts } from './parts.ts';

/** Opens the database: its statements are timed, its connections counted. */
export const startDatabase = (parts: Parts, config: CommonConfig): Database => {
  const { logger, metrics } = parts;
  const db = openDatabase({
    url: config.FREIGHT_DATABASE_URL.reveal(),
    applicationName: parts.name,
    connectionsMax: config.FREIGHT_DATABASE_POOL_MAX,
    connectionWaitMs: config.FREIGHT_DATABASE_POOL_WAIT_MS,
    onQuery: createQueryObserver({ logger, metrics, slowMs: config.FREIGHT_SLOW_QUERY_MS }),
  });
  parts.onStop('postgres', () => db.close());
  parts.onStop('connection gauge', watchConnections(db.connections, metrics));
  return db;
};
