/** Small clusters of the real core, in every state that they can get into; and cores with a wrong reading of a rule, which are found. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decodeEntry } from '../codec/entry-codec.ts';
import type { Effect } from '../core/effect.ts';
import { StatementSigner } from '../core/signing.ts';
import type { Statement, TermVote, Vote } from '../core/statements.ts';
import { SignatureRegister } from '../simulator/world/signatures.ts';
import type { Machine, Tampering } from './machine.ts';
import { type PrefixStep, search } from './search.ts';

const TIMEOUT = 120_000;

afterEach(() => {
  for (const module of ['signing', 'leadership']) vi.doUnmock(`../core/${module}.ts`);
  vi.resetModules();
});

describe('every state of a correct cluster', () => {
  it.each([
    ['one node, three terms, two entries, two power cuts', 1, 3, 2, 2],
    ['three nodes, one term, one power cut', 3, 1, 0, 1],
    ['three nodes, one term', 3, 1, 0, 0],
  ])(
    'keeps the promises: %s',
    async (_, nodes, terms, entries, crashes) => {
      const bounds = { nodes, terms, entries, crashes };
      const result = await search({ bounds, maxStates: 200_000 });
      expect(result.violation, result.trace.join('\n')).toBeNull();
      expect(result.isComplete).toBe(true);
      // A search in which nothing can be committed proves nothing.
      expect(result.committed).toBeGreaterThan(entries);
    },
    TIMEOUT,
  );
});

/** A search with the core as it is mocked now. */
async function searchMocked(options: Parameters<typeof search>[0]): ReturnType<typeof search> {
  vi.resetModules();
  return (await import('./search.ts')).search(options);
}

/** Reading 1: a leader whose proof is not durable proves its term again. */
const provesAgain: Tampering = {
  disk: (tables, node) => {
    const { records, numbered } = tables;
    const entries = numbered.get('entries');
    const isLeader = node === 1 && records.has('binding');
    if (!isLeader) return;
    for (const name of ['binding', 'term-vote', 'term']) records.delete(name);
    for (const table of [entries, numbered.get('votes')]) table?.clear();
  },
};

describe('a wrong reading is found', () => {
  it('1: a leader fixes two proofs in one term', async () => {
    const bounds = { nodes: 3, terms: 1, entries: 0, crashes: 1 };
    const result = await search({
      bounds,
      maxStates: 50_000,
      tampering: provesAgain,
      rules: ['proof'],
    });
    expect(result.violation?.message).toContain('two term-starts in term 1');
  });

  it(
    '2: a validator adopts a second proof of its term and drops entries of that term',
    async () => {
      const options = {
        bounds: { nodes: 3, terms: 1, entries: 0, crashes: 1 },
        maxStates: 100_000,
        tampering: provesAgain,
        rules: ['binding', 'vote'],
      };
      const correct = await search(options);
      expect(correct.violation).toBeNull();
      expect(correct.isComplete).toBe(true);
      vi.doMock('../core/leadership.ts', async (importOriginal) => {
        const original = await importOriginal<typeof import('../core/leadership.ts')>();
        const adoptTermStart: typeof original.adoptTermStart = (context, entry) => {
          const known = context.leadership?.termStart ?? null;
          if (known?.term === entry.term && known.hash !== entry.hash) {
            original.truncateLog(context, {
              index: (known.index - 1) as typeof known.index,
              hash: known.parentHash,
            });
            context.leadership = null;
            context.binding = null;
            context.ownVotes.clear();
          }
          return original.adoptTermStart(context, entry);
        };
        return { ...original, adoptTermStart };
      });
      const result = await searchMocked(options);
      expect(['binding', 'vote']).toContain(result.violation?.rule);
    },
    TIMEOUT,
  );

  it(
    "3: the lock's term is the term promised before",
    async () => {
      vi.doMock('../core/signing.ts', async (importOriginal) => {
        const original = await importOriginal<typeof import('../core/signing.ts')>();
        class WrongSigner extends original.StatementSigner {
          #promised = 0;

          override sign<S extends Statement>(fields: Omit<S, 'signature'>): S {
            const changed = fields as unknown as TermVote;
            if (changed.type !== 'term-vote') return super.sign<S>(fields as never);
            const term = Math.max(changed.lock.term, this.#promised);
            this.#promised = changed.term;
            return super.sign({ ...changed, lock: { ...changed.lock, term } } as never) as S;
          }
        }
        return { ...original, StatementSigner: WrongSigner };
      });
      const result = await searchMocked({
        bounds: { nodes: 3, terms: 3, entries: 0, crashes: 0 },
        maxStates: 30_000,
        prefix: committedByTwo,
        rules: ['agreement', 'halt'],
      });
      expect(result.violation, `in ${result.states} states`).not.toBeNull();
    },
    TIMEOUT,
  );

  it(
    '5: the entry of an earlier term is committed by counting who has it (figure 8)',
    async () => {
      const options = {
        bounds: { nodes: 3, terms: 4, entries: 0, crashes: 0 },
        maxStates: 60_000,
        prefix: tailsOfTwoTerms,
        rules: ['agreement', 'halt'],
      };
      const result = await search({ ...options, tampering: countsOldEntries });
      expect(result.violation, `in ${result.states} states`).not.toBeNull();
      const correct = await search({ ...options, maxStates: result.states });
      expect(correct.violation).toBeNull();
    },
    TIMEOUT,
  );

  it('6: a vote is durable and its entry is not', async () => {
    const effects = (all: readonly Effect[]): Effect[] =>
      all.map((effect) =>
        effect.type !== 'persist'
          ? effect
          : {
              ...effect,
              operations: effect.operations.filter(
                (operation) => operation.type !== 'put' || operation.table !== 'entries',
              ),
            },
      );
    const bounds = { nodes: 3, terms: 1, entries: 0, crashes: 0 };
    const result = await search({ bounds, maxStates: 50_000, tampering: { effects } });
    expect(result.violation?.rule).toBe('durability');
  });

  it(
    '7: a follower votes below its promise',
    async () => {
      const bounds = { nodes: 3, terms: 2, entries: 0, crashes: 0 };
      const options = { bounds, maxStates: 30_000, tampering: votesBelowPromise, keepsDead: true };
      const result = await search(options);
      expect(result.violation?.rule).toBe('promise');
    },
    TIMEOUT,
  );
});

/** Reading 7: answers a proposal of a term that is over with a vote all the same. */
const votesBelowPromise: Tampering = {
  effects: (effects, input, machine: Machine) => {
    if (input.type !== 'message' || input.message.type !== 'propose') return effects;
    const { entry } = input.message;
    const context = machine.core.inspect();
    if (entry.term >= context.term) return effects;
    const vote = context.signer.sign<Vote>({
      type: 'vote',
      phase: 'commit',
      epoch: entry.epoch,
      term: entry.term,
      index: entry.index,
      hash: entry.hash,
      voter: machine.self,
    });
    return [...effects, { type: 'send', to: input.from, message: { type: 'vote', vote } }];
  },
};

/** The term-start of T1 is committed by n0 and n1, and n2 has promised T2 without knowing of it. */
const committedByTwo: readonly PrefixStep[] = [
  { node: 0, elect: 1 },
  { node: 1, gets: 'term-vote' },
  { node: 0, gets: 'propose' },
  { node: 1, gets: 'vote' },
  { node: 2, elect: 2 },
];

/** n1 has the term-start of T1 and n2 that of T2, both alone; n0 and n1 promise T3. */
const tailsOfTwoTerms: readonly PrefixStep[] = [
  { node: 1, elect: 1 },
  { node: 2, gets: 'term-vote' },
  { node: 1, gets: 'term-vote' },
  { node: 2, elect: 2 },
  { node: 0, elect: 2 },
  { node: 2, gets: 'term-vote' },
  { node: 0, elect: 3 },
  { node: 1, elect: 3 },
];

/** Reading 5: whoever fetches an entry of an earlier term counts itself and the node that told of it, and tells the others. */
const countsOldEntries: Tampering = {
  effects: (effects, _input, machine) => {
    const { election, peers, validators, options, term } = machine.core.inspect();
    const certificates: Effect[] = [];
    const stored = effects.flatMap((effect) =>
      effect.type === 'persist' ? effect.operations : [],
    );
    for (const operation of stored) {
      if (operation.type !== 'put' || operation.table !== 'entries') continue;
      const entry = decodeEntry(operation.value);
      const other = [...election.termVotes.values()].find(({ lock }) => lock.hash === entry.hash);
      if (entry.term >= term || other === undefined || other.voter === machine.self) continue;
      const { epoch, index, hash } = entry;
      const fields = { phase: 'commit', epoch, term: entry.term, index, hash } as const;
      const votes = [machine.self, other.voter].sort().map((voter) => {
        const scheme = new SignatureRegister(validators).scheme(validators.indexOf(voter));
        const signer = new StatementSigner(options.clusterId, scheme);
        const { signature } = signer.sign<Vote>({ type: 'vote', ...fields, voter });
        return { voter, signature };
      });
      for (const to of peers.keys()) {
        const message = { type: 'certificate', certificate: { ...fields, votes } } as const;
        certificates.push({ type: 'send', to, message });
      }
    }
    return [...effects, ...certificates];
  },
};
