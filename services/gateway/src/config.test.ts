import { expect, it } from 'vitest';
import { readConfig } from './config.ts';

it('names every variable that is missing, wrong or unknown', () => {
  const env = { FREIGHT_BCRYPT_COST: '99', FREIGHT_TYPO: 'x', FREIGHT_REDIS_URL: 'http://x' };
  expect(() => readConfig(env)).toThrow(
    /FREIGHT_ENVIRONMENT[\s\S]*FREIGHT_DATABASE_URL is missing[\s\S]*FREIGHT_REDIS_URL: must be[\s\S]*FREIGHT_KEYS_DIR is missing[\s\S]*FREIGHT_BCRYPT_COST[\s\S]*FREIGHT_TYPO is not a setting/,
  );
});
