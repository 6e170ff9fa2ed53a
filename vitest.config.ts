import { defineConfig } from 'vitest/config';

/**
 * Workspace packages are used from their source, never from a build. The condition is said three times: to vite (which passes it on to
 * the workers' Node), to the environment that tests run in, and to the one (of a name of vitest's own) that global set-ups run in.
 */
const resolve = { conditions: ['@freight/source', 'node'] };
const never = ['**/node_modules/**', '**/dist/**', '**/.freight/**'];

export default defineConfig({
  resolve,
  ssr: { resolve },
  environments: { ssr: { resolve }, __vitest__: { resolve } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'services/*/src/**/*.test.ts', 'test/unit/**/*.test.ts'],
          exclude: [...never, '**/*.int.test.ts'],
          pool: 'threads',
          maxWorkers: 2,
          // Hundreds of generated cases on a busy machine take a while; what hangs is found all the same.
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'int',
          include: ['**/*.int.test.ts'],
          exclude: never,
          globalSetup: ['./test/harness/servers.ts'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.test.ts'],
          exclude: never,
          globalSetup: ['./test/harness/servers.ts'],
          pool: 'forks',
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
