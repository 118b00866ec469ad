/** What the search leaves out loses nothing: together, the nodes get into the same terms, roles, logs and commits as without it. */
import { describe, expect, it } from 'vitest';
import type { LocalState } from './local-states.ts';
import { type SearchOptions, search } from './search.ts';

const TIMEOUT = 120_000;

/** Also of what is on the disk. Who was heard when is left out: dead messages change that. */
function visible(state: LocalState): string {
  const { term, durableTerm, ledTerm, follows, isLeader, isCandidate, committed, log, proposed } =
    state;
  const terms = [term, durableTerm, ledTerm, follows, isLeader, isCandidate, proposed];
  return `${terms} ${committed.hash} ${[...log]}`;
}

/** The combinations of states of nodes that were met, and in how many states of the cluster. */
async function meet(options: SearchOptions): Promise<{ met: Set<string>; states: number }> {
  const met = new Set<string>();
  const onVisit: SearchOptions['onVisit'] = (nodes) => met.add(nodes.map(visible).join());
  const result = await search({ ...options, onVisit });
  expect(result.violation, result.trace.join('\n')).toBeNull();
  expect(result.isComplete).toBe(true);
  return { met, states: result.states };
}

describe('reductions of the search', () => {
  it.each([0, 1])(
    'meet what is met without them, in fewer states of the cluster, with %i power cuts',
    async (crashes) => {
      const bounds = { nodes: 3, terms: 1, entries: 0, crashes };
      const reduced = await meet({ bounds, maxStates: 100_000 });
      const whole = await meet({ bounds, maxStates: 100_000, keepsDead: true });
      expect(reduced.met).toEqual(whole.met);
      expect(reduced.states).toBeLessThan(whole.states);
    },
    TIMEOUT,
  );
});
