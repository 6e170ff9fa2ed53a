import { describe, expect, it } from 'vitest';
import { environments, generateApiKey, parseApiKey } from './index.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-. \né';

describe('an API key', () => {
  it.each(environments)('of %s has its form and parses to its environment and look-up prefix', environment => {
    for (let i = 0; i < 200; i++) {
      const key = generateApiKey(environment);
      expect(key).toMatch(new RegExp(`^frt_${environment}_[0-9A-Za-z]{32}$`));
      expect(parseApiKey(key)).toEqual({ environment, prefix: key.slice(0, `frt_${environment}_`.length + 8) });
    }
  });

  it('is refused after any change of a single character', () => {
    const key = generateApiKey('live');
    for (let i = 0; i < key.length; i++)
      for (const other of alphabet)
        if (other !== key[i]) {
          const changed = key.slice(0, i) + other + key.slice(i + 1);
          expect(parseApiKey(changed), changed).toBeUndefined();
        }
  });

  it('is refused with a character more, less or swapped, and with anything around it', () => {
    const key = generateApiKey('test');
    for (let i = 0; i < key.length; i++) {
      expect(parseApiKey(key.slice(0, i) + key.slice(i + 1))).toBeUndefined();
      expect(parseApiKey(`${key.slice(0, i)}x${key.slice(i)}`)).toBeUndefined();
      if (i > 0 && key[i] !== key[i - 1])
        expect(parseApiKey(`${key.slice(0, i - 1)}${key[i]}${key[i - 1]}${key.slice(i + 1)}`)).toBeUndefined();
    }
    for (const text of ['', `${key}\n`, ` ${key}`, key.toUpperCase(), `Bearer ${key}`, key.repeat(2)])
      expect(parseApiKey(text)).toBeUndefined();
  });

  it('of one environment does not become one of another by its name', () => {
    expect(parseApiKey(generateApiKey('dev').replace('frt_dev_', 'frt_live_'))).toBeUndefined();
  });

  it('is as random as it is long: every character of the alphabet is about equally likely', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 5000; i++)
      for (const character of generateApiKey('live').slice(9, 35))
        counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(62);
    // 130,000 draws, 2097 expected each, standard deviation 45: six of them.
    for (const count of counts.values()) expect(Math.abs(count - 2097)).toBeLessThan(272);
  });
});
