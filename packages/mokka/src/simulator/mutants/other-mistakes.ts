/** Mistakes that the protocol does not name, each an edit of the core's sources. */
import type { Mutant } from './mutant.ts';

const SAFETY = 'core/safety-rules.test.ts';

export const OTHER_MISTAKES: readonly Mutant[] = [
  {
    what: 'of five validators three are a quorum (BFT)',
    edits: [
      {
        file: 'core/quorum.ts',
        find: 'Math.ceil((validators + faultsTolerated',
        replace: 'Math.floor((validators + faultsTolerated',
      },
    ],
    caught: {
      by: 'simulator',
      crashModel: 'BFT',
      nodes: 5,
      seeds: 5,
      rules: ['proof', 'commit', 'promise'],
    },
  },
  {
    what: 'evidence is believed unread (BFT)',
    edits: [
      {
        file: 'core/evidence.ts',
        find: 'return signer.verify(first) && signer.verify(second);',
        replace: 'return signer !== undefined;',
      },
    ],
    caught: {
      by: 'simulator',
      crashModel: 'BFT',
      nodes: 4,
      seeds: 40,
      rules: ['evidence', 'signed'],
    },
  },
  {
    what: 'signatures of term votes are not checked (BFT)',
    edits: [
      {
        file: 'core/promise.ts',
        find: "if (!context.signer.verify(termVote)) return context.ignore('bad-signature');",
        replace: '',
      },
    ],
    caught: {
      by: 'simulator',
      crashModel: 'BFT',
      nodes: 4,
      seeds: 40,
      rules: ['signed', 'evidence', 'proof', 'halt', 'liveness', 'durability', 'promise'],
    },
  },
  {
    what: 'one vote too few commits',
    edits: [
      {
        file: 'core/committing.ts',
        find: 'if (tally.votes.size < context.quorum) return;',
        replace: 'if (tally.votes.size < context.quorum - 1) return;',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 3, rules: ['commit'] },
  },
  {
    what: 'of four validators two are a quorum',
    edits: [
      {
        file: 'core/quorum.ts',
        find: "if (crashModel === 'CFT') return Math.floor(validators / 2) + 1;",
        replace: "if (crashModel === 'CFT') return Math.ceil(validators / 2);",
      },
    ],
    caught: { by: 'simulator', nodes: 4, seeds: 3, rules: ['proof', 'commit', 'promise'] },
  },
  {
    what: 'term votes for the term before count in a proof',
    edits: [
      {
        file: 'core/candidacy.ts',
        find: '.filter((vote) => vote.term === candidacy.term)',
        replace: '.filter((vote) => vote.term >= candidacy.term - 1)',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 60, rules: ['proof'], turbulent: true },
  },
  {
    what: 'the lowest lock of a proof is its anchor',
    edits: [
      {
        file: 'core/verification.ts',
        find: 'if (anchor === null || compareLocks(lock, anchor) > 0) anchor = lock;',
        replace: 'if (anchor === null || compareLocks(lock, anchor) < 0) anchor = lock;',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 3,
      seeds: 60,
      rules: ['proof', 'halt', 'agreement', 'read-index'],
      turbulent: true,
    },
  },
  {
    what: 'the own votes are forgotten in a restart, so that a slot is used again',
    edits: [
      {
        file: 'core/context.ts',
        find: 'this.ownVotes.set(vote.index, vote);',
        replace: '',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 40, rules: ['halt', 'vote'] },
  },
  {
    what: 'the binding is forgotten in a restart',
    edits: [
      {
        file: 'core/context.ts',
        find: 'this.binding = restored.binding?.epoch === epoch ? restored.binding : null;',
        replace: 'this.binding = null;',
      },
    ],
    caught: { by: 'test', file: SAFETY, test: 'wrong reading 2: a validator votes for one' },
  },
  {
    what: 'the term of a promise is lowered in a restart',
    edits: [
      {
        file: 'driver/restore.ts',
        find: '    termVote?.termVote ?? null,\n',
        replace: '',
      },
      {
        file: 'driver/restore.ts',
        find: 'record.term : 0));',
        replace: 'Math.max(0, record.term - 1) : 0));',
      },
      {
        file: 'core/invariants.ts',
        find: "if (termVote !== null && termVote.termVote.term > term) return 'the promise is above the term';",
        replace: '',
      },
      {
        file: 'core/invariants.ts',
        find: "if (binding !== null && binding.term > term) return 'the binding is above the term';",
        replace: '',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 3,
      seeds: 200,
      rules: ['promise', 'halt', 'vote'],
      turbulent: true,
    },
  },
  {
    what: 'a term vote is signed anew when it is repeated',
    edits: [
      {
        file: 'core/election.ts',
        find: 'if (stranded && context.syncedTermVote !== null) context.broadcast(context.syncedTermVote);',
        replace:
          'if (stranded && context.syncedTermVote !== null) context.broadcast({ ...context.syncedTermVote, termVote: context.signer.sign({ ...context.syncedTermVote.termVote, lock: { term: context.log.committed.index === 0 ? context.syncedTermVote.termVote.lock.term : (0 as never), index: 0 as never, hash: context.options.rootHash } }) } as never);',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 40, rules: ['promise', 'durability', 'lock'] },
  },
  {
    what: 'a term vote is joined without what justifies it',
    edits: [
      {
        file: 'core/promise.ts',
        find: 'if (isEnough(counting, context)) {',
        replace: 'if (isEnough !== undefined) {',
      },
    ],
    caught: { by: 'test', file: SAFETY, test: 'joins a justified term vote' },
  },
  {
    what: 'a term vote leaves before it is synced',
    edits: [
      {
        file: 'core/promise.ts',
        find: "  persist(context, [putTerm(context), putTermVote(message)], [{ type: 'term-vote', message }]);",
        replace:
          '  persist(context, [putTerm(context), putTermVote(message)], []);\n  onTermVoteSynced(context, message);',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 3, rules: ['durability'] },
  },
  {
    what: 'a conflicting tail is not deleted from the disk',
    edits: [
      {
        file: 'core/leadership.ts',
        find: 'persist(context, [...deleteEntriesFrom(to.index + 1), putTerm(context)], []);',
        replace: 'persist(context, [putTerm(context)], []);',
      },
    ],
    caught: {
      by: 'simulator',
      nodes: 5,
      seeds: 120,
      turbulent: true,
      rules: ['exception', 'lock', 'durability', 'application', 'agreement', 'halt'],
    },
  },
  {
    what: 'a vote is counted twice',
    edits: [
      {
        file: 'core/committing.ts',
        find: 'if (tally.votes.size < context.quorum) return;',
        replace:
          'if (tally.votes.size + (vote.voter === context.self ? 1 : 0) < context.quorum) return;',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 5, rules: ['commit', 'durability'] },
  },
  {
    what: 'a leader without a quorum goes on leading',
    edits: [
      {
        file: 'core/heartbeats.ts',
        find: 'if (others === 0) return Number.POSITIVE_INFINITY;',
        replace: 'if (others >= 0) return Number.POSITIVE_INFINITY;',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/liveness-rules.test.ts',
      test: 'a leader that hears no quorum stops leading',
    },
  },
  {
    what: 'pre-votes never expire',
    edits: [
      {
        file: 'core/election.ts',
        find: 'const note: HeardPreVote = { statement, expiresAt: context.now + lifetime, direct };',
        replace:
          'const note: HeardPreVote = { statement, expiresAt: context.now + lifetime * 1e6, direct };',
      },
    ],
    caught: {
      by: 'test',
      file: 'core/liveness-rules.test.ts',
      test: 'trap: pre-votes expire',
    },
  },
  {
    what: 'an own statement that the store does not know is no reason to stop',
    edits: [
      {
        file: 'core/own-key.ts',
        find: "  context.halt(\n    'own-key',",
        replace: "  context.ignore(\n    'own-key' +",
      },
    ],
    caught: { by: 'test', file: SAFETY, test: 'stops on a vote, a term vote or a certificate' },
  },
  {
    what: 'an empty store is created anew in a start',
    edits: [
      {
        file: 'driver/restore.ts',
        find: '  checkIdentity(await storage.record',
        replace:
          '  if ((await storage.records()).size === 0) await createStore(storage, options);\n  checkIdentity(await storage.record',
      },
    ],
    caught: { by: 'simulator', nodes: 3, seeds: 60, rules: ['durability'] },
  },
];
