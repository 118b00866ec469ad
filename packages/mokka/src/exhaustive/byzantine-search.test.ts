/** Four cores in Byzantine mode, one of whose validators lies; and cores with a wrong reading, which the search finds. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Effect } from '../core/effect.ts';
import type { Vote } from '../core/statements.ts';
import type { Machine, Tampering } from './machine.ts';
import { type PrefixStep, type SearchOptions, search } from './search.ts';

const TIMEOUT = 120_000;
/** Of validators 0 to 3, number 1 lies; it leads term 1. */
const LIAR = 1;

afterEach(() => {
  vi.doUnmock('../core/lock.ts');
  vi.resetModules();
});

/** All correct validators have promised term 1, which the liar leads. */
const promised: readonly PrefixStep[] = [0, 2, 3].map((node) => ({ node, elect: 1 }));

describe('a cluster with a liar', () => {
  it(
    'keeps the promises in the states that were visited, and commits under the liar',
    async () => {
      const bounds = { nodes: 4, liar: LIAR, terms: 1, entries: 0, crashes: 0 };
      const result = await search({ bounds, maxStates: 15_000, prefix: promised });
      expect(result.violation, result.trace.join('\n')).toBeNull();
      expect(result.committed).toBeGreaterThan(1);
    },
    TIMEOUT,
  );
});

/** The liar's term, and one more in which it votes. */
const twoTerms: SearchOptions = {
  bounds: { nodes: 4, liar: LIAR, terms: 2, entries: 0, crashes: 0 },
  maxStates: 30_000,
  rules: ['agreement', 'halt'],
  prefix: promised,
};

describe('a wrong reading is found in Byzantine mode', () => {
  it(
    '8: a lock is believed without its certificate',
    async () => {
      vi.doMock('../core/lock.ts', async (importOriginal) => {
        const original = await importOriginal<typeof import('../core/lock.ts')>();
        const certificateUnder: typeof original.certificateUnder = (context, vote, shown) =>
          original.certificateUnder(context, vote, shown) ?? 'root';
        return { ...original, certificateUnder };
      });
      vi.resetModules();
      const { search: mocked } = await import('./search.ts');
      const result = await mocked(twoTerms);
      expect(result.violation?.message, `in ${result.states} states`).toContain('conflicting-lock');
      const correct = await search({ ...twoTerms, maxStates: result.states });
      expect(correct.violation).toBeNull();
    },
    TIMEOUT,
  );

  it(
    '7: a commit vote after a term vote',
    async () => {
      const bounds = { nodes: 4, liar: LIAR, terms: 2, entries: 0, crashes: 0 };
      const options = { bounds, maxStates: 30_000, prefix: promised, rules: ['promise'] };
      const result = await search({ ...options, tampering: commitsBelowPromise, keepsDead: true });
      expect(result.violation?.rule, `in ${result.states} states`).toBe('promise');
    },
    TIMEOUT,
  );

  it(
    '7: a commit vote without a prepare certificate',
    async () => {
      const bounds = { nodes: 4, liar: LIAR, terms: 1, entries: 0, crashes: 0 };
      const options = { bounds, maxStates: 30_000, prefix: promised, rules: ['lock'] };
      const result = await search({ ...options, tampering: commitsUnprepared });
      expect(result.violation?.rule, `in ${result.states} states`).toBe('lock');
    },
    TIMEOUT,
  );
});

function commitVoteOf(
  machine: Machine,
  { term, index, hash }: Pick<Vote, 'term' | 'index' | 'hash'>,
): Vote {
  const { signer, epoch, self: voter } = machine.core.inspect();
  return signer.sign<Vote>({ type: 'vote', phase: 'commit', epoch, term, index, hash, voter });
}

/** A prepare certificate of a term that is over is answered with a commit vote all the same. */
const commitsBelowPromise: Tampering = {
  effects: (effects, input, machine) => {
    if (input.type !== 'message' || input.message.type !== 'certificate') return effects;
    const { certificate } = input.message;
    const { term, log } = machine.core.inspect();
    if (certificate.phase !== 'prepare' || certificate.term >= term || !log.contains(certificate)) {
      return effects;
    }
    const vote = commitVoteOf(machine, certificate);
    return [...effects, { type: 'send', to: input.from, message: { type: 'vote', vote } }];
  },
};

/** Whoever sends a prepare vote sends a commit vote with it. */
const commitsUnprepared: Tampering = {
  effects: (effects, _input, machine) =>
    effects.flatMap((effect): Effect[] => {
      if (effect.type !== 'send' || effect.message.type !== 'vote') return [effect];
      const vote = commitVoteOf(machine, effect.message.vote);
      return [effect, { ...effect, message: { type: 'vote', vote } }];
    }),
};
