import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Durations in seconds, from a fast query to a slow call. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** All metrics of Freight; a service uses those that it knows something about. No label holds a tenant. */
export const createMetrics = () => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    httpRequestSeconds: new Histogram({
      name: 'freight_http_request_seconds',
      help: 'Time to answer an HTTP request',
      labelNames: ['method', 'route', 'status'],
      buckets: secondsBuckets,
      registers,
    }),
    databaseQuerySeconds: new Histogram({
      name: 'freight_database_query_seconds',
      help: 'Time of a database statement',
      buckets: secondsBuckets,
      registers,
    }),
    databaseConnections: new Gauge({
      name: 'freight_database_connections',
      help: 'Database connections held, and callers that wait for one',
      labelNames: ['state'],
      registers,
    }),
    queueDepth: new Gauge({
      name: 'freight_queue_depth',
      help: 'Messages that wait or are being handled, by queue',
      labelNames: ['queue'],
      registers,
    }),
    queueAgeSeconds: new Histogram({
      name: 'freight_queue_age_seconds',
      help: 'How long a message had waited when its handling began',
      labelNames: ['queue'],
      buckets: secondsBuckets,
      registers,
    }),
    messagesHandled: new Counter({
      name: 'freight_messages_handled_total',
      help: 'Messages handled, by queue and what became of them',
      labelNames: ['queue', 'disposition'],
      registers,
    }),
    batchSeconds: new Histogram({
      name: 'freight_batch_seconds',
      help: 'Time of a batch in a worker',
      labelNames: ['kind', 'result'],
      buckets: secondsBuckets,
      registers,
    }),
    records: new Counter({
      name: 'freight_records_total',
      help: 'Records by object and outcome',
      labelNames: ['object', 'outcome'],
      registers,
    }),
    crmCallSeconds: new Histogram({
      name: 'freight_crm_call_seconds',
      help: 'Time of a call to a CRM',
      labelNames: ['system', 'class', 'status'],
      buckets: secondsBuckets,
      registers,
    }),
    relayLagSeconds: new Gauge({
      name: 'freight_relay_lag_seconds',
      help: 'Age of the oldest event that was not relayed yet',
      labelNames: ['log'],
      registers,
    }),
    rowsRemoved: new Counter({
      name: 'freight_rows_removed_total',
      help: 'Rows removed since they are older than they are kept, by table',
      labelNames: ['table'],
      registers,
    }),
    auditDropped: new Counter({
      name: 'freight_audit_dropped_total',
      help: 'Refused requests that could not be written into the audit log',
      registers,
    }),
    keyVerifications: new Counter({
      name: 'freight_key_verifications_total',
      help: 'API keys presented, by verdict and whether the verdict was remembered',
      labelNames: ['verdict', 'source'],
      registers,
    }),
  } as const;
};

export type Metrics = ReturnType<typeof createMetrics>;
