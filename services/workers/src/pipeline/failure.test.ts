import { FreightError } from '@freight/kernel';
import { describe, expect, it } from 'vitest';
import { CrmError } from '../connectors/crmError.ts';
import { giveBackFor } from './failure.ts';

describe('a batch that goes back', () => {
  it('does not count an attempt that nobody is to blame for', () => {
    for (const code of ['account_paused', 'account_busy', 'worker_stopping', 'too_early']) {
      const error = new FreightError('later', { code, retry: 'retryable', retryAfterMs: 700 });
      expect(giveBackFor(error, 3, 'target')).toMatchObject({ attempt: 'free', delayMs: 700 });
    }
  });

  it('blames nobody for a database that was away', () => {
    for (const code of ['CONNECTION_CLOSED', 'ECONNREFUSED', '57P01']) {
      const error = Object.assign(new Error('gone'), { code });
      expect(giveBackFor(error, 0, 'target')).toMatchObject({
        attempt: 'free',
        error: { code: 'database_unavailable', side: 'freight' },
      });
    }
    expect(giveBackFor(new Error('a fault of ours'), 0, 'target').attempt).toBe('counts');
  });

  it('asks for a person at once when trying again cannot help', () => {
    const refused = new CrmError('listing', { kind: 'unauthorized', status: 401 });
    expect(giveBackFor(refused, 0, 'source')).toMatchObject({ attempt: 'last', error: { side: 'source' } });
    const gone = new FreightError('The connection was deleted', { code: 'connection_missing', retry: 'terminal' });
    expect(giveBackFor(gone, 0, 'target')).toMatchObject({ attempt: 'last', error: { side: 'target' } });
  });

  it('waits longer with each attempt, and as long as the vendor asks, within bounds', () => {
    const down = new CrmError('writing', { kind: 'unavailable', status: 503 });
    expect(giveBackFor(down, 0, 'target').delayMs).toBeLessThanOrEqual(500);
    expect(giveBackFor(down, 10, 'target').delayMs).toBeLessThanOrEqual(30_000);
    expect(giveBackFor(down, 10, 'target').delayMs).toBeGreaterThanOrEqual(15_000);
    const asked = new CrmError('writing', { kind: 'unavailable', retryAfterMs: 10_000_000 });
    expect(giveBackFor(asked, 0, 'target').delayMs).toBe(60_000);
  });

  it('keeps the words of an unknown error out of the database', () => {
    const back = giveBackFor(new Error('person noor@quayside.example'), 0, 'target');
    expect(JSON.stringify(back)).not.toContain('noor');
    expect(back.error).toMatchObject({ code: 'internal', side: 'freight' });
  });
});
