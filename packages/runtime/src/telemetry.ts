export interface Telemetry {
  /** Sends what is buffered. */
  stop(): Promise<void>;
}

/**
 * Starts tracing when the standard variables name a place to send to (`OTEL_EXPORTER_OTLP_ENDPOINT` or
 * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`); otherwise nothing is loaded and the API's no-op tracer stays.
 * Source of the variables: OpenTelemetry specification, "OTLP Exporter Configuration".
 */
export const startTelemetry = async (
  service: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Telemetry> => {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (!endpoint || env['OTEL_SDK_DISABLED'] === 'true') return { stop: () => Promise.resolve() };
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({ serviceName: env['OTEL_SERVICE_NAME'] ?? `freight-${service}` });
  sdk.start();
  return { stop: () => sdk.shutdown().catch(() => {}) };
};
