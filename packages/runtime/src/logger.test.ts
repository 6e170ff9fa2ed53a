import { describe, expect, it } from 'vitest';
import { secret } from './config.ts';
import { createLogger, describeError } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { createQueryObserver } from './observeDatabase.ts';

const logged = (write: (logger: ReturnType<typeof createLogger>) => void, level = 'info') => {
  const lines: string[] = [];
  write(createLogger({ service: 'jobs', level, destination: { write: line => lines.push(line) } }));
  return lines.map(line => JSON.parse(line) as Record<string, unknown>);
};

describe('a log line', () => {
  it('is JSON with its service, level, time in UTC and message', () => {
    const [line] = logged(logger => logger.info({ jobId: 'j' }, 'hello'));
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      service: 'jobs',
      jobId: 'j',
      message: 'hello',
    });
  });

  it('holds no secret under the names that secrets have, nor one of ours under any name', () => {
    const lines = logged(logger => {
      logger.info({ apiKey: 'geheim', password: 'geheim', secret: 'geheim', authorization: 'geheim' });
      logger.info({ request: { authorization: 'geheim', apiKey: 'geheim', password: 'geheim', secret: 'geheim' } });
      logger.info({ url: secret('geheim'), deep: { er: [secret('geheim')] } });
    });
    expect(lines).toHaveLength(3);
    expect(JSON.stringify(lines)).not.toContain('geheim');
  });

  it('is written at its level and above only', () => {
    const lines = logged(logger => {
      logger.debug('no');
      logger.info('no');
      logger.warn('yes');
      logger.error('yes');
    }, 'warn');
    expect(lines.map(line => line['level'])).toEqual(['warn', 'error']);
  });

  it('tells of an error its name, code, message, stack and causes, and nothing that a driver hung on it', () => {
    const cause = Object.assign(new Error('below'), {
      code: '23505',
      parameters: ['geheim'],
      detail: 'Key (geheim)',
      query: 'geheim',
    });
    const error = Object.assign(new Error('above', { cause }), {
      name: 'FreightError',
      code: 'busy',
      response: { body: 'geheim' },
    });
    for (const line of [
      ...logged(logger => logger.error({ err: error }, 'failed')),
      ...logged(logger => logger.error({ error }, 'failed')),
      ...logged(logger => logger.error(error)),
    ]) {
      expect(line['err'] ?? line['error']).toMatchObject({
        name: 'FreightError',
        code: 'busy',
        message: 'above',
        stack: expect.stringContaining('logger.test') as string,
        cause: { name: 'Error', code: '23505', message: 'below' },
      });
      expect(JSON.stringify(line)).not.toContain('geheim');
    }
  });

  it('says of what is no error only that', () => {
    expect(describeError('a word')).toEqual({ message: 'a word' });
    for (const thrown of [undefined, null, 7, { password: 'geheim' }])
      expect(describeError(thrown)).toEqual({ message: 'something that is no Error was thrown' });
  });

  it('of an error that is its own cause has an end', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(describeError(error))).toContain('round');
  });
});

describe('the observer of queries', () => {
  it('counts every statement and names the slow ones, by text and time', async () => {
    const metrics = createMetrics();
    const lines = logged(logger => {
      const observe = createQueryObserver({ logger, metrics, slowMs: 200 });
      observe('select ?', 200);
      observe('select slowly ?', 200.6);
    });
    expect(lines.map(line => [line['message'], line['statement'], line['durationMs']])).toEqual([
      ['slow query', 'select slowly ?', 201],
    ]);
    expect(await metrics.registry.metrics()).toContain('freight_database_query_seconds_count 2');
  });
});

describe('the metrics', () => {
  it('are named after Freight with their unit, and none is told apart by tenant', async () => {
    const all = (await createMetrics().registry.getMetricsAsJSON()).filter(one => one.name.startsWith('freight_'));
    expect(all.length).toBeGreaterThan(9);
    for (const one of all) {
      if (String(one.type) === 'histogram') expect(one.name).toMatch(/_seconds$/);
      if (String(one.type) === 'counter') expect(one.name).toMatch(/_total$/);
    }
    const { registry: _, ...named } = createMetrics();
    for (const one of Object.values(named)) {
      const labels = (one as unknown as { labelNames: string[] }).labelNames;
      expect(labels.filter(label => /tenant|job|key/.test(label))).toEqual([]);
    }
  });
});
