import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Vitest leaves a processor to itself by default, which on two would leave half of the machine idle. */
const WORKERS = Math.max(2, availableParallelism() - 1);

/**
 * `unit`: from source, packages resolve each other through the source condition, no build.
 * `e2e`: real processes running what `npm start` runs, so it builds first; one file at a time, since each file
 * starts whole networks.
 */
export default defineConfig({
  resolve: { conditions: ['@praline/source'] },
  ssr: { resolve: { conditions: ['@praline/source', 'node', 'import', 'module', 'default'] } },
  test: {
    maxWorkers: WORKERS,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: [
            'packages/*/src/**/*.test.ts',
            'repository/**/*.test.ts',
            'bench/**/*.test.ts',
            'e2e/faults/**/*.test.ts',
            'spec/**/*.test.ts',
            'ethereum-tests/**/*.test.ts',
            'rpc-compat/**/*.test.ts',
            'reference/**/*.test.ts',
          ],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          // After the rest: whole networks need the machine to themselves.
          sequence: { groupOrder: 1 },
          include: ['e2e/**/*.test.ts', 'examples/**/*.test.ts', 'hostile-input/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'e2e/faults/**'],
          globalSetup: ['e2e/build.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
