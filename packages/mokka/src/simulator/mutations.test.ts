/** The checkers bite: every broken node is caught within a stated number of seeds, and for the right reason. */
import { describe, expect, test } from 'vitest';
import type { CoreBinding } from './binding.ts';
import { coreBinding } from './core-binding.ts';
import * as mutations from './mutations.ts';
import { simulate, type Violation } from './simulation.ts';

interface MutationCase {
  readonly what: string;
  readonly mutate: (binding: CoreBinding) => CoreBinding;
  /** Rules whose violation shows that the mutation was understood. */
  readonly rules: readonly string[];
  readonly nodes: number;
  /** Seeds within which it must be caught. */
  readonly seeds: number;
}

const cases: readonly MutationCase[] = [
  {
    what: 'messages leave before the disk is synced',
    mutate: mutations.persistedTooEarly,
    rules: ['durability'],
    nodes: 3,
    seeds: 3,
  },
  {
    what: 'votes are not stored',
    mutate: mutations.withoutTable('votes'),
    rules: ['durability'],
    nodes: 3,
    seeds: 3,
  },
  {
    what: 'entries are not stored',
    mutate: mutations.withoutTable('entries'),
    rules: ['durability'],
    nodes: 3,
    seeds: 3,
  },
  {
    what: 'term votes are not stored',
    mutate: mutations.withoutTermVoteRecord,
    rules: ['durability'],
    nodes: 3,
    seeds: 3,
  },
  {
    what: 'promises and votes are forgotten in a restart',
    mutate: mutations.forgetsPromises,
    rules: ['promise', 'vote', 'halt'],
    nodes: 3,
    seeds: 40,
  },
  {
    what: 'accepted entries are forgotten in a restart',
    mutate: mutations.forgetsTail,
    rules: ['lock', 'halt', 'agreement'],
    nodes: 3,
    seeds: 40,
  },
  {
    what: 'a leader starts its term twice',
    mutate: mutations.twoTermStarts,
    rules: ['proof', 'durability'],
    nodes: 3,
    seeds: 3,
  },
  {
    what: 'one vote too few is enough',
    mutate: mutations.quorumOneTooSmall,
    rules: ['durability'],
    nodes: 5,
    seeds: 5,
  },
  {
    what: 'entries are called committed without a certificate',
    mutate: mutations.committedTooEarly,
    rules: ['commit'],
    nodes: 3,
    seeds: 3,
  },
  {
    what: 'the application is not rolled back',
    mutate: mutations.withoutRollback,
    rules: ['application'],
    nodes: 5,
    seeds: 60,
  },
  {
    what: 'a committed entry is not handed to the application',
    mutate: mutations.skipsCommits,
    rules: ['commit', 'liveness'],
    nodes: 3,
    seeds: 5,
  },
  {
    what: 'signatures do not cover the whole statement',
    mutate: mutations.signaturesTooShort,
    rules: ['signed'],
    nodes: 3,
    seeds: 3,
  },
  {
    what: 'leadership is handed over to the present term',
    mutate: mutations.handsOverBackwards,
    rules: ['expiry'],
    nodes: 3,
    seeds: 20,
  },
  {
    what: 'nobody answers when asked for entries',
    mutate: mutations.withoutFetching,
    rules: ['liveness', 'convergence'],
    nodes: 3,
    seeds: 20,
  },
  {
    what: 'nobody asks for another leader',
    mutate: mutations.withoutElections,
    rules: ['liveness'],
    nodes: 3,
    seeds: 3,
  },
  {
    what: 'a timer that is always due',
    mutate: mutations.spins,
    rules: ['timer'],
    nodes: 1,
    seeds: 1,
  },
];

async function firstViolation(
  binding: CoreBinding,
  nodes: number,
  seeds: number,
): Promise<Violation | null> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { violation } = await simulate({ seed, nodes, binding });
    if (violation !== null) return violation;
  }
  return null;
}

describe('a broken node is caught', () => {
  test.each(cases)(
    '$what',
    async ({ mutate, rules, nodes, seeds }) => {
      const violation = await firstViolation(mutate(coreBinding), nodes, seeds);
      expect(violation, `not noticed in ${seeds} seeds`).not.toBeNull();
      expect(rules, violation?.message).toContain(violation?.rule);
    },
    120_000,
  );
});
