import { defineConfig } from 'vitest/config';

/** Unit and property tests run from source: packages resolve each other through the source condition. */
export default defineConfig({
  resolve: { conditions: ['@praline/source'] },
  ssr: { resolve: { conditions: ['@praline/source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'e2e/**/*.test.ts', 'repository/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
