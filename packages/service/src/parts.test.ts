import { createLogger } from '@freight/runtime';
import { describe, expect, test } from 'vitest';
import { startParts } from './parts.ts';

const logger = createLogger({ service: 'workers', level: 'error', destination: { write: () => {} } });

describe('the parts of a service', () => {
  const start = (stopped: string[], fail = false) =>
    startParts(
      'workers',
      { logger, telemetry: { stop: () => Promise.resolve(void stopped.push('telemetry')) } },
      parts => {
        parts.onStop('database', () => void stopped.push('database'));
        parts.onStopLast('health', () => void stopped.push('health'));
        parts.onStop('consumer', () => void stopped.push('consumer'));
        return fail ? Promise.reject(new Error('no port')) : Promise.resolve({ healthPort: 1 });
      },
    );

  test('stop in the other order than they started, and the health server answers until the rest is gone', async () => {
    const stopped: string[] = [];
    const service = await start(stopped);
    expect(service.healthPort).toBe(1);
    for (const step of service.stopSteps) await step.stop();
    expect(stopped).toEqual(['consumer', 'database', 'telemetry', 'health']);
  });

  test('are all stopped again when one cannot start, before the error is thrown', async () => {
    const stopped: string[] = [];
    await expect(start(stopped, true)).rejects.toThrow('no port');
    expect(stopped).toEqual(['consumer', 'database', 'telemetry', 'health']);
  });
});
