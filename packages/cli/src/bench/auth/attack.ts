import { randomInt } from 'node:crypto';
import { generateApiKey } from '@freight/contracts';
import { type Client, createClient, fire, type Shot } from '../http.ts';
import { type BenchRow, compare, type Round } from '../row.ts';

const rounds = 5;
const secondsPerPhase = 3;
const goodPerSecond = 200;
const badPerSecond = 50;

/** Garbage and keys that nobody has, in turns; from one place or from a new one each time. */
const shootBad =
  (client: Client, wrongKeys: readonly string[], isSpread: boolean) => (since: number, index: number) => {
    const place = isSpread ? `198.${18 + (index % 2)}.${index % 250}.${1 + randomInt(250)}` : '198.51.100.7';
    const wrong = wrongKeys[randomInt(wrongKeys.length)] ?? '';
    const key = index % 2 === 0 ? wrong : `${generateApiKey('dev').slice(0, -1)}!`;
    return client.get('/v1/jobs', { authorization: `Bearer ${key}`, 'x-forwarded-for': place }, since);
  };

const times = (shots: readonly Shot[], expected: number): readonly number[] => {
  const odd = shots.find(one => one.status !== expected);
  if (odd) throw new Error(`A request with a good key was answered ${odd.status}`);
  return shots.map(one => one.ms);
};

/**
 * Good requests alone and beside wrong keys, in turns, in one run.
 * @param wrongKeys of the right form, with the prefixes of keys that exist: each costs a hash.
 */
export const measureAttack = async (
  url: string,
  key: string,
  wrongKeys: readonly string[],
  isSpread: boolean,
): Promise<BenchRow> => {
  const [good, bad] = [createClient(url), createClient(url)];
  const shootGood = (since: number) =>
    good.get('/v1/jobs', { authorization: `Bearer ${key}`, 'x-forwarded-for': '192.0.2.7' }, since);
  const phase = async () => times(await fire(goodPerSecond, secondsPerPhase, shootGood), 200);
  try {
    await phase();
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      const theirs = await phase();
      const attack = fire(badPerSecond, secondsPerPhase, shootBad(bad, wrongKeys, isSpread));
      const ours = await phase();
      const refused = await attack;
      if (refused.some(one => one.status === 200)) throw new Error('A wrong key was let in');
      measured.push({ ours, theirs });
    }
    const facts = {
      name: `request with a good key beside ${badPerSecond} wrong keys a second from ${isSpread ? 'many places' : 'one place'}, p99, ms`,
      beside: `the same ${goodPerSecond} requests a second alone`,
      mark: 'at most half more',
    };
    return compare(facts, measured, 0.99, (mine, other) => mine <= 1.5 * other);
  } finally {
    good.close();
    bad.close();
  }
};
