// docs/how-to/subscribe.md shows this program; a test runs it.
import { readFileSync } from 'node:fs';
import { jetstream } from '@nats-io/jetstream';
import { connect, credsAuthenticator } from '@nats-io/transport-node';

const subscription = JSON.parse(readFileSync(process.argv[2] ?? 'subscription.json', 'utf8')) as {
  servers: string[];
  domain: string;
  stream: string;
  durable: string;
  credentials: string;
};

const nc = await connect({
  servers: subscription.servers.map(address => new URL(address).host),
  authenticator: credsAuthenticator(new TextEncoder().encode(subscription.credentials)),
  // Whatever happens to the broker, come back; a broker that starts anew may not know the account for a moment.
  maxReconnectAttempts: -1,
  ignoreAuthErrorAbort: true,
});
process.once('SIGTERM', () => void nc.drain());

const seen = new Set<string>(); // Keep the ids with what you make of the events, in one transaction.
while (!nc.isClosed()) {
  try {
    const consumer = await jetstream(nc, { domain: subscription.domain }).consumers.get(
      subscription.stream,
      subscription.durable,
    );
    for await (const message of await consumer.fetch({ max_messages: 100, expires: 5000 })) {
      const event = message.json<{ id: string; type: string; subject: string; streamversion: number }>();
      if (!seen.has(event.id)) {
        seen.add(event.id);
        console.log(event.type, event.subject, event.streamversion);
      }
      message.ack(); // Only now: what was not acknowledged comes again.
    }
  } catch {
    // The durable is being made again, or the connection is away: try again in a moment.
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
}
