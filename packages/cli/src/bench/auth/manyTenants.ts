import { generateApiKey, parseApiKey } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { migrate } from '@freight/postgres';
import { hash } from '@node-rs/bcrypt';
import postgres from 'postgres';
import { createClient } from '../http.ts';
import { type BenchRow, compare, type Round } from '../row.ts';

const rounds = 8;
const requestsPerRound = 150;
/** The hash is not what is compared: a cheap one lets the look-up be seen. */
const cost = 4;
/** All tenants' keys differ, their hashes come of so many: to hash 10,000 keys would take longer than the measurement. */
const keysShown = 100;

export interface Crowd {
  /** Name of the database. */
  readonly database: string;
  /** Keys of some of its tenants. */
  readonly keys: readonly string[];
}

/** A database of its own with so many tenants, a key each. @param adminUrl of a database on the same server. */
export const makeCrowd = async (adminUrl: string, migrations: string, tenants: number): Promise<Crowd> => {
  const database = `freight_bench_${newId().replaceAll('-', '')}`;
  const url = new URL(adminUrl);
  const root = postgres(url.href, { max: 1, onnotice: () => {} });
  await root`create database ${root(database)}`;
  await root.end();
  url.pathname = `/${database}`;
  await migrate({ url: url.href, directory: migrations });
  const keys = Array.from({ length: tenants }, () => generateApiKey('dev'));
  const shown = keys.slice(0, keysShown);
  const hashes = await Promise.all(shown.map(key => hash(key, { cost })));
  const rows = keys.map((key, i) => ({
    tenant: newId(),
    id: newId(),
    prefix: parseApiKey(key)?.prefix ?? '',
    hash: hashes[i % hashes.length] ?? '',
  }));
  const sql = postgres(url.href, { max: 1, onnotice: () => {} });
  const columns = [
    rows.map(one => one.tenant),
    rows.map(one => one.id),
    rows.map(one => one.prefix),
    rows.map(one => one.hash),
  ] as const;
  await sql`
    with made as (
      select * from unnest(${columns[0]}::uuid[], ${columns[1]}::uuid[], ${columns[2]}::text[], ${columns[3]}::text[]) as rows (tenant, id, prefix, hash)
    ), tenants_made as (
      insert into tenants (id, name, slug, status, settings, version, created_at, updated_at)
      select tenant, 'Bench', right(tenant::text, 20), 'active', '{"requestsPerSecond": 10000, "requestBurst": 10000}', 1, now(), now() from made
    ), hashes_made as (
      insert into api_key_hashes (tenant_id, key_id, hash) select tenant, id, hash from made
    )
    insert into api_keys (tenant_id, id, prefix, label, scopes, created_at)
    select tenant, id, prefix, 'Bench', array['read', 'write'], now() from made`;
  await sql`vacuum analyze`;
  await sql.end();
  return { database, keys: shown };
};

/** First uses of keys (nothing is remembered: look-up, hash and confirmation each time) among many tenants and among few, in turns. */
export const measureManyTenants = async (
  [manyUrl = '', fewUrl = '']: readonly string[],
  many: Crowd,
  few: Crowd,
): Promise<BenchRow> => {
  const [ours, theirs] = [createClient(manyUrl), createClient(fewUrl)];
  const one = async (client: typeof ours, { keys }: Crowd, i: number): Promise<number> => {
    const { status, ms } = await client.get('/v1/jobs', { authorization: `Bearer ${keys[i % keys.length] ?? ''}` });
    if (status !== 200) throw new Error(`A key was answered ${status}`);
    return ms;
  };
  try {
    const measured: Round[] = [];
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      const samples = { ours: [] as number[], theirs: [] as number[] };
      for (let i = 0; i < requestsPerRound; i++) {
        if (i % 2 === 0) samples.ours.push(await one(ours, many, i));
        samples.theirs.push(await one(theirs, few, i));
        if (i % 2 === 1) samples.ours.push(await one(ours, many, i));
      }
      if (round > 0) measured.push(samples);
    }
    const facts = {
      name: 'first use of a key among 10,000 tenants, p50, ms',
      beside: 'the same among 10',
      mark: 'at most 1.2 times as long',
    };
    return compare(facts, measured, 0.5, (mine, other) => mine <= 1.2 * other);
  } finally {
    ours.close();
    theirs.close();
  }
};
