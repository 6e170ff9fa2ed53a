import { FencedOutError, FreightError } from '@freight/kernel';
import { describe, expect, it } from 'vitest';
import { isTransient, isUniqueViolation, sqlState } from './errors.ts';

const withCode = (code: unknown) => Object.assign(new Error('x'), { code });

describe('errors of the database', () => {
  it.each([
    '08006',
    '08P01',
    '53300',
    '57P01',
    '57P02',
    '57P03',
    '40001',
    '40P01',
    'CONNECTION_CLOSED',
    'CONNECTION_ENDED',
    'CONNECT_TIMEOUT',
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
  ])('%s is worth another try', code => {
    expect(isTransient(withCode(code))).toBe(true);
  });

  it.each(['23505', '23503', '42501', '42P01', '57014', '22P02', '25P02', 'toString', ''])('%s is not', code => {
    expect(isTransient(withCode(code))).toBe(false);
  });

  it('follow the verdict of an error of ours', () => {
    expect(isTransient(new FreightError('busy', { code: 'database_busy', retry: 'retryable' }))).toBe(true);
    expect(isTransient(new FencedOutError('late'))).toBe(false);
  });

  it('are told from whatever else was thrown', () => {
    for (const other of [undefined, null, 'ECONNRESET', 7, {}, withCode(7), withCode(undefined), new Error('x')]) {
      expect(sqlState(other)).toBeUndefined();
      expect(isTransient(other)).toBe(false);
      expect(isUniqueViolation(other)).toBe(false);
    }
    expect(isUniqueViolation(withCode('23505'))).toBe(true);
  });
});
