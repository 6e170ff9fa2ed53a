import { type Bus, connectBus } from '@freight/bus';
import type { CommonConfig } from '@freight/runtime';
import { clientTlsOf } from './clientTls.ts';
import type { Parts } from './parts.ts';
import type { TlsConfig } from './settings.ts';

/** Connects to NATS. @throws FreightError `bus_unavailable` when the first connection cannot be made. */
export const startBus = async (parts: Parts, config: CommonConfig & TlsConfig): Promise<Bus> => {
  const bus = await connectBus({
    url: config.FREIGHT_NATS_URL.reveal(),
    tls: clientTlsOf('FREIGHT_NATS', config),
    credentialsFile: config.FREIGHT_NATS_CREDENTIALS_FILE,
    service: parts.service,
    name: parts.name,
    replicas: config.FREIGHT_NATS_REPLICAS,
    onStatus: status => parts.logger.warn({ status }, 'nats'),
  });
  parts.onStop('nats', () => bus.close());
  return bus;
};
