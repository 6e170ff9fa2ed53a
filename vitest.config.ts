import { defineConfig } from 'vitest/config';

/**
 * Workspace packages are used from their source, never from a build: the condition is given to vite (for what it transforms) and to
 * the workers' Node (for what it loads itself, and as an example for processes that tests start).
 */
const conditions = ['@freight/source', 'node', 'module', 'import', 'default'];
const resolve = { conditions };
const ssr = { resolve: { conditions, externalConditions: conditions } };
const execArgv = ['--conditions=@freight/source'];
const never = ['**/node_modules/**', '**/dist/**', '**/.freight/**'];

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'services/*/src/**/*.test.ts', 'test/unit/**/*.test.ts'],
          exclude: [...never, '**/*.int.test.ts'],
          pool: 'threads',
          execArgv,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'int',
          include: ['**/*.int.test.ts'],
          exclude: never,
          globalSetup: ['./test/harness/servers.ts'],
          pool: 'forks',
          execArgv,
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.test.ts'],
          exclude: never,
          globalSetup: ['./test/harness/servers.ts'],
          pool: 'forks',
          execArgv,
          // One at a time: each brings up whole platforms and measures times.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
