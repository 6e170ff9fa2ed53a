/** Keeps the pages true: whatever can be held against the code is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  jobEvents,
  problems,
  type RedisService,
  redisAccess,
  redisRules,
  redisUser,
  tenantEvents,
} from '@freight/contracts';
import type { Result } from '@freight/kernel';
import { createMetrics } from '@freight/runtime';
import { tenantTables } from '@freight/tenant-data';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const skipped = new Set(['node_modules', 'dist', '.git', '.freight']);

const findPages = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    if (skipped.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return findPages(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });

const pages = findPages(root).map(path => relative(root, path));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
/** Without what stands in fences, which is no Markdown. */
const proseOf = (path: string): string => read(path).replace(/^```[^]*?^```/gm, '');

/** The part of a page below a heading of the second level. */
const sectionOf = (path: string, heading: string): string => {
  const section = read(path)
    .split(/^## /m)
    .find(part => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`${path} has no section ${heading}`);
  return section;
};

/** The rows of all tables in a text, as trimmed cells; without the lines that part the titles. */
const rowsOf = (text: string): readonly (readonly string[])[] =>
  text
    .split('\n')
    .filter(line => line.startsWith('|') && !/^[|\s:-]+$/.test(line))
    .map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim()),
    );

const unquote = (cell: string | undefined): string => cell?.replaceAll('`', '') ?? '';
/** What the first column names, of the rows whose name looks so. */
const namesIn = (text: string, pattern: RegExp): readonly string[] =>
  rowsOf(text)
    .map(([name]) => unquote(name))
    .filter(name => pattern.test(name))
    .sort();

const load = async <T>(path: string): Promise<T> => (await import(pathToFileURL(join(root, path)).href)) as T;

describe('the pages', () => {
  /** As GitHub makes them. Source: github.com/gjtorikian/html-pipeline, TableOfContentsFilter. */
  const anchorsOf = (path: string): readonly string[] =>
    [...proseOf(path).matchAll(/^#+ +(.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    );

  test('have no relative link that leads nowhere', () => {
    const broken = pages.flatMap(page =>
      [...proseOf(page).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].flatMap(([, link = '']) => {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : join(dirname(page), path);
        if (!existsSync(join(root, target))) return [`${page}: ${link}`];
        return anchor === undefined || anchorsOf(target).includes(anchor) ? [] : [`${page}: ${link}`];
      }),
    );
    expect(broken).toEqual([]);
  });

  test('name only files that exist', () => {
    const gone = pages.flatMap(page =>
      [...proseOf(page).matchAll(/`((?:packages|services|migrations|test|deploy|docs)\/[\w./-]+\.\w+)`/g)]
        .map(([, path = '']) => path)
        .filter(path => !existsSync(join(root, path)))
        .map(path => `${page}: ${path}`),
    );
    expect(gone).toEqual([]);
  });

  test('quote only tests that exist', () => {
    const quotes = pages.flatMap(page =>
      [
        ...proseOf(page)
          .replace(/\s+/g, ' ')
          .matchAll(/`([\w./-]+\.(?:test|features)\.ts)`(?:: | \()((?:"[^"]+"(?:, )?)+)/g),
      ].flatMap(([, path = '', titles = '']) =>
        [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({ page, path, title })),
      ),
    );
    expect(quotes.length).toBeGreaterThan(0);
    expect(quotes.filter(({ path, title }) => !existsSync(join(root, path)) || !read(path).includes(title))).toEqual(
      [],
    );
  });
});

describe('the configuration reference', () => {
  const page = 'docs/reference/configuration.md';
  type ReadConfig = (env: Readonly<Record<string, string>>) => Readonly<Record<string, unknown>>;
  const env = {
    FREIGHT_ENVIRONMENT: 'test',
    FREIGHT_DATABASE_URL: 'postgres://h/d',
    FREIGHT_NATS_URL: 'nats://h',
  };
  const doors = { FREIGHT_REDIS_URL: 'redis://h', FREIGHT_KEYS_DIR: '/keys' };
  const needed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    gateway: { ...env, ...doors },
    tenants: { ...env, ...doors },
    jobs: env,
    workers: { ...env, ...doors },
  };

  /** A setting as one writes it into a variable. */
  const toText = (value: unknown): string =>
    Array.isArray(value)
      ? value
          .map((one: string | { lane: string; weight: number }) =>
            typeof one === 'string' ? one : `${one.lane}:${one.weight}`,
          )
          .join(',')
      : String(value);

  test.each(Object.keys(needed))('has exactly the settings of %s, with their defaults', async service => {
    const given = needed[service] ?? {};
    const { readConfig } = await load<{ readConfig: ReadConfig }>(`services/${service}/src/config.ts`);
    const real = Object.entries(readConfig(given)).map(([name, value]) => [
      name,
      name in given ? 'required' : toText(value ?? 'none'),
    ]);
    const title = `${service.charAt(0).toUpperCase()}${service.slice(1)}`;
    const written = [...rowsOf(sectionOf(page, 'Every service')), ...rowsOf(sectionOf(page, title))]
      .map(([name, value]) => [unquote(name), unquote(value)])
      .filter(([name]) => name?.startsWith('FREIGHT_'));
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(real));
    expect(written.length).toBe(real.length);
  });

  test('has exactly the variables of the command line and the sandbox', () => {
    const sources = [read('packages/cli/src/help.ts'), read('packages/sandbox/README.md')].join('\n');
    const real = [...new Set(sources.match(/FREIGHT_[A-Z_]+[A-Z]/g))].sort();
    expect(namesIn(sectionOf(page, 'Command line'), /^FREIGHT_/)).toEqual(real);
  });
});

describe('the reference', () => {
  test('of the HTTP API has exactly its operations and their scopes', async () => {
    const { routes } = await load<{ routes: readonly { method: string; path: string; scope: string }[] }>(
      'services/gateway/src/routes/index.ts',
    );
    const written = rowsOf(sectionOf('docs/reference/http-api.md', 'Operations')).slice(1);
    expect(written.map(([operation, scope]) => [unquote(operation), scope])).toEqual(
      routes.map(({ method, path, scope }) => [`${method.toUpperCase()} ${path}`, scope]),
    );
  });

  test('of problems has exactly the codes, with status and title', () => {
    const written = rowsOf(sectionOf('docs/reference/http-api.md', 'Problems')).slice(1);
    expect(written.map(([code, status, title]) => [unquote(code), Number(status), title])).toEqual(
      Object.entries(problems).map(([code, { status, title }]) => [code, status, title]),
    );
  });

  test('of Redis has each user’s line as the table makes it', () => {
    const page = read('docs/reference/redis-access.md');
    for (const service of Object.keys(redisAccess) as RedisService[]) {
      const { commands, keys } = redisAccess[service];
      const [row] = rowsOf(page.replaceAll('\\|', '¦')).filter(([user]) => unquote(user) === redisUser(service));
      expect(row?.slice(1)).toEqual([
        commands.map(one => `\`${one.replace('|', '¦')}\``).join(' '),
        keys.map(one => `\`${one}\``).join(' '),
      ]);
      expect(page).toContain(` ${redisRules(service).join(' ')}\n`);
    }
  });

  test('of events has exactly the types', () => {
    const real = [
      ...Object.keys(jobEvents).map(type => `freight.jobs.${type}`),
      ...Object.keys(tenantEvents).map(type => `freight.tenants.${type}`),
    ].sort();
    expect(namesIn(read('docs/reference/events.md'), /^freight\.(jobs|tenants)\.[a-z-]+$/)).toEqual(real);
  });

  test('of the export has exactly its kinds and what it withholds', () => {
    const page = 'docs/reference/export-format.md';
    const kinds = tenantTables.flatMap(({ exported }) => ('kind' in exported ? [exported.kind] : [])).toReversed();
    const written = rowsOf(sectionOf(page, 'Kinds')).slice(1);
    expect(written.map(([kind]) => unquote(kind))).toEqual(kinds);
    const withheld = tenantTables.flatMap(({ name, exported }) =>
      'withheld' in exported ? [[name, exported.withheld]] : [],
    );
    expect(
      rowsOf(sectionOf(page, 'Withheld'))
        .slice(1)
        .map(([table, why]) => [unquote(table), why]),
    ).toEqual(withheld.toReversed());
  });

  test('of metrics has exactly the metrics', () => {
    const real = createMetrics()
      .registry.getMetricsAsArray()
      .map(({ name }) => name)
      .filter(name => name.startsWith('freight_'))
      .sort();
    expect(namesIn(read('docs/reference/metrics.md'), /^freight_\w+$/).filter((n, i, all) => n !== all[i - 1])).toEqual(
      real,
    );
  });
});

describe('the specification of the job', () => {
  interface State {
    readonly status: string;
  }
  interface Decider {
    decide(command: unknown, state: State): Result<readonly unknown[], { readonly code: string }>;
    evolve(state: State, event: unknown): State;
  }
  interface TestKit {
    readonly commands: Readonly<Record<string, unknown>>;
    readonly historyOf: Readonly<Record<string, readonly unknown[]>>;
    jobAfter(events: readonly unknown[]): State;
  }

  test('has the table of the decider', async () => {
    const { jobDecider } = await load<{ jobDecider: Decider }>('services/jobs/src/domain/job/decider.ts');
    const { commands, historyOf, jobAfter } = await load<TestKit>('services/jobs/src/domain/job/job.testkit.ts');
    const statuses = Object.keys(historyOf);
    const answer = (command: unknown, status: string): string => {
      const state = jobAfter(historyOf[status] ?? []);
      const decided = jobDecider.decide(command, state);
      if (!decided.ok) return decided.error.code === 'not_found' ? 'unknown' : 'no';
      if (decided.value.length === 0) return 'same';
      return decided.value.reduce<State>((before, event) => jobDecider.evolve(before, event), state).status;
    };
    const real = Object.entries(commands).map(([type, command]) => [
      type,
      ...statuses.map(status => answer(command, status)),
    ]);
    expect(rowsOf(sectionOf('docs/spec/job.md', 'Commands × states'))).toEqual([['', ...statuses], ...real]);
  });
});
