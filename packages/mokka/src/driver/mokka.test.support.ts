/** What tests of whole nodes share. */
import type { Application } from '../application.ts';
import type { TestApplication } from '../core/test-application.test.support.ts';

/** Waits for a condition with a deadline in milliseconds. */
export async function until(condition: () => boolean, limit = 20_000): Promise<void> {
  const end = performance.now() + limit;
  while (!condition()) {
    if (performance.now() > end) throw new Error('condition not reached');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function asApplication(state: TestApplication): Application {
  return {
    info: async () => state.info(),
    prepareProposal: async ({ parent }) => state.prepare(parent),
    processProposal: async (entry) => state.process(entry),
    commit: async (entries, certificate) => ({ stateDigest: state.commit(entries, certificate) }),
    rollback: async (to) => state.rollback(to.index),
  };
}
